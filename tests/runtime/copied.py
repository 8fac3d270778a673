"""Daemons with one past: a state that was copied, on one account of one venue."""

from __future__ import annotations

import copy
from typing import Any

from exitd.core.attempt import CloseOrder
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport
from exitd.core.trigger import CancelScope
from exitd.ports.venue import NativeStop, Prepared, Refusal
from exitd.runtime.recover import recover, restore
from exitd.runtime.standby import Standby
from exitd.runtime.takeover import Found, Takeover
from fakes.archive import Disk
from runtime.brokers import Broker
from runtime.desk import ACCOUNT, Desk


class Watched(Broker):
    """A venue that lists every write; two of them may be doors to one exchange."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.writes: list[str] = []
        self.doors = [self]

    def settle(self) -> None:
        """Tell every door what has happened."""
        events, self.exchange.events = self.exchange.events, []
        for door in self.doors:
            for event in events:
                if door._on_event is not None:
                    door._on_event(door._stamp(event))

    def beside(self) -> Watched:
        """Give another door to the same account, with a stream of its own."""
        other = Watched(self._clock, self.account, capabilities=self.capabilities)
        other.exchange = self.exchange
        other.doors = self.doors
        self.doors.append(other)
        return other

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        self.writes.append("send")
        return await super().send(order, prepared)

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        self.writes.append("place_native_stop")
        return await super().place_native_stop(stop)

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        self.writes.append("cancel_order")
        return await super().cancel_order(
            symbol, venue_order_id=venue_order_id, client_order_id=client_order_id
        )

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        self.writes.append("cancel_orders")
        return await super().cancel_orders(symbol, scope)

    async def send_entry(
        self, order: EntryOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        self.writes.append("send_entry")
        return await super().send_entry(order, prepared)

    async def cancel_entry(
        self, order: EntryOrder, venue_order_id: str
    ) -> OrderReport | Refusal | None:
        self.writes.append("cancel_entry")
        return await super().cancel_entry(order, venue_order_id)


class StandingDesk(Desk):
    """A desk whose state knows its home."""

    def __init__(self, *, home: str, is_copy: bool = False, **changed: Any) -> None:
        super().__init__(**changed)
        self.standby = Standby(
            self.loop, self.store, self.spawn, home=home, is_copy=is_copy
        )
        self.takeover = Takeover(self.loop, self.standby)

    async def recover(self) -> tuple[Any, ...]:
        restore(self.loop, self.store.load())
        await self.standby.begin([ACCOUNT])
        return await recover([self.account], self.loop)

    @property
    def stands_by(self) -> bool:
        is_kept = ACCOUNT in self.standby.standing
        assert is_kept is (ACCOUNT in self.loop.engine.state.standing_by)
        assert not (is_kept and self.account.dispatcher.is_open)
        return is_kept

    async def look(self) -> Found:
        return await self.takeover.look(self.account)

    async def take_over(self) -> Found:
        found = await self.look()
        assert found.alive == "", found.alive
        await self.takeover.carry_out(self.account, found, "cli:root")
        return found


def copy_of(desk: Desk) -> Disk:
    """Give what is durable now, as a copy has it."""
    return copy.deepcopy(desk.store.disk)
