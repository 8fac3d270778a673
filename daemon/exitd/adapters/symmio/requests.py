"""A quote's close requests and fills: from the events, proven by the quote itself.

Read at one block, and reported with what this run knows of our orders.
"""

from __future__ import annotations

from msgspec.structs import replace

from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.ledger import Fill, Request
from exitd.adapters.symmio.quotes import CLOSING
from exitd.adapters.symmio.reports import order_report
from exitd.adapters.symmio.session import Session
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable


async def read_one(session: Session, symbol: str) -> Followed:
    """Read a quote at the block that is read now, and follow it from now on.

    Raises:
        VenueUnavailable: It could not be read, or it is not one of ours.
    """
    depth = await session.look()
    try:
        known = await session.book.adopted(symbol, depth.number)
    except ValueError as exc:
        raise VenueUnavailable(str(exc)) from exc
    return await session.book.read(known, depth.number)


def report_of(session: Session, followed: Followed, request: Request) -> OrderReport:
    """Report a request as it stands, and of which kind it is where that is known."""
    client_id = request.author.client_order_id
    return order_report(
        session.account,
        followed,
        request,
        session.orders.get(client_id) if client_id is not None else None,
        session.history.instants,
        session.clock.now_ns(),
    )


async def requests_of(
    session: Session, followed: Followed, since_s: int | None = None
) -> tuple[list[Request], list[Fill]]:
    """Give a quote's requests and fills up to the block that is read, oldest first.

    Raises:
        VenueUnavailable: Something could not be read.
    """
    depth = session.depth
    if depth is None:
        depth = await session.look()
    history, quote_id = session.history, followed.state.quote.quote_id
    await history.extend_to(depth, {quote_id, *session.book.by_id})
    if since_s is not None:
        await history.reach_back_to(since_s, depth, quote_id)
    requests, fills = history.ledger.of(quote_id)
    if requests and requests[-1].is_open and followed.block == history.ledger.last:
        requests[-1] = await _proven(session, followed, requests[-1])
    return requests, fills


async def _proven(session: Session, followed: Followed, request: Request) -> Request:
    """Believe the quote where it says that a request is over and no event did.

    A later version of the contract may tell it in words that are not known here.
    """
    quote = followed.state.quote
    if quote.status in CLOSING:
        return request
    before = await session.contracts.quote(quote.quote_id, request.created[0])
    if before is None:
        raise VenueUnavailable(f"quote {quote.quote_id} was not there at its request")
    filled = min(max(quote.closed - before.quote.closed, ZERO), request.quantity)
    price = quote.average_closed_price
    is_filled = filled >= request.quantity
    session.history.instants.by_block.setdefault(
        followed.block, await session.contracts.block_time_s(followed.block)
    )
    return replace(
        request,
        status=OrderStatus.FILLED if is_filled else OrderStatus.CANCELLED,
        filled=filled,
        filled_quote=filled * price,
        changed=(followed.block, 0),
    )
