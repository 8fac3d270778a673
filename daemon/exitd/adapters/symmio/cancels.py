"""Asking for the cancel of a pending close: a race that the solver may win."""

from __future__ import annotations

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.closes import reason_behind
from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.ledger import Author, Request
from exitd.adapters.symmio.node import Reverted
from exitd.adapters.symmio.outbox import Flight, Rejected
from exitd.adapters.symmio.quotes import CLOSING
from exitd.adapters.symmio.refusals import refusal_of
from exitd.adapters.symmio.requests import read_one, report_of, requests_of
from exitd.adapters.symmio.session import Session
from exitd.adapters.symmio.settings import WINDOW_NS_MAX
from exitd.adapters.symmio.wallet import read_transaction
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.units import NS_PER_S
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.chain import QuoteStatus
from exitd.ports.venue import Refusal

_NONE_PENDING = Refusal(
    RefusalKind.INVALID, "none_pending", "no such close request is pending"
)
_OTHERS = Refusal(
    RefusalKind.BUSY, "not_ready", "another close of the quote is on its way"
)


async def pending(session: Session, followed: Followed) -> Request | None:
    """Give the close request that a quote has now, whoever asked for it.

    One that is older than what can be looked back to is known by the quote alone.
    """
    quote = followed.state.quote
    if quote.status not in CLOSING:
        return None
    requests, _ = await requests_of(session, followed)
    if not (requests and requests[-1].is_open):
        since_s = followed.state.changed_s
        if quote.status is QuoteStatus.CANCEL_CLOSE_PENDING:
            # That is when its cancel was asked for; it was asked for before.
            since_s -= WINDOW_NS_MAX // NS_PER_S
        requests, _ = await requests_of(session, followed, since_s)
    if requests and requests[-1].is_open:
        return requests[-1]
    return _unknown(session, followed)


def _unknown(session: Session, followed: Followed) -> Request:
    quote = followed.state.quote
    ts_s = session.venue_now_ns() // NS_PER_S
    session.history.instants.by_block.setdefault(followed.block, ts_s)
    return Request(
        quote_id=quote.quote_id,
        author=Author(None, None),
        transaction="unknown",
        price=quote.requested_price,
        quantity=quote.requested_quantity,
        is_limit=followed.state.is_limit,
        deadline_s=quote.deadline_s,
        created=(followed.block, 0),
        changed=(followed.block, 0),
        is_cancelling=quote.status is QuoteStatus.CANCEL_CLOSE_PENDING,
    )


async def cancel(
    session: Session, symbol: str, order_id: str, client_order_id: int | None
) -> OrderReport | Refusal | None:
    """Ask for a cancel; None once it is asked for, as what follows is the solver's.

    A request that has passed its deadline is freed by it at once, and reported so.

    Raises:
        OutcomeUnknown: Whether it was asked for is not known.
        VenueUnavailable: It was not, for no node answered.
    """
    followed = await read_one(session, symbol)
    request = await pending(session, followed)
    if request is None or not _is_meant(request, order_id, client_order_id):
        return _NONE_PENDING
    quote = followed.state.quote
    if quote.status is QuoteStatus.CANCEL_CLOSE_PENDING:
        return None
    if quote.quote_id in session.cancelling:
        return None
    refusal = await _ask(session, followed, request)
    if refusal is not None:
        return refusal
    return await _freed(session, symbol, request)


def _is_meant(request: Request, order_id: str, client_order_id: int | None) -> bool:
    if order_id:
        return request.order_id == order_id
    return request.author.client_order_id == client_order_id


async def _ask(
    session: Session, followed: Followed, request: Request
) -> Refusal | None:
    """Ask for the cancel of a quote's close; the contract knows no other name of it.

    So where another of ours is on its way, which would be in the chain before, the
    cancel could hit that instead.
    """
    quote_id = followed.state.quote.quote_id
    if not session.key.is_known:
        await session.key.refresh(session.contracts, session.known_head())
    data = calls.through(followed.sub.address, [calls.cancel_call(quote_id)])
    multi_account = followed.sub.multi_account
    try:
        await session.contracts.call(
            multi_account, data, sender=session.key.wallet.address
        )
    except Reverted as exc:
        probe = session.key.transaction(0, multi_account, data, session.key.fees())
        return refusal_of(await reason_behind(session, probe, exc.reason))
    if session.outbox.may_close(
        followed.symbol, besides=request.author.client_order_id, after=followed.block
    ):
        return _OTHERS
    try:
        session.cancelling[quote_id] = await housekeep(session, multi_account, data)
    except Rejected as exc:
        return Refusal(RefusalKind.BUSY, "not_taken", exc.said[:200])
    return None


async def housekeep(session: Session, to: str, data: bytes) -> Flight:
    """Send a transaction that is no close; it is pushed until a block has it.

    Raises:
        Rejected: No node takes it.
        VenueUnavailable: No node can be reached.
    """
    assert session.depth is not None
    deadline_s = session.depth.ts_s + session.settings.window_ns // NS_PER_S
    raw = session.outbox.sign(to, data, deadline_s)
    flight = session.outbox.opened(read_transaction(raw), raw, None, deadline_s)
    try:
        await session.outbox.launch(flight, session.known_head())
    except (Rejected, VenueUnavailable):
        session.outbox.drop(flight)
        raise
    except OutcomeUnknown:
        pass
    return flight


async def _freed(session: Session, symbol: str, request: Request) -> OrderReport | None:
    """Report a request that had expired already: asking for its cancel ended it."""
    followed = await read_one(session, symbol)
    requests, _ = await requests_of(session, followed)
    last = requests[-1] if requests else request
    if last.created != request.created or last.status not in (
        OrderStatus.EXPIRED,
        OrderStatus.CANCELLED,
    ):
        return None
    return report_of(session, followed, last)
