"""A desk at a broker that takes entries, and what it is asked for."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from exitd.core.attempt import Capabilities, Dedupe, Expiry
from exitd.core.entry import EntryOrder, EntryRecord
from exitd.core.entry_inputs import Enter
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketType
from fakes.entries import FakeEntering
from fakes.exchange import SOL, FakeOrder
from runtime.desk import ACCOUNT, D, Desk, S, StreamlessVenue
from runtime.desk import stop as stop_rule
from runtime.desk import target as target_rule
from simulation.virtual_time import VirtualClock

BROKER = Capabilities(
    dedupe=Dedupe.ALWAYS, expiry=Expiry.WINDOW, lag_slack_ns=S, reduce_only=False
)


class Broker(FakeEntering, StreamlessVenue):
    """A venue that takes entries, a millisecond away."""


def broker(**changed: object) -> Broker:
    clock = VirtualClock(asyncio.get_running_loop())
    return Broker(clock, ACCOUNT, **changed)


async def desk_of(venue: Broker, net: str | None = None, **changed: object) -> Desk:
    return await Desk(venue=venue, net=net, **changed).start()  # type: ignore[arg-type]


def wanted(
    desk: Desk, id: str = "desk-1", quantity: str = "10", **changed: object
) -> Enter:
    young_ns = changed.pop("young_ns", 60 * S)
    ticket = Ticket(
        symbol=SOL,
        asset_class=AssetClass.CRYPTO,
        side=OrderSide.BUY,
        quantity=D(quantity),
        order=TicketType.LIMIT if "limit_price" in changed else TicketType.MARKET,
        client_order_id=f"ref-{id}",
        **changed,  # type: ignore[arg-type]
    )
    now_ns = desk.clock.now_ns()
    return Enter(
        order=EntryOrder(id=id, account=ACCOUNT, ticket=ticket),
        exits=(
            stop_rule(f"{id}/sl", owner="webhook:desk"),
            target_rule(f"{id}/tp", owner="webhook:desk"),
        ),
        not_after_ns=now_ns + young_ns,  # type: ignore[operator]
        now_ns=now_ns,
    )


def entry(desk: Desk, id: str = "desk-1") -> EntryRecord:
    return desk.loop.engine.state.entries[id]


def rest_leg(venue: Broker, id: str, now_ns: int) -> FakeOrder:
    leg = FakeOrder(
        id=id,
        client_order_id=None,
        symbol=SOL,
        side=OrderSide.SELL,
        quantity=D(10),
        trigger_price=D(95),
        ts_created_ns=now_ns,
        ts_changed_ns=now_ns,
    )
    venue.exchange.orders.append(leg)
    return leg


def leg_report(venue: Broker, leg: FakeOrder, parent: str, now_ns: int) -> OrderReport:
    report = venue.exchange.report(leg)
    return replace(report, parent=parent, now_ns=now_ns)
