"""What exits that the broker itself holds have closed: noted with their entry, told."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.condition import ConditionKind
from exitd.core.entry import EntryRecord, LegFill
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.ticket import AttachedExits
from exitd.core.trigger import OrderType
from exitd.core.turn import Turn
from exitd.core.units import ZERO

SL, TP = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT


def noted(turn: Turn, entry: EntryRecord, report: OrderReport) -> EntryRecord:
    """Note what a leg has closed that has ended now, and tell it; else no change."""
    if report.filled == ZERO:
        return entry
    exits = entry.order.ticket.attached or AttachedExits()
    kind = _kind_of(exits, report)
    fill = LegFill(
        leg=report.venue_order_id,
        kind=kind,
        level=_level_of(exits, kind, report),
        quantity=report.filled,
        quote=report.filled_quote,
        ended=report.status.value,
        ts_venue_ns=report.ts_venue_ns,
    )
    turn.entry_fact(
        FactKind.EXIT_FILLED_AT_BROKER,
        entry,
        leg=fill.leg,
        kind=None if kind is None else kind.value,
        level=fill.level,
        filled=fill.quantity,
        average_price=fill.average_price,
        result=result_of(entry, fill),
        ts_venue_ns=fill.ts_venue_ns,
        alert=True,
    )
    return replace(entry, leg_fills=(*entry.leg_fills, fill))


def result_of(entry: EntryRecord, fill: LegFill) -> Decimal | None:
    """Give what a leg has earned over its entry's average, before fees; quote currency.

    Below zero it is a loss. None where one of the two prices is not known.
    """
    entered, left = entry.average_price, fill.average_price
    if entered is None or left is None or entered == ZERO:
        return None
    earned = (left - entered) * fill.quantity
    return earned if entry.order.ticket.side is OrderSide.BUY else -earned


def _kind_of(exits: AttachedExits, report: OrderReport) -> ConditionKind | None:
    """Tell the two exits of an entry apart, as far as the broker's report does."""
    if exits.stop_price is None and exits.take_profit_price is not None:
        return TP
    if exits.take_profit_price is None and exits.stop_price is not None:
        return SL
    if report.is_trigger:
        touch = exits.touch_price
        return TP if touch is not None and report.trigger_price == touch else SL
    return TP if report.order is OrderType.LIMIT else None


def _level_of(
    exits: AttachedExits, kind: ConditionKind | None, report: OrderReport
) -> Decimal | None:
    """Its level as the broker has it, which may have been changed there; else ours."""
    match kind:
        case ConditionKind.STOP_LOSS:
            ours = exits.stop_price
            return ours if report.trigger_price is None else report.trigger_price
        case ConditionKind.TAKE_PROFIT:
            return exits.take_profit_price if report.price is None else report.price
        case _:
            return None
