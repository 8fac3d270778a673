"""Keeps the engine supplied with the sessions of the calendars that exits go by."""

import asyncio
from collections.abc import Callable, Sequence

from exitd.core.condition import calendar_of
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import SessionsKnown
from exitd.core.schedule import due_of
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.alerts import Alert, AlertLevel
from exitd.ports.clock import Clock
from exitd.ports.sessions import Session, Sessions, SessionsUnknown
from exitd.runtime.loop import EngineLoop

_HOUR_NS = 3_600 * NS_PER_S
#: How far ahead the engine knows the sessions.
AHEAD_NS = 14 * 24 * _HOUR_NS
#: A session may be over and its day not: the longest day has 25 hours.
_BACK_NS = 26 * _HOUR_NS
_REFRESH_NS = 24 * _HOUR_NS
_RETRY_NS = _HOUR_NS
_APPEARS = frozenset(
    {FactKind.TRIGGER_ARMED, FactKind.TRIGGER_WAITING, FactKind.TRIGGER_AMENDED}
)


class NoCalendars:
    """What a daemon has that was given nothing to ask."""

    async def sessions(
        self, calendar: str, from_ns: int, to_ns: int
    ) -> tuple[Session, ...]:
        raise SessionsUnknown(
            f"this daemon was given nothing that knows the sessions of {calendar}"
        )


