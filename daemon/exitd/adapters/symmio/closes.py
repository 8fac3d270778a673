"""Sending a close: signed at once, tried without cost, then sent until it is judged."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.amounts import looser_bound, step_of, to_chain
from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.node import Reverted
from exitd.adapters.symmio.outbox import Flight, Rejected, is_unfunded
from exitd.adapters.symmio.refusals import VEILED, not_held, refusal_of
from exitd.adapters.symmio.requests import report_of, requests_of
from exitd.adapters.symmio.session import Session
from exitd.adapters.symmio.settings import WINDOW_NS_MAX
from exitd.adapters.symmio.wallet import Transaction, read_transaction
from exitd.core.attempt import CloseOrder, RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.core.trigger import OrderType
from exitd.core.units import HUNDRED, NS_PER_S, ZERO
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Prepared, Refusal

_LOOK_EVERY_S = 0.5
_FINEST = step_of(18)


def prepare(session: Session, order: CloseOrder) -> Prepared:
    """Sign a close on the key's next nonce.

    Without what it takes (the quote, the nonce, a price for the bound) there are no
    bytes, and sending is refused with the reason.
    """
    now_ns = session.venue_now_ns()
    window_ns = order.window_ns or session.settings.window_ns
    expires_s = (now_ns + window_ns) // NS_PER_S
    body = b""
    followed = session.book.by_symbol(order.symbol)
    if followed is not None and _unsendable(session, followed, order) is None:
        price = bound(session, followed, order)
        assert price is not None
        inner = calls.close_call(
            followed.state.quote.quote_id,
            to_chain(price),
            to_chain(order.quantity),
            kind_of(order),
            expires_s,
        )
        data = calls.through(followed.sub.address, [inner])
        data = calls.tagged(data, order.client_order_id)
        multi_account = followed.sub.multi_account
        body = session.outbox.sign(multi_account, data, expires_s, order)
        session.orders[order.client_order_id] = order
    return Prepared(body, now_ns, expires_s * NS_PER_S)


def kind_of(order: CloseOrder) -> calls.OrderKind:
    """Say how the contract calls a close: only what rests is its limit.

    Its market takes a price too, and may then be filled in one piece or not at all. So
    what goes at once goes as market, be it within a bound of its own or without.
    """
    rests = order.time_in_force is TimeInForce.GTC
    return calls.LIMIT if rests else calls.MARKET


def bound(session: Session, followed: Followed, order: CloseOrder) -> Decimal | None:
    """Give the worst price that a close may be filled at; None without any price.

    A market close has none of its own, and the contract takes any: then the solver
    could fill it at any price. So it is bound to the watched one.
    """
    if order.order is OrderType.LIMIT:
        return order.price
    name = followed.symbol.partition("#")[0]
    price = session.price_of(name)
    if price is None:
        return None
    sells = order.side is OrderSide.SELL
    percent = session.settings.market_bound
    worst = price * (HUNDRED - percent if sells else HUNDRED + percent) / HUNDRED
    step = followed.instrument.price_step
    return looser_bound(worst, step, sells=sells, least=_FINEST)


def _unsendable(
    session: Session, followed: Followed | None, order: CloseOrder
) -> Refusal | None:
    """Refuse what the contract would take and must not, or what cannot be signed."""
    if followed is None:
        return _busy(f"{order.symbol} is not followed")
    if not session.key.is_known:
        return _busy("the key's nonce and the fees are not known yet")
    if order.quantity <= ZERO:
        return Refusal(RefusalKind.INVALID, "quantity", "a close of nothing")
    price = bound(session, followed, order)
    if price is None:
        return _busy("there is no price to bound a market close by")
    if price <= ZERO:
        return Refusal(RefusalKind.INVALID, "price", f"a close at a price of {price}")
    if order.side is not followed.state.quote.side.close_side:
        return Refusal(RefusalKind.NOT_REDUCED, "side", "it would not reduce the quote")
    try:
        to_chain(price), to_chain(order.quantity)
    except ValueError as exc:
        return Refusal(RefusalKind.INVALID, "amount", str(exc))
    return None


def _busy(why: str) -> Refusal:
    return Refusal(RefusalKind.BUSY, "not_ready", why)


def _unfit(session: Session, order: CloseOrder) -> Refusal | None:
    """Refuse what the contract would refuse for the quote as it was last read."""
    followed = session.book.by_symbol(order.symbol)
    assert followed is not None, "it was followed when this was signed"
    state, held = followed.state, followed.state.held
    if held == ZERO:
        return not_held(state.quote.status)
    if order.quantity > held:
        return refusal_of("PartyAFacet: Invalid quantityToClose")
    left = held - order.quantity
    if ZERO < left < followed.instrument.min_left:
        return refusal_of("PartyAFacet: Remaining quote value is low")
    return None


async def send(
    session: Session, order: CloseOrder, prepared: Prepared
) -> OrderReport | Refusal:
    """Send the prepared bytes, and wait for the block that has them.

    Bytes that may have been sent before are sent again as they are: whatever became
    of them is found, never done twice.

    Raises:
        OutcomeUnknown: No block has them yet; they are sent again meanwhile.
        VenueUnavailable: Nothing was sent, for no node answered.
    """
    if not prepared.body:
        followed = session.book.by_symbol(order.symbol)
        return _unsendable(session, followed, order) or _busy("it was not signed")
    transaction = read_transaction(prepared.body)
    session.orders[order.client_order_id] = order
    is_first = session.outbox.is_fresh(prepared.body)
    flight = session.outbox.opened(
        transaction, prepared.body, order, prepared.expires_venue_ns // NS_PER_S
    )
    if is_first:
        refusal = _unfit(session, order) or await _tried(session, flight)
        if refusal is not None:
            session.outbox.drop(flight)
            return refusal
    head = session.known_head()
    try:
        if is_first or not await session.outbox.look(flight):
            await session.outbox.launch(flight, head)
    except Rejected as exc:
        if not is_first:
            raise OutcomeUnknown(f"the nodes refuse it now: {exc.said}") from exc
        session.outbox.drop(flight)
        return _rejected(exc.said)
    return await _awaited(session, flight, order)


def _rejected(said: str) -> Refusal:
    kind = RefusalKind.MARGIN if is_unfunded(said) else RefusalKind.BUSY
    return Refusal(kind, "not_taken", f"no node takes the transaction: {said[:200]}")


async def _tried(session: Session, flight: Flight) -> Refusal | None:
    """Ask what it would do, before it costs anything.

    Raises:
        VenueUnavailable: No node answered; the bytes have not left.
    """
    transaction = flight.transaction
    try:
        await session.contracts.call(
            transaction.to, transaction.data, sender=session.key.wallet.address
        )
    except Reverted as exc:
        return refusal_of(await reason_behind(session, transaction, exc.reason))
    return None


async def reason_behind(
    session: Session, transaction: Transaction, reason: str, block: int | None = None
) -> str:
    """Give the trading contract's own reason, where MultiAccount hides it."""
    if reason != VEILED:
        return reason
    sub, inner = calls.first_call_in(transaction.data)
    try:
        await session.contracts.call(
            session.settings.symmio, inner, block=block, sender=sub
        )
    except Reverted as exc:
        return exc.reason
    except VenueUnavailable:
        return reason
    return reason


