"""What people read of a rehearsal: instants, what an exit did, why one did nothing."""

from datetime import UTC, datetime
from decimal import Decimal

from exitd.core.trigger import DoneReason, WaitingFor
from exitd.core.units import NS_PER_MS, NS_PER_S, text
from exitd.runtime.rehearsal.report import Fired, Report, Standing

_SIGNIFICANT = Decimal("0.00000001")
_PERCENT = Decimal("0.01")


def offset_words(offset_ns: int) -> str:
    """Write how long after the beginning, as a file of tests does: 65s, 20m, 8h."""
    for unit, length_s, least_s in (("h", 3_600, 7_200), ("m", 60, 600)):
        length_ns = length_s * NS_PER_S
        if offset_ns >= least_s * NS_PER_S and offset_ns % length_ns == 0:
            return f"{offset_ns // length_ns}{unit}"
    if offset_ns % NS_PER_S == 0:
        return f"{offset_ns // NS_PER_S}s"
    return f"{-(-offset_ns // NS_PER_MS)}ms"


def instant_words(ts_ns: int) -> str:
    """Write an instant in UTC, with the milliseconds that it has."""
    seconds, rest_ns = divmod(ts_ns, NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{whole}.{rest_ns // NS_PER_MS:03d}" if rest_ns >= NS_PER_MS else whole


def number_words(number: Decimal) -> str:
    """Write a price or a quantity; computed ones end where nobody trades any more."""
    is_long = number.as_tuple().exponent < _SIGNIFICANT.as_tuple().exponent  # type: ignore[operator]
    return text(number.quantize(_SIGNIFICANT) if is_long else number)


def percent_words(percent: Decimal) -> str:
    """Write a percentage with two digits, more where it would be nothing."""
    shown = percent.quantize(_PERCENT)
    return f"{text(shown)} %" if shown or not percent else "under 0.01 %"


def did_words(fired: Fired) -> str:
    """Say what an exit did once it was hit."""
    if fired.quantity > 0:
        assert fired.price is not None
        close = f"closed {number_words(fired.quantity)} at {number_words(fired.price)}"
        return f"{close} ({fired.order})"
    if fired.outcome == "acted":
        return {"notify": "told", "cancel": "cancelled orders"}[fired.action]
    if fired.is_open:
        return f"has not filled: {fired.held_by or 'its limit is not met'}"
    return "found nothing left to close"


_WAITS = {
    WaitingFor.POSITION.value: "waits for a position",
    WaitingFor.FIRST_PRICE.value: "waits for its first price",
    WaitingFor.RIGHT_SIDE.value: "waits: its level was crossed when it began",
}


_OVER = frozenset(reason.value for reason in DoneReason)


def standing_words(standing: Standing) -> str:
    """Say where an exit stands that has not fired."""
    if standing.state == "waiting" and standing.waiting_for:
        return _WAITS.get(standing.waiting_for, f"waits: {standing.waiting_for}")
    if standing.due_ns is not None:
        return (
            f"is {standing.state}; its time comes at {instant_words(standing.due_ns)}"
        )
    if standing.state in _OVER:
        return f"was {standing.state}"
    if standing.level is None:
        return f"is {standing.state}"
    words = f"is {standing.state} at {number_words(standing.level)}"
    nearest = standing.nearest
    if nearest is None:
        return words
    return (
        f"{words}; the nearest was {number_words(nearest.price)}, "
        f"{percent_words(nearest.distance_percent)} away"
    )


def missing_words(report: Report) -> str:
    """Say what was not there to go by; empty where nothing was missing."""
    missing = [f"price of {source}" for source in report.unseen]
    missing += [f"session of {calendar}" for calendar in report.unknown_calendars]
    if not missing:
        return ""
    return f"no {', no '.join(missing)}: what goes by that only could not fire"
