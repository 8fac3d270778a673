"""When an exit at a time is due."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from exitd.core.condition import AtInstant, AtTimeOfDay, BeforeClose, MaxHold
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord
from exitd.core.units import NS_PER_S

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Longer than any holidays of an exchange.
_DAYS_AHEAD = 15


def due_of(state: State, record: TriggerRecord) -> int | None:
    """Give the instant at which a trigger is hit by the clock, UTC nanoseconds.

    None for one that watches a price, and for one whose session is not known yet.
    """
    condition, key = record.definition.condition, record.definition.key
    match condition:
        case MaxHold():
            assert key is not None, "what is held is a position"
            return state.position(key).ts_opened_ns + condition.duration_ns
        case AtInstant():
            return condition.ts_ns
        case AtTimeOfDay():
            return _time_of_day(state, condition, record.ts_armed_ns)
        case BeforeClose():
            closes = (
                close_ns - condition.before_ns
                for _, close_ns in state.sessions.get(condition.calendar, ())
            )
            return next((ns for ns in closes if ns > record.ts_armed_ns), None)
        case _:
            return None


def _time_of_day(state: State, condition: AtTimeOfDay, after_ns: int) -> int | None:
    zone = ZoneInfo(condition.zone)
    first = _EPOCH + timedelta(seconds=after_ns // NS_PER_S)
    day = first.astimezone(zone).date()
    for _ in range(_DAYS_AHEAD):
        due_ns = _on_clock(datetime.combine(day, time(), zone), condition.second)
        if due_ns > after_ns and _is_session_day(state, condition, due_ns):
            return due_ns
        day += timedelta(days=1)
    return None


def _on_clock(midnight: datetime, second: int) -> int:
    """Give the instant at which the clocks of a zone show a time of a day.

    Where it comes twice, the first; where it is left out, the first instant after.
    """
    shown = datetime.combine(
        midnight.date(), time(second // 3600, second // 60 % 60, second % 60)
    )
    instant = shown.replace(tzinfo=midnight.tzinfo).astimezone(UTC)
    if instant.astimezone(midnight.tzinfo).replace(tzinfo=None) != shown:
        # Left out: the clocks jump over it, by what the offset grows.
        before = shown.replace(tzinfo=midnight.tzinfo, fold=0).utcoffset()
        after = shown.replace(tzinfo=midnight.tzinfo, fold=1).utcoffset()
        assert before is not None
        assert after is not None
        instant = _jump(instant, midnight, before - after)
    return int((instant - _EPOCH).total_seconds()) * NS_PER_S


def _jump(instant: datetime, midnight: datetime, gap: timedelta) -> datetime:
    """Find the instant of a jump of the clocks that lies close before *instant*."""
    low, high = instant - abs(gap) - timedelta(hours=1), instant + abs(gap)
    offset = low.astimezone(midnight.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(midnight.tzinfo).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _is_session_day(state: State, condition: AtTimeOfDay, due_ns: int) -> bool:
    if not condition.calendar:
        return True
    zone = ZoneInfo(condition.zone)

    def day(ts_ns: int) -> object:
        instant = _EPOCH + timedelta(seconds=ts_ns // NS_PER_S)
        return instant.astimezone(zone).date()

    sessions = state.sessions.get(condition.calendar, ())
    # Some sessions open the evening before: the day is that of the close.
    return any(day(close_ns) == day(due_ns) for _, close_ns in sessions)
