"""What must hold of trails and of moved stops: they only ever tighten."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from exitd.core.condition import Direction, FixedLevel, Trailing
from exitd.core.records import Snapshot
from exitd.core.resting import level_now, watermark_now
from exitd.core.state import Decision, State
from exitd.core.trigger import TriggerDefinition, TriggerRecord, TriggerState
from simulation.violation import Violation

#: What trails have seen is a second old at most, and then waits for the disk.
LOST_MAX_S = 1.1

#: How much older than its arrival a price may be.
LATE_S = 0.5

_Arming = tuple[str, int]


class _Trail(Struct):
    """One trail since it began; `seen` are its watermarks, each with its instant.

    Prices count since `counts_s`, which may have been before anybody saw it begin.
    """

    definition: TriggerDefinition
    stop: Decimal
    first: Decimal
    begun_s: float
    counts_s: float
    seen: list[tuple[float, Decimal]]


class TrailWatch:
    """Looks at every trail and every moved stop of one world.

    Args:
        late_s: By how much the prices that a trail may have seen can be older than
            its beginning; None where the machine's clock says nothing about that.
    """

    def __init__(self, late_s: float | None) -> None:
        self.trailed = 0
        self.moved = 0
        self.shown: list[tuple[float, Decimal]] = []
        self._late_s = late_s
        self._prompt_s = late_s or 0.0
        #: Whether the disk takes everything within a moment.
        self.is_prompt = True
        #: What trails, or has been moved: nothing else is looked at.
        self._followed: dict[str, None] = {}
        self._trails: dict[_Arming, _Trail] = {}
        #: When each trail was first seen as it is, before it began.
        self._waits_s: dict[tuple[_Arming, TriggerDefinition], float] = {}
        self._moved: dict[_Arming, tuple[TriggerDefinition, Decimal]] = {}

    def after(self, state: State, decision: Decision, now_s: float) -> None:
        for changed in decision.records:
            if isinstance(changed, TriggerRecord):
                self._note(changed)
                if isinstance(changed.definition.condition, Trailing):
                    waits = (changed.id, changed.arming), changed.definition
                    self._waits_s.setdefault(waits, now_s)
        for trigger_id in self._followed:
            record = state.triggers.get(trigger_id)
            if record is not None and record.state is TriggerState.ARMED:
                if record.trail_seq:
                    self._see_trail(state, record, now_s)
                elif record.is_moved:
                    self._see_moved(record)

    def froze(self, for_s: float) -> None:
        """Prices may be older by so much when they are seen, and marks unsaved."""
        if self._late_s is not None:
            self._late_s = max(self._late_s, self._prompt_s + for_s)
        if for_s > LOST_MAX_S - 1:
            self.is_prompt = False

    def _note(self, record: TriggerRecord) -> None:
        if record.trail_seq or record.is_moved:
            self._followed[record.id] = None

    def _see_trail(self, state: State, record: TriggerRecord, now_s: float) -> None:
        arming, way = (record.id, record.arming), record.definition.direction
        stop, watermark = level_now(state, record), watermark_now(state, record)
        if stop is None or watermark is None:
            raise Violation(f"{record.fire_id} has begun to trail and follows nothing")
        known = self._trails.get(arming)
        if known is None or known.definition is not record.definition:
            known = self._begin(known, state, record, watermark, now_s)
        elif is_looser(way, stop, known.stop):
            raise Violation(
                f"the trail {record.fire_id} loosened from {known.stop} to {stop}"
            )
        known.stop = stop
        if watermark != known.seen[-1][1]:
            self._check_seen(known, record, watermark)
            known.seen.append((now_s, watermark))
        self._check_follows(state, record, watermark)

    def _begin(
        self,
        known: _Trail | None,
        state: State,
        record: TriggerRecord,
        watermark: Decimal,
        now_s: float,
    ) -> _Trail:
        """Follow a new trail, or one that somebody has given another offset."""
        stop = level_now(state, record)
        assert stop is not None
        if known is None:
            self.trailed += 1
            known = _Trail(
                definition=record.definition,
                stop=stop,
                first=watermark,
                begun_s=now_s,
                counts_s=self._counts_since(state, record, now_s),
                seen=[(now_s, watermark)],
            )
        elif is_looser(record.definition.direction, watermark, known.seen[-1][1]):
            raise Violation(f"{record.fire_id} was amended and forgot what it has seen")
        known.definition = record.definition
        self._trails[record.id, record.arming] = known
        return known

    def _counts_since(self, state: State, record: TriggerRecord, now_s: float) -> float:
        """Tell since when the prices of a trail count that begins now.

        In a hole it may have begun before anybody saw it: candles tell (behaviour 56).
        """
        on_watch = state.book(record.definition.source).hole_watch.get(record.id)
        if on_watch is None or on_watch.trail_seq:
            return now_s
        arming = record.id, record.arming
        return self._waits_s.get((arming, record.definition), now_s)

    def _check_seen(
        self, known: _Trail, record: TriggerRecord, watermark: Decimal
    ) -> None:
        """Nothing counts that was shown before a trail began (behaviour 48)."""
        if self._late_s is None:
            return
        way, since_s = record.definition.direction, known.counts_s - self._late_s
        # What stood then may still have been on its way.
        before = [price for at_s, price in self.shown if at_s <= since_s][-1:]
        since = [price for at_s, price in self.shown if at_s > since_s]
        best = max if way is Direction.FALLING else min
        most = best([known.first, *before, *since])
        if is_looser(way, most, watermark):
            raise Violation(
                f"{record.fire_id} has seen {watermark}, and the best that was shown "
                f"since it began is {most}"
            )

    def _check_follows(
        self, state: State, record: TriggerRecord, watermark: Decimal
    ) -> None:
        """A trail without steps has seen the price of now."""
        condition = record.definition.condition
        assert isinstance(condition, Trailing)
        book = state.book(record.definition.source)
        if condition.step is not None or book.price is None or record.paused:
            return
        if is_looser(record.definition.direction, watermark, book.price):
            raise Violation(
                f"{record.fire_id} has seen {watermark}, and the price is {book.price}"
            )

    def _see_moved(self, record: TriggerRecord) -> None:
        arming, level = (record.id, record.arming), record.trigger_price
        condition, way = record.definition.condition, record.definition.direction
        assert level is not None
        known = self._moved.get(arming)
        before = None
        if known is not None and known[0] is record.definition:
            before = known[1]
        else:
            self.moved += 1
            if isinstance(condition, FixedLevel):
                before = record.definition.level
        if before is not None and is_looser(way, level, before):
            raise Violation(
                f"the moved stop {record.fire_id} loosened from {before} to {level}"
            )
        self._moved[arming] = (record.definition, level)

    def restored(self, state: State, durable: Snapshot, crashed_s: float) -> None:
        """Trails know what was durable, and that was a second old at most."""
        # A move that was not durable has not been.
        self._moved.clear()
        for record in durable.triggers:
            self._note(record)
            self._forget_armings(record, crashed_s)
            if record.state is TriggerState.ARMED and not record.trail_seq:
                self._not_begun((record.id, record.arming), crashed_s)
        for record, watermark in replayed(durable):
            found = watermark_now(state, state.triggers[record.id])
            if found != watermark:
                raise Violation(
                    f"{record.fire_id} was restored with the watermark {found}; what "
                    f"is durable says {watermark}"
                )
            known = self._trails.get((record.id, record.arming))
            if known is None:
                continue
            kept = [w for at_s, w in known.seen if at_s <= crashed_s - LOST_MAX_S]
            way = record.definition.direction
            if self.is_prompt and kept and is_looser(way, watermark, kept[-1]):
                raise Violation(
                    f"{record.fire_id} lost more than a second of what it had seen: "
                    f"{kept[-1]} became {watermark}"
                )
            known.seen = [(crashed_s - LOST_MAX_S, watermark)]
            known.definition = record.definition
            stop = level_now(state, record)
            assert stop is not None
            known.stop = stop
        self._forget_unwritten(durable, crashed_s)

    def _forget_unwritten(self, durable: Snapshot, crashed_s: float) -> None:
        """A trail that had only just begun has not, if that was not written yet."""
        for record in durable.triggers:
            arming = record.id, record.arming
            known = self._trails.get(arming)
            is_armed = record.state is TriggerState.ARMED
            if known is None or record.trail_seq or not is_armed:
                continue
            if self.is_prompt and known.begun_s <= crashed_s - LOST_MAX_S:
                raise Violation(f"{record.fire_id} forgot that it had begun to trail")
            del self._trails[arming]

    def _forget_armings(self, record: TriggerRecord, crashed_s: float) -> None:
        """What was armed and not durable is armed again, under the same number."""
        for arming in [one for one in self._trails if one[0] == record.id]:
            if arming[1] > record.arming:
                self._not_begun(arming, crashed_s)
        if record.state is TriggerState.WAITING:
            self._trails.pop((record.id, record.arming), None)

    def _not_begun(self, arming: _Arming, crashed_s: float) -> None:
        """A trail that was not durable has not begun."""
        known = self._trails.pop(arming, None)
        is_old = known is not None and known.begun_s <= crashed_s - LOST_MAX_S
        if self.is_prompt and is_old:
            raise Violation(f"{arming[0]}#{arming[1]} forgot that it trails")


def replayed(durable: Snapshot) -> Iterator[tuple[TriggerRecord, Decimal]]:
    """Work out each watermark from what was written down, mark by mark."""
    for record in durable.triggers:
        condition, start = record.definition.condition, record.watermark
        if record.state is not TriggerState.ARMED or not record.trail_seq:
            continue
        assert isinstance(condition, Trailing)
        assert start is not None
        way, source = record.definition.direction, record.definition.source
        best = max if way is Direction.FALLING else min
        seen = [start]
        for saved in durable.watermarks:
            is_its = (saved.source, saved.way) == (source, way)
            if is_its and condition.step is None:
                seen += [price for seq, price in saved.marks if seq >= record.trail_seq]
        yield record, best(seen)


def is_looser(way: Direction, one: Decimal, other: Decimal) -> bool:
    """Whether a price on its way reaches *one* later than *other*."""
    return one < other if way is Direction.FALLING else one > other
