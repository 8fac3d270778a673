"""What candles do to a trail, or to a stop that moves: from candle to candle.

A candle says that its high and its low were reached, and not which came first. So what
its best price begins, raises, narrows or moves counts from its end on: for its own
close, which is its last price, and for the candles after it. Whether its worst price
came after its best is unknown.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.core.condition import Direction, Level, Relative, Trailing
from exitd.core.derived import level_of, step_of, tighter
from exitd.core.hole_inputs import SeenCandle
from exitd.core.moving import target_of
from exitd.core.resting import OPPOSITE, is_beyond
from exitd.core.state import State
from exitd.core.stepping import least_watermark, next_step, stepped_stop
from exitd.core.trigger import TriggerRecord


class View(StrEnum):
    """How much a walk takes for granted.

    `SURE` gives the loosest stop that there can have been: what the position decides is
    left out, as the position may have been another then. `LIKELY` takes that in as it
    is now. `MOST` gives the tightest that there can have been.
    """

    SURE = "sure"
    LIKELY = "likely"
    MOST = "most"


class Walked(Struct, frozen=True):
    """What has become of a stop at the end of the candles.

    `crossed` is the first candle that came to its stop at `stop`; `reached` says that
    one may have, `in_part` that this was one in which the trigger had been changed.
    """

    watermark: Decimal | None
    is_tightened: bool
    level: Decimal | None
    crossed: SeenCandle | None
    stop: Decimal | None
    reached: bool
    in_part: bool

    @property
    def stand(self) -> tuple[Decimal | None, bool, Decimal | None]:
        return self.watermark, self.is_tightened, self.level


def walk(
    state: State,
    record: TriggerRecord,
    candles: Sequence[SeenCandle],
    since_ns: int,
    view: View,
) -> Walked:
    """Let a trigger as it was when a hole began see the candles of it, oldest first.

    Args:
        since_ns: When the hole began, UTC: nothing had crossed its stop before.
    """
    walker = _Walk(state, record, since_ns, view)
    for candle in candles:
        if candle.ts_close_ns > walker.began_ns:
            walker.see(candle)
    return Walked(
        watermark=walker.best,
        is_tightened=walker.is_tightened,
        level=walker.level,
        crossed=walker.crossed,
        stop=walker.crossed_at,
        reached=walker.reached,
        in_part=walker.in_part,
    )


class _Walk:
    """A stop on its way; its watermark is at least `_low` and at most `_most`.

    They differ for a trail in steps alone: nobody knows at which prices it stepped.
    """

    def __init__(
        self, state: State, record: TriggerRecord, since_ns: int, view: View
    ) -> None:
        definition, condition = record.definition, record.definition.condition
        self._record = record
        self._is_most = view is View.MOST
        self._way = definition.direction
        self._ahead = OPPOSITE[self._way]
        self._trailing = condition if isinstance(condition, Trailing) else None
        self._price_step = step_of(state, definition)
        self._turns = _turns(state, record, view)
        # A watermark that was seen in a candle may be younger than its worst price.
        watched_ns = since_ns if self._trailing is not None else 0
        self._crosses_from_ns = max(record.ts_changed_ns, watched_ns)
        is_begun = record.trail_seq > 0
        self.began_ns = record.ts_begun_ns if is_begun else record.ts_changed_ns
        self._low = self._most = record.watermark if is_begun else None
        self.is_tightened = record.is_tightened
        self.level = record.trigger_price
        self.crossed: SeenCandle | None = None
        self.crossed_at: Decimal | None = None
        self.reached = self.in_part = False

    @property
    def best(self) -> Decimal | None:
        return self._most if self._is_most else self._low

    def see(self, candle: SeenCandle) -> None:
        """Take in the next candle."""
        falls = self._way is Direction.FALLING
        worst, peak = (candle.low, candle.high) if falls else (candle.high, candle.low)
        # In the candle in which it was changed, the prices may be older than that.
        is_own = candle.ts_open_ns >= self._record.ts_changed_ns
        is_news = candle.ts_open_ns > self._record.missed_ns
        before = self._stop()
        if is_news and self._is_at(before, worst):
            self._touch(is_own=is_own)
            if candle.ts_open_ns >= self._crosses_from_ns:
                self._cross(candle, before)
        self._gain(candle, peak, is_own=is_own)
        after = self._stop()
        if is_news and self._is_at(after, worst):
            self._touch(is_own=is_own)
            # Its close is its last price: that came after whatever moved the stop.
            if is_own and candle.close is not None and self._is_at(after, candle.close):
                self._cross(candle, after)

    def _stop(self) -> Decimal | None:
        trailing, best = self._trailing, self.best
        if trailing is None:
            return self.level
        if best is None:
            return None
        tighten = trailing.tighten
        is_narrow = self.is_tightened and tighten is not None
        offset = tighten.to if is_narrow and tighten is not None else trailing.offset
        return stepped_stop(best, offset, self._way)

    def _is_at(self, stop: Decimal | None, price: Decimal) -> bool:
        return stop is not None and is_beyond(self._way, stop, price)

    def _touch(self, *, is_own: bool) -> None:
        if not self.reached:
            self.reached, self.in_part = True, not is_own

    def _cross(self, candle: SeenCandle, stop: Decimal | None) -> None:
        if self.crossed is None:
            self.crossed, self.crossed_at = candle, stop

    def _gain(self, candle: SeenCandle, peak: Decimal, *, is_own: bool) -> None:
        """Let the best price of a candle begin, raise, narrow and move a stop."""
        turns = self._turns
        if self._low is not None:
            self._raise(peak, is_sure=candle.ts_open_ns >= self.began_ns)
        elif (is_own or self._is_most) and self._is_past(turns.begins_at, peak):
            self._begin(turns.begins_at, peak)
        if not (is_own or self._is_most):
            return
        if self._is_past(turns.tightens_at, peak):
            self.is_tightened = True
        for at, to in turns.moves:
            if self.level is not None and self._is_past(at, peak):
                self.level = tighter(self._way, self.level, to)

    def _is_past(self, at: Decimal | None, peak: Decimal) -> bool:
        return at is not None and is_beyond(self._ahead, at, peak)

    def _begin(self, at: Decimal | None, peak: Decimal) -> None:
        """Begin at the candle's best: a trail that began in it has seen that since."""
        self._low = self._most = peak
        step = self._trailing.step if self._trailing is not None else None
        if step is not None and at is not None:
            least = least_watermark(peak, step, self._way, self._price_step)
            self._low = tighter(self._way, at, least)

    def _raise(self, peak: Decimal, *, is_sure: bool) -> None:
        low, most = self._low, self._most
        assert low is not None
        assert most is not None
        step = self._trailing.step if self._trailing is not None else None
        if step is None:
            self._low = tighter(self._way, low, peak) if is_sure else low
        else:
            ahead = next_step(low, step, self._way)
            if not is_beyond(self._ahead, ahead, peak):
                return
            if is_sure:
                least = least_watermark(peak, step, self._way, self._price_step)
                if low == most:
                    least = tighter(self._way, ahead, least)
                self._low = tighter(self._way, low, least)
        if is_sure or self._is_most:
            self._most = tighter(self._way, most, peak)


class _Turns(Struct, frozen=True):
    """The prices at which a trail begins and narrows, and a stop moves and to where."""

    begins_at: Decimal | None
    tightens_at: Decimal | None
    moves: list[tuple[Decimal, Decimal]]


def _turns(state: State, record: TriggerRecord, view: View) -> _Turns:
    definition, condition = record.definition, record.definition.condition

    def known(level: Level | None) -> Decimal | None:
        is_left_out = view is View.SURE and isinstance(level, Relative)
        if level is None or is_left_out:
            return None
        return level_of(state, definition, level)

    moves = []
    for move in definition.moves:
        at = known(move.at)
        to = target_of(state, definition, move) if at is not None else None
        is_fixed = isinstance(move.to, Decimal)
        if at is not None and to is not None and (is_fixed or view is not View.SURE):
            moves.append((at, to))
    trailing = condition if isinstance(condition, Trailing) else None
    tighten = trailing.tighten if trailing is not None else None
    return _Turns(
        begins_at=known(trailing.after) if trailing is not None else None,
        tightens_at=known(tighten.at) if tighten is not None else None,
        moves=moves,
    )
