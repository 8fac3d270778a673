"""What others do at the exchange, beside the daemon."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

from exitd.simulator.refusal import Refused
from exitd.simulator.values import Order
from simulation.exchange_machine import ExchangeMachine
from simulation.ground import Ground
from simulation.kinds import ACCOUNT, SYMBOL
from simulation.prices import Shown
from simulation.quiet_exchange import QuietExchange

#: Prices of a burst: each is judged, and none of them may be skipped.
BURST = 30


class Abroad(Ground):
    """What others do at the exchange."""

    exchange: QuietExchange
    machine: ExchangeMachine
    api_key: str
    sign: int
    foreign: set[str]
    is_traded_by_hand: bool

    def _price(self, shown: Shown) -> None:
        raise NotImplementedError

    def net(self) -> Decimal:
        raise NotImplementedError

    def burst(self) -> None:
        """Many prices at one instant; the last is the one that was."""
        last = self.exchange.state.prices[SYMBOL].last
        for _ in range(BURST):
            away = Decimal(self.rng.randint(-200, 200)) / 100
            self._price(Shown(last + away))
        self._price(Shown(last))

    def liquidate(self) -> None:
        if self.net():
            self.is_traded_by_hand = True
            self.exchange.engine.close_by_system(
                self.api_key,
                SYMBOL,
                "LIQUIDATION_AUTOCLOSE",
                "LiquidatePositionOnBook",
                self.exchange.clock.stamp_us(),
            )
            self.exchange.publish()

    def order_abroad(self) -> None:
        """Another program trades with our tag, under an id that we have not used."""
        counter = self.machine.loop.engine.state.counters[ACCOUNT]
        order = {
            "symbol": SYMBOL,
            "side": "Bid" if self.sign > 0 else "Ask",
            "orderType": "Market",
            "quantity": "1",
            "clientId": counter.tag << 24 | counter.counter + self.rng.randint(20, 60),
        }
        placed = self._submit(order)
        if placed is not None:
            self.foreign.add(placed.id)

    def halt(self, *, is_halted: bool) -> None:
        """Let the order book take nothing, or all again."""
        market = self.exchange.state.markets[SYMBOL]
        market.state = "CancelOnly" if is_halted else "Open"

    def _submit(self, order: dict[str, Any]) -> Order | None:
        """Trade beside the daemon; None where the order book takes nothing."""
        stamp_us = self.exchange.clock.stamp_us()
        with suppress(Refused):
            placed = self.exchange.engine.submit(self.api_key, order, stamp_us)
            self.is_traded_by_hand = True
            self.exchange.publish()
            return placed
        return None
