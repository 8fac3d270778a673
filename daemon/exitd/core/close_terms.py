"""Closes that make no sense whatever the price is, in the terms of their market."""

from exitd.core.asked_time import wrong_asked_time
from exitd.core.bounds import wrong_bound
from exitd.core.market import Instrument
from exitd.core.trigger import OrderType, QuantityKind, TriggerDefinition
from exitd.core.units import HUNDRED, ZERO

_SHARES = (QuantityKind.SHARE, QuantityKind.INITIAL)


def wrong_close(definition: TriggerDefinition, instrument: Instrument) -> str:
    """Say in one sentence what is wrong with a close; nothing if nothing is."""
    close = definition.close
    if close is None:
        return ""
    if definition.side is None:
        return "a close needs a side: long or short"
    if not instrument.kind.holds_positions:
        return (
            f"{definition.symbol} is a {instrument.kind} market, which has no position "
            "to close; cancel or notify there instead"
        )
    quantity, limit = close.quantity, close.slippage_limit
    if quantity.kind in _SHARES and not ZERO < quantity.value <= HUNDRED:
        return f"a share must be above 0 % and at most 100 %, not {quantity.value} %"
    if quantity.kind is QuantityKind.QUOTE:
        if quantity.value <= ZERO:
            return "an amount to close must be above zero"
        if quantity.currency != instrument.quote:
            return (
                f"{definition.symbol} is quoted in {instrument.quote}, so an amount to "
                f"close is in that and not in {quantity.currency}"
            )
    if limit is not None and not ZERO < limit < HUNDRED:
        return f"a slippage limit must be above 0 % and under 100 %, not {limit} %"
    if close.asked is not None:
        rests = close.order is OrderType.LIMIT and close.twap is None
        wrong = wrong_asked_time(close.asked, rests=rests, is_stop=definition.is_stop)
        if wrong:
            return wrong
    return wrong_bound(definition, close, instrument)