class Calendars:
    """Asks at the start, each day, and when an exit is the first to name a calendar.

    `unknown` says why, in a sentence, for each calendar whose sessions could not be
    had when they were last asked for; they are asked for again within the hour.
    """

    def __init__(
        self,
        source: Sessions,
        loop: EngineLoop,
        clock: Clock,
        tell: Callable[[Alert], None],
        *,
        refresh_ns: int = _REFRESH_NS,
        retry_ns: int = _RETRY_NS,
    ) -> None:
        self.source = source
        self.refresh_ns = refresh_ns
        self.retry_ns = retry_ns
        self.unknown: dict[str, str] = {}
        self._loop = loop
        self._clock = clock
        self._tell = tell
        self._named_by: dict[str, dict[str, None]] = {}
        self._due_ns: dict[str, int] = {}
        self._wake = asyncio.Event()

    def take(self, facts: Sequence[Fact]) -> None:
        """Notice an exit that goes by a calendar."""
        for fact in facts:
            if fact.kind in _APPEARS:
                record = self._loop.engine.state.triggers.get(fact.trigger_id)
                if record is not None:
                    self._note(record)

    async def run(self) -> None:
        """Ask whenever it is time to; never returns."""
        # What was restored is told by no fact.
        for record in self._loop.engine.state.triggers.values():
            self._note(record)
        while True:
            self._wake.clear()
            for calendar in sorted(self._due_ns):
                if self._due_ns[calendar] <= self._clock.monotonic_ns():
                    await self._ask(calendar)
            await self._wait()

    def waiting(self) -> tuple[str, ...]:
        """Say for which calendars exits wait in vain, and why."""
        return tuple(
            f"the sessions of {calendar} are not known: {reason}"
            for calendar, reason in sorted(self.unknown.items())
            if self._goers(calendar)
        )

    def why_no_time(self, record: TriggerRecord) -> str:
        """Say why an exit at a time has no time yet; empty when it has, or needs none.

        It has none while the sessions of its calendar are not known.
        """
        calendar = calendar_of(record.definition.condition)
        state = self._loop.engine.state
        if not calendar or record.state not in (
            TriggerState.ARMED,
            TriggerState.WAITING,
        ):
            return ""
        if calendar in state.sessions and (
            record.state is TriggerState.WAITING or due_of(state, record) is not None
        ):
            return ""
        if calendar in self.unknown:
            return (
                f"it has no time yet, as the sessions of {calendar} are not known: "
                f"{self.unknown[calendar]}; should its time pass meanwhile, it fires "
                "once they are"
            )
        if calendar in state.sessions:
            return f"no session of {calendar} that it goes by is known within 14 days"
        return f"it has no time yet: the sessions of {calendar} are being looked up"

    def _note(self, record: TriggerRecord) -> None:
        calendar = calendar_of(record.definition.condition)
        if not calendar or record.state is TriggerState.DONE:
            return
        self._named_by.setdefault(calendar, {})[record.id] = None
        if calendar not in self._due_ns or calendar in self.unknown:
            self._due_ns[calendar] = self._clock.monotonic_ns()
            self._wake.set()

    def _goers(self, calendar: str) -> list[TriggerRecord]:
        """Find the exits that go by a calendar now; those that do not are let go."""
        triggers = self._loop.engine.state.triggers
        ids = self._named_by.get(calendar, {})
        found = [
            record
            for record in (triggers.get(id) for id in ids)
            if record is not None
            and record.state is not TriggerState.DONE
            and calendar_of(record.definition.condition) == calendar
        ]
        self._named_by[calendar] = {record.id: None for record in found}
        return found

    async def _ask(self, calendar: str) -> None:
        goers = self._goers(calendar)
        if not goers:
            del self._due_ns[calendar], self._named_by[calendar]
            if self.unknown.pop(calendar, ""):
                self._alert(calendar, "no exit goes by it any more", cleared=True)
            return
        now_ns = self._clock.now_ns()
        since_ns = min(now_ns, *(_since_ns(record, now_ns) for record in goers))
        try:
            sessions = await self.source.sessions(
                calendar, since_ns - _BACK_NS, now_ns + AHEAD_NS
            )
        except SessionsUnknown as error:
            self._could_not(calendar, str(error), len(goers))
            return
        self._due_ns[calendar] = self._clock.monotonic_ns() + self.refresh_ns
        now_ns = self._clock.now_ns()
        self._loop.handle(SessionsKnown(calendar, sessions, now_ns))
        # A turn without records sets no timer by itself, and exits have times now.
        self._loop.timer.set()
        closes = (close_ns for _, close_ns in sessions if close_ns > now_ns)
        log(
            Event.SESSIONS_KNOWN,
            calendar=calendar,
            sessions=len(sessions),
            next_close_ts_ns=next(closes, None),
        )
        if self.unknown.pop(calendar, ""):
            self._alert(calendar, "its sessions are known again", cleared=True)

    def _could_not(self, calendar: str, reason: str, triggers: int) -> None:
        self._due_ns[calendar] = self._clock.monotonic_ns() + self.retry_ns
        before = self.unknown.get(calendar)
        self.unknown[calendar] = reason
        log(Event.SESSIONS_UNKNOWN, calendar=calendar, triggers=triggers, reason=reason)
        if reason != before:
            exits = "1 exit goes" if triggers == 1 else f"{triggers} exits go"
            self._alert(
                calendar, f"{exits} by it, and its sessions are not known: {reason}"
            )

    def _alert(self, calendar: str, text: str, *, cleared: bool = False) -> None:
        self._tell(
            Alert(
                level=AlertLevel.INFO if cleared else AlertLevel.CRITICAL,
                topic=Event.SESSIONS_UNKNOWN.value,
                about=calendar,
                text=f"{calendar}: {text}",
                cleared=cleared,
            )
        )

    async def _wait(self) -> None:
        """Wait until it is time to ask, or a calendar is named for the first time."""
        wait_s = None
        if self._due_ns:
            wait_ns = min(self._due_ns.values()) - self._clock.monotonic_ns()
            wait_s = max(0, wait_ns) / NS_PER_S
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass  # It is time.


def _since_ns(record: TriggerRecord, now_ns: int) -> int:
    """Give since when the sessions matter to an exit: what it missed it still does."""
    if record.state is not TriggerState.ARMED:
        return now_ns
    return max(record.ts_armed_ns, record.ts_changed_ns)
