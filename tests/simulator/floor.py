"""An engine without sockets, clock or market maker, for tests of its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exitd.simulator.engine import Engine
from exitd.simulator.happenings import OrderHappened, PositionHappened
from exitd.simulator.markets import default_markets
from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused
from exitd.simulator.state import EngineState
from exitd.simulator.values import Order

PERP = "SOL_USDC_PERP"
START_US = 1_757_621_440_699_000


@dataclass
class Floor:
    """Several accounts around one engine; time moves one microsecond a call."""

    quirks: dict[str, Any] = field(default_factory=dict)
    ts_us: int = START_US

    def __post_init__(self) -> None:
        quirks = Quirks().changed(self.quirks)
        self.engine = Engine(EngineState(markets=default_markets(), quirks=quirks))
        self.state = self.engine.state

    def now(self) -> int:
        self.ts_us += 1
        return self.ts_us

    def submit(
        self, who: str, side: str, quantity: str | None, /, **more: Any
    ) -> Order:
        """A market order, or a limit order when there is a price."""
        body: dict[str, Any] = {"symbol": PERP, "side": side}
        body["orderType"] = "Limit" if "price" in more else "Market"
        if quantity is not None:
            body["quantity"] = quantity
        return self.engine.submit(who, {**body, **more}, self.now())

    def refusal(self, who: str, side: str, quantity: str | None, /, **more: Any) -> str:
        """The message with which the order is refused."""
        try:
            order = self.submit(who, side, quantity, **more)
        except Refused as refused:
            return refused.message
        raise AssertionError(f"accepted as {order.status}")

    def hold(self, who: str, net: str, price: str | None = None) -> None:
        at = None if price is None else Decimal(price)
        self.engine.set_position(who, PERP, Decimal(net), at, self.now())

    def net(self, who: str) -> Decimal:
        return self.state.open_account(who).net_quantity(PERP)

    def prices(self, **moved: str) -> None:
        decimals = {name: Decimal(price) for name, price in moved.items()}
        self.engine.set_prices(PERP, self.now(), **decimals)

    def told(self) -> list[str]:
        """What the streams would say about orders and positions, in order."""
        return [
            happened.kind
            for happened in self.engine.drain()
            if isinstance(happened, OrderHappened | PositionHappened)
        ]
