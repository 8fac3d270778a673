"""What an order is to do to a position: its instruction.

The instruction is what keeps a close from opening anything: SELL closes a long and
BUY_TO_COVER a short, and the broker refuses more of either than is held. SELL_SHORT and
BUY open; no close may ever say them.
"""

from __future__ import annotations

from types import MappingProxyType

from exitd.core.position import OrderSide

CLOSING = MappingProxyType({OrderSide.SELL: "SELL", OrderSide.BUY: "BUY_TO_COVER"})
SIDES = MappingProxyType(
    {
        "BUY": OrderSide.BUY,
        "BUY_TO_COVER": OrderSide.BUY,
        "SELL": OrderSide.SELL,
        "SELL_SHORT": OrderSide.SELL,
    }
)
