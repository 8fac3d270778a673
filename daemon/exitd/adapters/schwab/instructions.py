"""What an order is to do to a position: its instruction.

The instruction is what keeps a close from opening anything: SELL closes a long and
BUY_TO_COVER a short, and the broker refuses more of either than is held. SELL_SHORT and
BUY open; no close may ever say them.
"""

from __future__ import annotations

from types import MappingProxyType

from exitd.core.position import OrderSide
from exitd.core.ticket import PositionIntent

CLOSING = MappingProxyType({OrderSide.SELL: "SELL", OrderSide.BUY: "BUY_TO_COVER"})
OPENING = MappingProxyType({OrderSide.BUY: "BUY", OrderSide.SELL: "SELL_SHORT"})
SIDES = MappingProxyType(
    {
        "BUY": OrderSide.BUY,
        "BUY_TO_COVER": OrderSide.BUY,
        "SELL": OrderSide.SELL,
        "SELL_SHORT": OrderSide.SELL,
    }
)


def instruction_of(side: OrderSide, intent: PositionIntent | None) -> str:
    """Give the instruction of an entry; without an intent it opens."""
    closes = intent is not None and not intent.opens
    return CLOSING[side] if closes else OPENING[side]
