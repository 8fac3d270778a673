"""Definitions and instruments in few words, for tests of the core."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import (
    Basis,
    ConditionKind,
    FixedLevel,
    Level,
    Offset,
    Relative,
    Tighten,
    Trailing,
)
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import (
    WHOLE,
    Action,
    Close,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
)

D = Decimal
MS = 1_000_000
S = 1_000 * MS
ACCOUNT, SYMBOL, TAG = "main", "SOL_USDC_PERP", 7
MARK = PriceSource(ACCOUNT, SYMBOL, PriceKind.MARK)
LAST = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST)
LONG = PositionKey(ACCOUNT, SYMBOL, Side.LONG)
SHORT = PositionKey(ACCOUNT, SYMBOL, Side.SHORT)


def instrument(symbol: str = SYMBOL, **changed: object) -> Instrument:
    fields: dict[str, object] = {
        "account": ACCOUNT,
        "symbol": symbol,
        "kind": InstrumentKind.PERPETUAL,
        "base": "SOL",
        "quote": "USDC",
        "price_step": D("0.01"),
        "quantity_step": D("0.001"),
        "min_quantity": D("0.01"),
    }
    return Instrument(**{**fields, **changed})  # type: ignore[arg-type]


def quantity(text: str) -> Quantity:
    """Read `100%`, `rest` or a number of base units."""
    if text == "rest":
        return Quantity(QuantityKind.REST)
    if text.endswith("%"):
        return Quantity(QuantityKind.SHARE, D(text[:-1]))
    return Quantity(QuantityKind.ABSOLUTE, D(text))


def close(size: str = "100%", limit: str | None = None, *, hard: bool = False) -> Close:
    """Describe a close: market, or limit with a bound in percent."""
    if limit is None:
        return Close(quantity=WHOLE if size == "100%" else quantity(size))
    bound = D(limit) if limit != "0" else None
    return Close(quantity(size), OrderType.LIMIT, bound, hard)


def rule(
    id: str,
    kind: ConditionKind,
    level: str,
    action: Action | None = None,
    *,
    side: Side | None = Side.LONG,
    source: PriceSource = MARK,
    symbol: str = SYMBOL,
    owner: str = "api:test",
    template: bool = False,
    once: bool = False,
    expires_ns: int | None = None,
) -> TriggerDefinition:
    return TriggerDefinition(
        id=id,
        owner=owner,
        account=ACCOUNT,
        symbol=symbol,
        side=side,
        source=source,
        condition=FixedLevel(kind, D(level)),
        action=action if action is not None else close(),
        template=template,
        once=once,
        expires_ns=expires_ns,
    )


def percent(value: str) -> Relative:
    """A level so many percent from the entry, signed."""
    return Relative(Basis.ENTRY, D(value))


def offset(text: str) -> Offset:
    """Read `5` or `2%`."""
    return Offset(D(text.removesuffix("%")), is_percent=text.endswith("%"))


def level(text: str) -> Level:
    """Read `150`, or `+5%` and `-3%` from the entry."""
    return percent(text[:-1]) if text.endswith("%") else D(text)


def trail(
    id: str,
    behind: str,
    size: str = "100%",
    *,
    after: str | None = None,
    tighten: tuple[str, str] | None = None,
    step: str | None = None,
    **changed: object,
) -> TriggerDefinition:
    """A trailing stop: `behind` is `5` or `2%`, `tighten` a level and an offset."""
    changed.setdefault("action", close(size))
    condition = Trailing(
        offset=offset(behind),
        after=level(after) if after is not None else None,
        tighten=Tighten(level(tighten[0]), offset(tighten[1])) if tighten else None,
        step=D(step) if step is not None else None,
    )
    base = rule(id, ConditionKind.STOP_LOSS, "1", **changed)  # type: ignore[arg-type]
    return replace(base, condition=condition)


def stop(
    id: str, level: str, size: str = "100%", **changed: object
) -> TriggerDefinition:
    changed.setdefault("action", close(size))
    return rule(id, ConditionKind.STOP_LOSS, level, **changed)  # type: ignore[arg-type]


def target(
    id: str, level: str, size: str = "100%", **changed: object
) -> TriggerDefinition:
    changed.setdefault("action", close(size))
    return rule(id, ConditionKind.TAKE_PROFIT, level, **changed)  # type: ignore[arg-type]
