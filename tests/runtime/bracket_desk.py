"""A bracket at each fake broker, filled, with its two exits resting there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from exitd.core.condition import ConditionKind
from exitd.core.entry import EntryOrder, EntryRecord, EntryState
from exitd.core.entry_inputs import Enter
from exitd.core.events import FactKind
from exitd.core.inputs import ClosePosition
from exitd.core.market import PriceSource
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketTime, TicketType
from exitd.core.trigger import WHOLE, DoneReason, TriggerDefinition, TriggerState
from runtime import alpaca_desk, broker_desk
from runtime.desk import rule

SYMBOL = "AAPL"
BROKERS = ("alpaca", "interactive_brokers", "schwab")
STOP, TARGET = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT


class Bracket:
    """A long of 10 from one entry; the broker holds a stop at 130, a target at 150.

    `run` is of one of the two desks; `refuse_cancels` lets the broker answer so many
    cancels of an exit with an error.
    """

    def __init__(
        self,
        run: Any,
        account: str,
        source: PriceSource,
        price: Callable[[str], Any],
        there: Any,
    ) -> None:
        self.run = run
        self.price = price
        self.there = there
        self.account = account
        self.source = source
        self.key = PositionKey(account, SYMBOL, Side.LONG)

    @property
    def entry(self) -> EntryRecord:
        found: EntryRecord = self.run.loop.engine.state.entries["desk-1"]
        return found

    def exit(
        self, id: str, kind: ConditionKind, level: str, size: str = "100%"
    ) -> TriggerDefinition:
        names = {"account": self.account, "symbol": SYMBOL, "source": self.source}
        return rule(id, kind, level, size, owner="webhook:desk", **names)

    async def enter(self) -> None:
        ticket = Ticket(
            symbol=SYMBOL,
            asset_class=AssetClass.EQUITY,
            side=OrderSide.BUY,
            quantity=Decimal(10),
            order=TicketType.MARKET,
            time_in_force=TicketTime.GTC,
            client_order_id="sig-1",
            attached=AttachedExits(
                take_profit_price=Decimal(150), stop_price=Decimal(130)
            ),
        )
        exits = (
            self.exit("desk-1/sl", STOP, "130"),
            self.exit("desk-1/tp", TARGET, "150"),
        )
        order = EntryOrder(id="desk-1", account=self.account, ticket=ticket)
        now_ns = self.run.clock.now_ns()
        reply = await self.run.loop.command(
            Enter(order=order, exits=exits, now_ns=now_ns)
        )
        assert isinstance(reply, Accepted), reply
        await self.run.until(
            lambda: (
                self.entry.state is EntryState.FILLED
                and self.run.loop.engine.state.position(self.key).quantity == 10
            )
        )

    async def close(self) -> None:
        """Close by hand, now."""
        command = ClosePosition(
            id="hand",
            owner="api:me",
            key=self.key,
            quantity=WHOLE,
            source=self.source,
            now_ns=self.run.clock.now_ns(),
        )
        reply = await self.run.loop.command(command)
        assert isinstance(reply, Accepted), reply

    async def done(self, id: str) -> DoneReason:
        triggers = self.run.loop.engine.state.triggers
        await self.run.until(lambda: triggers[id].state is TriggerState.DONE)
        reason: DoneReason = triggers[id].reason
        return reason

    @property
    def refused(self) -> bool:
        return FactKind.ORDER_REFUSED in self.run.kinds()


@asynccontextmanager
async def bracketed(kind: str, folder: Path) -> AsyncIterator[Bracket]:
    if kind == "alpaca":
        async with alpaca_desk.held("0") as (alpaca, alpaca_run):
            bracket = Bracket(
                alpaca_run,
                alpaca_desk.ACCOUNT,
                alpaca_desk.LAST,
                alpaca_run.price,
                AtAlpaca(alpaca),
            )
            await bracket.enter()
            yield bracket
        return
    async with broker_desk.held(kind, folder, "0") as (there, run):
        bracket = Bracket(
            run, broker_desk.ACCOUNT, broker_desk.LAST, there.price, there
        )
        await bracket.enter()
        yield bracket


class AtAlpaca:
    """The same hand on Alpaca's world as the other brokers have."""

    def __init__(self, alpaca: Any) -> None:
        self.alpaca = alpaca

    @property
    def held(self) -> Decimal:
        held: Decimal = self.alpaca.exchange.book.held(SYMBOL)
        return held

    def sold(self) -> list[Decimal]:
        orders = self.alpaca.exchange.orders
        return [o.filled for o in orders if o.side == "sell" and o.filled]

    def resting(self) -> int:
        return sum(o.is_open for o in self.alpaca.exchange.orders)

    def fail_cancels(self, count: int) -> None:
        self.alpaca.faults.add("error", "/v2/orders/", "DELETE", count)
