"""What the entries contract needs of a venue, and the entries it sends there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, PositionIntent, Ticket, TicketTime, TicketType
from exitd.core.units import ZERO
from exitd.ports.entries import Entries
from exitd.ports.venue import Refusal, Venue
from fakes.observed import DEADLINE_S

BUY, SELL = OrderSide.BUY, OrderSide.SELL
#: What a working order may be called while nothing more is known of it.
RESTING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
UNFILLED = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)

_numbers = itertools.count(1)


class EntriesRig(Protocol):
    """A venue with a hand on its world.

    Its market trades at 140 with whoever comes, its bid and ask within 1 of that, and
    nothing is held. `venue` and `entries` may be one object.
    """

    venue: Venue
    entries: Entries
    symbol: str
    asset_class: AssetClass

    async def price(self, price: str) -> None:
        """Let the market trade at another price; what that meets fills."""
        ...

    async def hold(self, net: str) -> None: ...

    async def count(self, order: EntryOrder) -> int:
        """How many orders the venue ever took in of this entry."""
        ...


class FaultyEntriesRig(EntriesRig, Protocol):
    async def lose_reply(self) -> None: ...

    async def lose_request(self) -> None: ...

    async def take_down(self) -> None: ...


def entry(
    rig: EntriesRig, side: OrderSide = BUY, quantity: str | None = "2", **terms: Any
) -> EntryOrder:
    """Make an entry of whole units that opens; a market order unless told otherwise.

    Prices are texts.
    """
    number = next(_numbers)
    for name, value in terms.items():
        if type(value) is str and name != "client_order_id":
            terms[name] = Decimal(value)
    terms.setdefault("order", TicketType.MARKET)
    terms.setdefault("time_in_force", TicketTime.DAY)
    terms.setdefault("client_order_id", f"contract-{number}")
    opens = {BUY: PositionIntent.BUY_TO_OPEN, SELL: PositionIntent.SELL_TO_OPEN}
    terms.setdefault("intent", opens[side])
    ticket = Ticket(
        symbol=rig.symbol,
        asset_class=rig.asset_class,
        side=side,
        quantity=None if quantity is None else Decimal(quantity),
        **terms,
    )
    return EntryOrder(id=f"route-{number}", account=rig.venue.account, ticket=ticket)


async def send(rig: EntriesRig, order: EntryOrder) -> OrderReport | Refusal:
    return await rig.entries.send_entry(order, rig.entries.prepare_entry(order))


async def sent(rig: EntriesRig, order: EntryOrder) -> OrderReport:
    answer = await send(rig, order)
    assert isinstance(answer, OrderReport), answer
    return answer


async def found(
    rig: EntriesRig,
    order: EntryOrder,
    venue_order_id: str,
    is_as_asked: Callable[[OrderReport], bool],
) -> OrderReport:
    """Ask what became of an entry until it is as asked, as the runtime does."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            report = await rig.entries.find_entry(order, venue_order_id)
            if report is not None and is_as_asked(report):
                return report
            await asyncio.sleep(0)


async def filled(rig: EntriesRig, order: EntryOrder) -> OrderReport:
    """Send an entry and wait until it has filled."""
    report = await sent(rig, order)
    return await found(rig, order, report.venue_order_id, is_filled)


def is_filled(report: OrderReport) -> bool:
    return report.status is OrderStatus.FILLED


def is_over(report: OrderReport) -> bool:
    return report.status in UNFILLED


async def stays(rig: EntriesRig, order: EntryOrder, venue_order_id: str) -> None:
    """Make sure that an entry rests and that nothing of it has filled."""
    report = await rig.entries.find_entry(order, venue_order_id)
    assert report is not None
    assert (report.status in RESTING, report.filled) == (True, ZERO), report


def average(report: OrderReport) -> Decimal:
    return report.filled_quote / report.filled


async def net(rig: EntriesRig) -> Decimal:
    """What the venue says is held, below zero for a short."""
    reports = await rig.venue.positions(rig.symbol)
    return sum(
        (r.quantity if r.key.side.close_side is SELL else -r.quantity for r in reports),
        ZERO,
    )