async def _awaited(
    session: Session, flight: Flight, order: CloseOrder
) -> OrderReport | Refusal:
    try:
        async with asyncio.timeout(session.settings.inclusion_s):
            while True:
                await session.look()
                await session.key.refresh(session.contracts, session.known_head())
                judged = await judge(session, flight, order)
                if judged is not None:
                    return judged
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError as exc:
        raise OutcomeUnknown(
            f"no block has the close of {order.symbol} yet (nonce {flight.nonce});"
            " it is sent again until one has"
        ) from exc
    except VenueUnavailable as exc:
        raise OutcomeUnknown(f"the close was sent, and then {exc}") from exc


async def judge(
    session: Session, flight: Flight, order: CloseOrder
) -> OrderReport | Refusal | None:
    """Say what has become of a close; None while nothing has.

    By a block that is as deep as all that is read: one that has it less deep may be
    undone, and then what has failed there can still succeed.

    Raises:
        VenueUnavailable: It could not be asked.
    """
    receipt = await session.outbox.look(flight)
    if receipt is None:
        if flight.nonce >= session.key.mined:
            return None
        return await _lost(session, flight, order)
    if session.depth is None or session.depth.number < receipt.block:
        return None
    if receipt.succeeded and not flight.is_own(receipt):
        return _void()
    if not receipt.succeeded:
        return await _failed(session, flight, receipt.block)
    return await _found(session, flight, order, receipt.block)


def _void() -> Refusal:
    return Refusal(
        RefusalKind.EXPIRED, "void", "its time was up, and its nonce went to nothing"
    )


async def _failed(session: Session, flight: Flight, block: int) -> Refusal:
    reason = "it reverted in its block"
    transaction = flight.transaction
    try:
        await session.contracts.call(
            transaction.to, transaction.data, block, session.key.wallet.address
        )
    except Reverted as exc:
        reason = await reason_behind(session, transaction, exc.reason, block)
    return refusal_of(reason)


async def _found(
    session: Session, flight: Flight, order: CloseOrder, block: int
) -> OrderReport | Refusal | None:
    """Report a close that is in a block; None while what is read is not so far."""
    head = await session.look()
    if head.number < block:
        return None
    followed = await session.book.adopted(order.symbol, head.number)
    since_s = flight.deadline_s - WINDOW_NS_MAX // NS_PER_S
    requests, _ = await requests_of(session, followed, since_s)
    for request in reversed(requests):
        if request.author.client_order_id == order.client_order_id:
            return report_of(session, followed, request)
    return None


async def _lost(
    session: Session, flight: Flight, order: CloseOrder
) -> OrderReport | Refusal | None:
    """Its nonce went to bytes that this run did not sign: look for their effect.

    That there is none is certain only once the nonce has been gone for long.
    """
    head = await session.look()
    found = await _found(session, flight, order, head.number)
    if found is not None:
        return found
    if not await session.outbox.is_lost(flight, session.known_head()):
        return None
    return Refusal(
        RefusalKind.EXPIRED, "nonce_used", "its nonce went to another transaction"
    )
