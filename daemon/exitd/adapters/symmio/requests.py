"""A quote's close requests and fills: from the events, proven by the quote itself.

Read at one block, and reported with what this run knows of our orders.
"""

from __future__ import annotations

from msgspec.structs import replace

from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.ledger import Base, Fill, Request
from exitd.adapters.symmio.quotes import CLOSING
from exitd.adapters.symmio.reports import order_report
from exitd.adapters.symmio.session import Session
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable

#: So many blocks after the last one that may be missing, all nodes have it.
_MORE_BLOCKS = 3


class Unexplained(VenueUnavailable):
    """The events do not say yet what the quote says: nothing is concluded from them."""


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
    if _is_of_before(session, followed):
        return history.ledger.of(quote_id)
    if followed.block == history.ledger.last:
        await _check_explained(session, followed)
    requests, fills = history.ledger.of(quote_id)
    if requests and requests[-1].is_open and followed.block == history.ledger.last:
        requests[-1] = await _proven(session, followed, requests[-1], fills)
    return requests, fills


def _is_of_before(session: Session, followed: Followed) -> bool:
    """Whether a quote was read as it was before its last request, on another fork.

    Two blocks of one number are two states; the quote's own date tells them apart.
    """
    history = session.history
    requests, _ = history.ledger.of(followed.state.quote.quote_id)
    if not requests:
        return False
    asked_ns = history.instants.ns(requests[-1].created[0])
    return followed.state.changed_s * NS_PER_S < asked_ns


async def _check_explained(session: Session, followed: Followed) -> None:
    """Read the events anew where they do not say what the quote says.

    Nodes that were behind have what is missing some blocks later. What the quote says
    alone by then, no event that is known here tells: it is taken as it is.

    Raises:
        Unexplained: They still do not.
    """
    history, quote = session.history, followed.state.quote
    ledger, quote_id = history.ledger, quote.quote_id
    is_closing = quote.status in CLOSING
    now = Base(followed.block, quote.closed, is_closing)
    # What was left out once is asked for again, also where the quote has gone on since.
    is_new = quote_id not in session.unexplained
    if is_new and await _explains(session, followed, now):
        return
    since = session.unexplained.setdefault(quote_id, followed.block)
    base = ledger.bases.get(quote_id)
    # Without one, what a reorganisation may have undone was read anew.
    undone = ledger.last - session.settings.reorg_blocks - 1
    after = base.block if base is not None else max(undone, 0)
    await history.read_again(after, {quote_id, *session.book.by_id})
    if followed.block != ledger.last or await _explains(session, followed, now):
        session.unexplained.pop(quote_id, None)
    elif followed.block - since <= session.settings.tolerance.behind + _MORE_BLOCKS:
        raise Unexplained(
            f"the events that nodes give of {followed.symbol} do not explain it yet"
        )
    else:
        del session.unexplained[quote_id]
        ledger.bases[quote_id] = now


async def _explains(session: Session, followed: Followed, now: Base) -> bool:
    if await _lacks_request(session, followed):
        return False
    return session.history.ledger.explains(followed.state.quote.quote_id, now)


async def _lacks_request(session: Session, followed: Followed) -> bool:
    """Whether a quote began to close where its events are read, and none says so.

    After a reorganisation nothing is left to compare it with, and what nodes that are
    behind leave out would be missing for good.
    """
    ledger, quote = session.history.ledger, followed.state.quote
    if quote.status not in CLOSING or quote.quote_id in ledger.bases:
        return False
    requests, _ = ledger.of(quote.quote_id)
    if requests and requests[-1].is_open:
        return False
    first = await session.contracts.block_time_s(ledger.first[quote.quote_id])
    return followed.state.changed_s >= first


async def _proven(
    session: Session, followed: Followed, request: Request, fills: list[Fill]
) -> Request:
    """Believe the quote where it says that a request is over and no event did.

    A later version of the contract may tell it in words that are not known here.
    """
    quote = followed.state.quote
    if quote.status in CLOSING:
        return request
    # Its own block may have a fill of it already, and one of the request before it.
    block = request.created[0]
    before = await session.contracts.quote(quote.quote_id, block - 1)
    if before is None:
        raise VenueUnavailable(f"quote {quote.quote_id} was not there at its request")
    of_others = sum(
        (f.quantity for f in fills if (block, 0) <= f.place < request.created), ZERO
    )
    closed = before.quote.closed + of_others
    filled = min(max(quote.closed - closed, ZERO), request.quantity)
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
