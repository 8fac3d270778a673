"""Who changed what, from where, and what came of it; and who was turned away.

Each is a fact like any other: on disk before the answer leaves, logged once it is
there, and found by `exitd events` for as long as the rest of the history. No token
stands in one, only its name.
"""

import asyncio
import contextlib

from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.state import Decision
from exitd.ports.store import FactQuery, PutBack
from exitd.runtime.buckets import Buckets
from exitd.runtime.callers import Caller
from exitd.runtime.fact_log import log_facts
from exitd.runtime.loop import EngineLoop
from exitd.runtime.reload import Outcome
from exitd.secret import masked_tokens

REFUSED_PER_MINUTE = 30
"""What one caller was refused and is written down; more is counted with the next."""

TURNED_AWAY_PER_MINUTE = 5
"""The same for those who had no right to ask, by address."""

ALL_PER_MINUTE = 60
"""The same for all of them: a flood must not fill the disk."""

#: An answer waits no longer for its line: where the disk fails, that is told elsewhere.
_WAIT_S = 1.0
_CHARS_MAX = 1_000
_IDS_MAX = 20


class AuditLog:
    """Writes down changes and refusals."""

    def __init__(self, loop: EngineLoop) -> None:
        self._loop = loop
        self._is_closed = False
        monotonic_ns = loop.clock.monotonic_ns
        self._refused = Buckets[str](REFUSED_PER_MINUTE, monotonic_ns)
        self._turned_away = Buckets[str](TURNED_AWAY_PER_MINUTE, monotonic_ns)
        self._all = Buckets[FactKind](ALL_PER_MINUTE, monotonic_ns)
        self._left_out: dict[FactKind, int] = {}

    async def made(self, by: Caller, what: str, *, request_id: str = "") -> None:
        """Write down a change; returns once it is on disk, a second later at most."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def durable() -> None:
            if not written.done():
                written.set_result(None)

        if not self._is_closed:
            self._loop.when_durable(durable)
        self.note_made(by, what, request_id=request_id)
        if self._is_closed:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_S):
                await written

    def note_made(self, by: Caller, what: str, *, request_id: str = "") -> None:
        """Write down a change, and wait for nothing."""
        now_ns = self._loop.clock.now_ns()
        self._keep(change_made(by, what, now_ns, request_id=request_id))

    def refused(
        self, by: Caller, what: str, reason: str, *, request_id: str = ""
    ) -> None:
        """Write down what somebody may ask for, and did not get."""
        if self._is_room(FactKind.CHANGE_REFUSED, self._refused, by.name):
            self._write(
                FactKind.CHANGE_REFUSED,
                **_of(by),
                what=what,
                reason=reason,
                left_out=self._left_out.pop(FactKind.CHANGE_REFUSED, None),
                request_id=request_id,
            )

    def turned_away(
        self,
        place: str,
        what: str,
        reason: str,
        *,
        counted_as: str,
        by: str = "",
        request_id: str = "",
    ) -> None:
        """Write down who had no right to ask, or asked too often."""
        if self._is_room(FactKind.AUTH_REFUSED, self._turned_away, counted_as):
            self._write(
                FactKind.AUTH_REFUSED,
                by=by,
                place=place,
                what=what,
                reason=reason,
                left_out=self._left_out.pop(FactKind.AUTH_REFUSED, None),
                request_id=request_id,
            )

    def reloaded(self, why: str, outcome: Outcome) -> None:
        """Write down what the files have changed, or why they did not."""
        plan = outcome.plan
        by = Caller(
            "files",
            why,
            touched=[change.id for change in plan.changes],
            differences=plan.differences(),
        )
        if not outcome.applied:
            reason = outcome.refused or ("rejected" if plan.is_refused else "held")
            self.refused(by, "reload", reason)
        elif not plan.is_empty:
            self.note_made(by, "reload")

    async def put_back(self, told: PutBack) -> None:
        """Write down that the state was put back from a copy, once, when that was."""
        event, at_ns = FactKind.CHANGE_MADE.value, told.ts_ns
        known = FactQuery(event=event, ts_from_ns=at_ns, ts_to_ns=at_ns + 1)
        if await self._loop.store.facts(known):
            return
        by = Caller(told.by, told.place)
        self._keep(change_made(by, f"restore of {told.copy}", at_ns))

    def _is_room(self, kind: FactKind, of_one: Buckets[str], key: str) -> bool:
        if of_one.take(key) or self._all.take(kind):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        return True

    def close(self) -> None:
        """From now on nothing is stored: the store ends; what is asked is logged."""
        self._is_closed = True

    def _write(self, kind: FactKind, **fields: FactValue) -> None:
        self._keep(_fact(kind, self._loop.clock.now_ns(), **fields))

    def _keep(self, fact: Fact) -> None:
        if self._is_closed:
            log_facts((fact,), is_durable=False)
        else:
            self._loop.take(Decision(facts=(fact,)))


def change_made(by: Caller, what: str, now_ns: int, *, request_id: str = "") -> Fact:
    """Give the line of a change, for whoever commits it with the change itself."""
    # One command may touch one thing twice: a take-profit is armed, then fired.
    ids = list(dict.fromkeys(by.touched))
    return _fact(
        FactKind.CHANGE_MADE,
        now_ns,
        **_of(by),
        what=what,
        changed=" ".join(ids[:_IDS_MAX]),
        differences="; ".join(by.differences),
        count=len(ids) if len(ids) > _IDS_MAX else None,
        request_id=request_id,
    )


def _fact(kind: FactKind, now_ns: int, **fields: FactValue) -> Fact:
    given = {n: _shown(v) for n, v in fields.items() if v is not None and v != ""}
    return Fact(kind, now_ns, fields=given)


def _of(by: Caller) -> dict[str, FactValue]:
    return {"by": by.name, "scope": by.scope, "place": by.place}


def _shown(value: FactValue) -> FactValue:
    """Keep what others have written fit to be stored: short, and without a token."""
    if not isinstance(value, str):
        return value
    harmless = value.encode("utf-8", "replace").decode()
    return masked_tokens(harmless)[:_CHARS_MAX]
