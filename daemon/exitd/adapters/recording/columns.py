"""Which column of a file holds what, by the names that people and programs use."""

from collections.abc import Sequence

from msgspec import Struct

from exitd.adapters.recording.errors import RecordingUnreadable

_TIMES = ("time", "ts", "timestamp", "datetime", "date", "open_time", "opentime")
_RECEIVED = ("ts_recv", "received", "recv_time")
_VENUE_TIMES = ("ts_venue", "event_time")
#: What a column can hold, and the names that say so.
NAMES: dict[str, tuple[str, ...]] = {
    "received": _RECEIVED,
    "time": _TIMES,
    "venue_time": _VENUE_TIMES,
    "price": ("price",),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "symbol": ("symbol", "market", "instrument", "pair"),
    "kind": ("kind", "price_kind"),
    "venue": ("venue", "feed", "exchange"),
    "seq": ("seq",),
}
_UNITS = ("s", "ms", "us", "ns")


class Column(Struct, frozen=True):
    """Where a column is, and its unit where its name ends in one."""

    index: int
    unit: str = ""


class Columns(Struct, frozen=True, kw_only=True):
    """The columns of a file. `candle` is open, high, low and close, or nothing.

    Prices are in the order of `time`; `venue_time` is the venue's own instant.
    """

    time: Column
    venue_time: Column | None
    price: int | None
    candle: tuple[int, int, int, int] | None
    symbol: int | None
    kind: int | None
    venue: int | None
    seq: int | None


def columns_of(file: str, names: Sequence[str]) -> Columns:
    """Recognise the columns by their names.

    Raises:
        RecordingUnreadable: One that is needed is missing, or is there twice.
    """
    found: dict[str, Column] = {}
    for index, name in enumerate(names):
        meaning, unit = _meaning(name)
        if meaning in found:
            raise RecordingUnreadable(
                f"{file}: '{names[found[meaning].index]}' and '{name}' both say the "
                f"{meaning}; leave one of them out"
            )
        if meaning:
            found[meaning] = Column(index, unit)
    time = found.get("received") or found.get("time") or found.get("venue_time")
    if time is None:
        raise _missing(file, names, "the time (time, ts or timestamp)")
    return Columns(
        time=time,
        venue_time=found.get("venue_time"),
        price=_index(found, "price"),
        candle=_candle(file, names, found),
        symbol=_index(found, "symbol"),
        kind=_index(found, "kind"),
        venue=_index(found, "venue"),
        seq=_index(found, "seq"),
    )


def _candle(
    file: str, names: Sequence[str], found: dict[str, Column]
) -> tuple[int, int, int, int] | None:
    parts = [_index(found, name) for name in ("open", "high", "low", "close")]
    opening, high, low, close = parts
    if opening is not None and high is not None and low is not None:
        if close is not None:
            return opening, high, low, close
    elif "price" in found:
        return None
    raise _missing(file, names, "the price (price, or open, high, low and close)")


def _missing(file: str, names: Sequence[str], what: str) -> RecordingUnreadable:
    shown = ", ".join(names[:8]) or "nothing"
    return RecordingUnreadable(
        f"{file}: its first line names no column for {what}; it says: {shown}"
    )


def _meaning(name: str) -> tuple[str, str]:
    """Give what a column means and its unit; both empty where nobody needs it."""
    word = name.strip().lower().replace(" ", "_")
    for meaning, known in NAMES.items():
        if word in known:
            return meaning, ""
    stem, _, unit = word.rpartition("_")
    if unit in _UNITS:
        for meaning in ("received", "time", "venue_time"):
            if stem in NAMES[meaning]:
                return meaning, unit
    return "", ""


def _index(found: dict[str, Column], name: str) -> int | None:
    column = found.get(name)
    return None if column is None else column.index
