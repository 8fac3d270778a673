"""How entries fill on paper: by the price of the side that would be hit, and no better.

A market entry takes the ask or the bid where one is seen, else what was traded last. A
limit fills once that price is at it or through it. A stop becomes a market order once
the trades reach it, a stop-limit a limit; a trail follows the best trade. There is no
depth: what fills, fills whole, so that `fok` and `ioc` are the same.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from exitd.adapters.paper.account import PaperAccount, PaperOrder
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.inputs import OrderStatus
from exitd.core.position import OrderSide
from exitd.core.ticket import Ticket, TicketTime, TicketType
from exitd.core.trigger import OrderType
from exitd.core.units import HUNDRED, ZERO, floor_to_step, text
from exitd.ports.venue import Refusal
from exitd.signals.days import day_end_ns

#: What an amount of money is divided to where the market's step is not known.
FINEST_STEP = Decimal("1E-9")
_AT_ONCE = (TicketTime.IOC, TicketTime.FOK)
_AUCTIONS = (TicketTime.OPG, TicketTime.CLS)
_TAKES_LIMITS = (TicketType.LIMIT, TicketType.STOP_LIMIT)


class PaperEntries:
    """The orders of tickets in a paper account; `steps` are the markets' quantities."""

    def __init__(self, book: PaperAccount) -> None:
        self.steps: dict[str, Decimal] = {}
        self._book = book

    def known(self, order: EntryOrder, venue_order_id: str = "") -> PaperOrder | None:
        """Find what an entry has become, by the venue's id or by our own."""
        reference = reference_of(order)
        for taken in reversed(self._book.state.orders):
            if taken.ticket is None or taken.symbol != order.ticket.symbol:
                continue
            if taken.id == venue_order_id or taken.reference == reference:
                return taken
        return None

    def refusal_of(self, order: EntryOrder) -> Refusal | None:
        """Say why an entry is not taken, if it is not."""
        ticket = order.ticket
        if any(o.reference == reference_of(order) for o in self._book.state.orders):
            return _no("another order has this client order id")
        if ticket.time_in_force in _AUCTIONS:
            return _no(
                f"a paper account has no auctions, so that '{ticket.time_in_force}' "
                "cannot be tried there; use 'day' or 'gtc'"
            )
        if ticket.attached is not None:
            return _no(
                "a paper account holds no exits of an order; leave them to exitd with "
                "exits: exitd on the route"
            )
        step = self.steps.get(ticket.symbol)
        if step is not None and ticket.quantity is not None and ticket.quantity % step:
            return _no(
                f"{text(ticket.quantity)} is no multiple of {text(step)}, the quantity "
                f"step of {ticket.symbol}"
            )
        return self._against_position(ticket)

    def _against_position(self, ticket: Ticket) -> Refusal | None:
        held = self._book.reducible(ticket.symbol, ticket.side)
        if ticket.intent is None:
            return None
        if ticket.intent.opens and held > ZERO:
            other = "long" if ticket.side is OrderSide.SELL else "short"
            return _no(
                f"'{ticket.intent}' does not fit: the account is {other} "
                f"{text(held)} {ticket.symbol}"
            )
        if not ticket.intent.opens and held == ZERO:
            return _no("there is no position", RefusalKind.NOT_REDUCED)
        return None

    def take(self, order: EntryOrder, now_ns: int) -> PaperOrder | Refusal:
        """Take an entry in, and fill it where the price allows; one has been seen."""
        ticket, book = order.ticket, self._book
        price = book.prices.taker(ticket.symbol, ticket.side)
        assert price is not None, "its price was asked for before"
        quantity = self._quantity(ticket, price)
        if quantity == ZERO:
            return _no(f"too small an amount for one step of {ticket.symbol}")
        is_limit = ticket.order in _TAKES_LIMITS
        taken = PaperOrder(
            id=book.number(),
            client_order_id=None,
            symbol=ticket.symbol,
            side=ticket.side,
            quantity=quantity,
            order=OrderType.LIMIT if is_limit else OrderType.MARKET,
            price=ticket.limit_price if is_limit else None,
            rests=ticket.time_in_force not in _AT_ONCE,
            trigger_price=ticket.stop_price if _is_stop(ticket) else None,
            fires_falling=ticket.side is OrderSide.SELL,
            ticket=ticket,
            reference=reference_of(order),
            expires_ns=(
                0
                if ticket.time_in_force is TicketTime.GTC
                else day_end_ns(ticket.asset_class, now_ns)
            ),
            ts_created_ns=now_ns,
            ts_changed_ns=now_ns,
        )
        self._follow(taken)
        book.accept(taken)
        self._try(taken, now_ns, was_resting=False)
        if taken.is_resting and not taken.rests:
            book.end(
                taken,
                OrderStatus.EXPIRED,
                now_ns,
                f"PAPER: the price was not there, and '{ticket.time_in_force}' waits "
                "for none",
                RefusalKind.LIQUIDITY,
            )
        return taken

    def on_price(self, symbol: str, now_ns: int) -> None:
        """See what a new price of a market does to the entries that rest there."""
        for order in self._book.resting:
            if order.ticket is not None and order.symbol == symbol:
                self._follow(order)
                self._try(order, now_ns, was_resting=True)

    def end_days(self, now_ns: int) -> None:
        """End the entries whose day is over."""
        for order in self._book.resting:
            if order.expires_ns and now_ns >= order.expires_ns:
                self._book.end(order, OrderStatus.EXPIRED, now_ns, "the day is over")

    def _quantity(self, ticket: Ticket, price: Decimal) -> Decimal:
        if ticket.quantity is not None:
            return ticket.quantity
        assert ticket.notional is not None
        per_unit = ticket.limit_price or ticket.stop_price or price
        step = self.steps.get(ticket.symbol)
        if step is not None:
            return floor_to_step(ticket.notional / per_unit, step)
        return (ticket.notional / per_unit).quantize(FINEST_STEP, ROUND_DOWN)

    def _follow(self, order: PaperOrder) -> None:
        """Let a trail that has not been hit follow the best trade."""
        ticket = order.ticket
        assert ticket is not None
        if ticket.order is not TicketType.TRAILING_STOP:
            return
        price = self._book.prices.traded(order.symbol, order.side)
        is_first = order.best is None
        if price is None or not (is_first or order.is_trigger):
            return
        sells = order.side is OrderSide.SELL
        best = price if order.best is None else order.best
        order.best = best = max(best, price) if sells else min(best, price)
        trail = ticket.trail_price
        if trail is None:
            assert ticket.trail_percent is not None
            trail = best * ticket.trail_percent / HUNDRED
        order.trigger_price = best - trail if sells else best + trail

    def _try(self, order: PaperOrder, now_ns: int, *, was_resting: bool) -> None:
        book = self._book
        if order.trigger_price is not None:
            traded = book.prices.traded(order.symbol, order.side)
            if traded is None or not _is_reached(order, traded):
                return
            order.trigger_price, was_resting = None, False
            book.events.append(book.report(order))
        price = book.prices.taker(order.symbol, order.side)
        if price is None or not _is_within(order, price):
            return
        if was_resting and order.price is not None:
            price = order.price
        book.execute(order, price, now_ns)


def reference_of(order: EntryOrder) -> str:
    return order.ticket.client_order_id or order.id


def _is_stop(ticket: Ticket) -> bool:
    return ticket.order in (TicketType.STOP, TicketType.STOP_LIMIT)


def _is_reached(order: PaperOrder, traded: Decimal) -> bool:
    assert order.trigger_price is not None
    if order.fires_falling:
        return traded <= order.trigger_price
    return traded >= order.trigger_price


def _is_within(order: PaperOrder, price: Decimal) -> bool:
    if order.price is None:
        return True
    if order.side is OrderSide.SELL:
        return price >= order.price
    return price <= order.price


def _no(why: str, kind: RefusalKind = RefusalKind.INVALID) -> Refusal:
    return Refusal(kind, "PAPER", why)
