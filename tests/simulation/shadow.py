"""A restart at any time: what was decided so far, restored, must be what is known."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from msgspec.structs import replace

from exitd.core.engine import Engine
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.resting import watermark_now
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerRecord
from exitd.ports.store import Batch
from fakes.archive import Disk
from simulation.trailing import replayed
from simulation.violation import Violation

#: Rows are compared after every step. What a restart makes of them, with its books and
#: sums, costs as much as many steps: one of so many is compared, and each seed compares
#: others.
EVERY = 32


class Shadow:
    """Keeps what every decision wrote, as if no disk took any time."""

    def __init__(self, seed: int) -> None:
        self.compared = 0
        self._disk = Disk()
        self._steps = seed % EVERY

    def note(self, decision: Decision) -> None:
        self._disk.write(Batch(decision.records, ()))

    def crashed(self, durable: Disk) -> None:
        """Forget what was decided and did not become durable."""
        self._disk = Disk()
        for name, value in vars(durable).items():
            setattr(self._disk, name, copy(value))
        self._disk.facts = []

    def past(self, trigger_id: str) -> TriggerRecord:
        """Give a trigger as it was when it was forgotten."""
        return self._disk.past[trigger_id]

    def after(self, state: State) -> None:
        self._check_rows(state)
        self._steps += 1
        if self._steps % EVERY == 0:
            self.compare(state)

    def _check_rows(self, live: State) -> None:
        """Whatever is known is written: each row is the one that a restart reads."""
        disk = self._disk
        # Most rows are the very same objects, so this costs next to nothing.
        if live.triggers != disk.triggers:
            _same("triggers", disk.triggers, live.triggers)
        for trigger_id, fired in live.fires.items():
            if disk.fires.get((trigger_id, fired.arming)) != fired:
                raise Violation(f"{fired.fire_id} is not written as it is: {fired}")
        for key, attempt in live.attempts.items():
            if disk.attempts.get((key.trigger_id, key.arming, key.n)) != attempt:
                raise Violation(f"{key} is not written as it is: {attempt}")
        for account, counter in live.counters.items():
            written = disk.counters.get(account)
            if counter.counter != (written.counter if written is not None else 0):
                raise Violation(f"the counter of {account} is not written")

    def compare(self, live: State) -> None:
        self.compared += 1
        durable = self._disk.snapshot()
        engine = Engine(live.policies)
        for account, capabilities in live.capabilities.items():
            tag = live.counters[account].tag
            engine.add_account(account, tag, capabilities)
        engine.restore(durable)
        compare(engine.state, live)
        for record, watermark in replayed(durable):
            found = watermark_now(engine.state, engine.state.triggers[record.id])
            if found != watermark:
                raise Violation(
                    f"{record.fire_id} would be restored with the watermark {found}; "
                    f"what is written says {watermark}"
                )
            seen = watermark_now(live, live.triggers[record.id])
            book = live.book(record.definition.source)
            if seen == watermark:
                continue
            if not (book.is_unsaved and book.is_saving):
                raise Violation(
                    f"{record.fire_id} has seen {seen}; what is written says "
                    f"{watermark}, and nothing is about to be written"
                )


def compare(restored: State, live: State) -> None:
    """What a restart would know is what is known."""
    _same("triggers", restored.triggers, live.triggers)
    _same("firings", restored.fires, live.fires)
    _same("counters", restored.counters, live.counters)
    _same("positions", _shown(restored.positions), _shown(live.positions))
    _same("attempts", _open(restored), _open(live))
    open_entries = {k: e for k, e in live.entries.items() if not e.is_over}
    _same("entries", restored.entries, open_entries)
    for key, attempt in restored.attempts.items():
        if live.attempts.get(key) != attempt:
            raise Violation(f"{key} would be restored as {attempt}")
    stops = {k: set(v) for k, v in restored.stops_firing.items() if v}
    _same("stops that fire", stops, {k: set(v) for k, v in live.stops_firing.items()})
    for source, book in live.books.items():
        resting = {i for i in live.triggers if i in book}
        known = {i for i in restored.triggers if i in restored.book(source)}
        # One that counts prices, or lets a stop go first, rests again at a restart.
        missing = resting - known
        if missing:
            raise Violation(f"a restart would not watch {sorted(missing)} on {source}")


def _open(state: State) -> dict[Any, Any]:
    return {k: a for k, a in state.attempts.items() if not a.is_ended}


def _shown(
    positions: Mapping[PositionKey, PositionRecord],
) -> dict[PositionKey, PositionRecord]:
    """Leave out how old a view is, and whether it is proven: no restart keeps that."""
    return {
        key: replace(position, ts_venue_ns=0, proven=False)
        for key, position in positions.items()
    }


def _same(what: str, restored: Mapping[Any, Any], live: Mapping[Any, Any]) -> None:
    if restored == live:
        return
    for key in restored.keys() | live.keys():
        if restored.get(key) != live.get(key):
            raise Violation(
                f"{what}: {key} would be restored as {restored.get(key)} "
                f"and is {live.get(key)}"
            )
