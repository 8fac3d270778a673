"""What a file of tests can say; see docs/rehearsing.md."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from exitd.configuration.keys import Boolean, Keys
from exitd.configuration.values import (
    After,
    BoundValue,
    DurationValue,
    Instant,
    InstantValue,
    NameValue,
    PercentValue,
    read_duration_ns,
    read_instant,
    read_number,
    read_price,
)

#: An instant, or so long after the beginning.
Moment = Instant | After


def read_moment(written: object) -> Moment:
    try:
        return After(read_duration_ns(written), str(written))
    except ValueError:
        pass
    try:
        return read_instant(written)
    except ValueError:
        raise ValueError(
            "write how long after the beginning (65s), or a time with its zone "
            "(2027-01-31T16:00:00Z)"
        ) from None


def instant_ns(moment: Moment, start_ns: int) -> int:
    """Give the UTC instant of a moment of a case that begins at *start_ns*."""
    if isinstance(moment, Instant):
        return moment.ts_ns
    return start_ns + moment.duration_ns


def read_amount(written: object) -> Decimal:
    """Read a quantity in base units, at least zero."""
    amount = read_number(written)
    if amount < 0:
        raise ValueError("a quantity is not below zero")
    return amount


def read_paths(written: object) -> tuple[str, ...]:
    """Read one path or a list of them, relative to the file."""
    paths = written if isinstance(written, list) else [written]
    if not paths or not all(isinstance(path, str) and path for path in paths):
        raise ValueError("write a file of positions, such as ../conf.d/sol.yaml")
    return tuple(paths)


MomentValue = Annotated[Moment, PlainValidator(read_moment)]
AmountValue = Annotated[Decimal, PlainValidator(read_amount)]
PriceValue = Annotated[Decimal, PlainValidator(read_price)]
PathsValue = Annotated[tuple[str, ...], PlainValidator(read_paths)]
#: Read in a second stage, which can point at each price.
Raw = Annotated[Any, PlainValidator(lambda written: written)]


class MarketKeys(Keys):
    """A market as its venue has it, where a case depends on steps or minimums."""

    price_step: PriceValue | None = None
    quantity_step: PriceValue | None = None
    min_quantity: PriceValue | None = None
    min_notional: PriceValue | None = None
    quote: NameValue | None = None


class PositionKeys(Keys):
    """A position that is open from the beginning."""

    size: AmountValue
    entry: PriceValue
    liquidation: PriceValue | None = None


class ChangeKeys(Keys):
    """A position as somebody else makes it on the way; size 0 closes it."""

    at: MomentValue
    position: NameValue
    size: AmountValue
    entry: PriceValue | None = None
    liquidation: PriceValue | None = None


class SessionKeys(Keys):
    """One session of a calendar."""

    open: InstantValue
    close: InstantValue


class ExpectationKeys(Keys):
    """An exit that must fire, and what is known of that."""

    exit: str
    at: MomentValue | None = None
    close: AmountValue | None = None
    near: PriceValue | None = None
    order: Literal["market", "limit"] | None = None
    do: Literal["close", "cancel", "cancel_and_close", "notify"] | None = None


class CaseKeys(Keys):
    """One course of prices and what must come of it."""

    start: InstantValue | None = None
    step: DurationValue | None = None
    until: MomentValue | None = None
    slippage: PercentValue | None = None
    delay: DurationValue | None = None
    tolerance: BoundValue | None = None
    markets: dict[str, MarketKeys] | None = None
    sessions: dict[str, list[SessionKeys]] | None = None
    positions: dict[NameValue, PositionKeys] | None = None
    changes: list[ChangeKeys] | None = None
    prices: dict[str, Raw] | None = None
    expect: list[ExpectationKeys] | None = None
    nothing_else: Boolean | None = None


class CaseFile(CaseKeys):
    """A file of tests: one case, or several that share what stands beside them."""

    config: PathsValue | None = None
    cases: dict[NameValue, CaseKeys] | None = None
