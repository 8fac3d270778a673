"""A rehearsal in few words: exits as a file makes them, prices a second apart."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core.builders import ACCOUNT, LONG, SHORT, SYMBOL, rule
from exitd.core.condition import ConditionKind
from exitd.core.position import PositionKey, Side
from exitd.core.trigger import Action, Close, Quantity, QuantityKind, TriggerDefinition
from exitd.core.units import NS_PER_S
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.rehearsal import Opening, Rehearsal
from exitd.runtime.rehearsal.report import Report
from exitd.runtime.rehearsal.venue import Costs

D = Decimal
S = NS_PER_S


def share(text: str) -> Close:
    return Close(quantity=Quantity(QuantityKind.SHARE, D(text.removesuffix("%"))))


def exit_(
    name: str,
    kind: str,
    level: str,
    action: Action | None = None,
    *,
    side: Side | None = Side.LONG,
    **changed: object,
) -> TriggerDefinition:
    """Describe an exit of `sol`, as a file would: armed anew for each lifetime."""
    made = {"owner": "file:sol.yaml:1", "template": side is not None, **changed}
    return rule(f"sol/{name}", ConditionKind(kind), level, action, side=side, **made)  # type: ignore[arg-type]


def opening(
    size: str = "10", entry: str | None = "100", side: Side = Side.LONG
) -> Opening:
    key = LONG if side is Side.LONG else SHORT
    return Opening(
        key=key, quantity=D(size), entry_price=None if entry is None else D(entry)
    )


def rehearsal(
    exits: Iterable[TriggerDefinition],
    *,
    held: Iterable[Opening] = (opening(),),
    costs: Costs | None = None,
) -> Rehearsal:
    begun = Rehearsal(exits, start_ns=0, costs=costs)
    for one in held:
        begun.open(one)
    return begun


def feed(begun: Rehearsal, prices: str, *, kind: str = "", first_s: int = 0) -> None:
    """Give prices that stand in a line, one a second."""
    for second, price in enumerate(prices.split(), first_s):
        begun.price(Price(second * S, D(price), SYMBOL, kind))


def candle(second: int, text: str, *, length_s: int = 60) -> Candle:
    """Read `open/high/low/close`."""
    parts = [D(part) for part in text.split("/")]
    return Candle(second * S, length_s * S, *parts, SYMBOL)


def told(report: Report) -> list[str]:
    """Say what fired: `1s sl 10@95`, in the order of the hits."""
    return [
        f"{fired.ts_ns / S:g}s {fired.exit} {fired.quantity.normalize():f}"
        + (f"@{fired.price.normalize():f}" if fired.price is not None else "")
        for fired in report.fired
    ]


def left(report: Report, key: PositionKey = LONG) -> Decimal:
    return next(held.after for held in report.positions if held.key == key)


__all__ = ["ACCOUNT", "LONG", "SHORT", "SYMBOL", "D", "S"]
