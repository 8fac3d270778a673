"""The orders that a venue is asked with: each of them resting, and taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final

from msgspec import Struct

from exitd.core.attempt import AttemptKey, CloseOrder, RefusalKind, TimeInForce
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.trigger import OrderType
from exitd.core.units import NS_PER_S, text
from exitd.errors import VenueError, VenueUnavailable
from exitd.ports.asking import AskedVenue
from exitd.ports.venue import Refusal
from exitd.runtime.asking.ground import Ground

#: How long each request is valid: what nobody answered is over so much later.
WINDOW_NS: Final = 5 * NS_PER_S
#: A request that is signed so long ago has expired whatever the window.
EXPIRED_NS: Final = 65 * NS_PER_S
#: A request that arrives so long after its end is refused, and seen in no list.
_LATE_NS: Final = NS_PER_S
#: Waits between the rounds in which what rests is cancelled, in seconds.
_ROUNDS_S: Final = (0, 0.5, 1, 2, 3, 3, 3, 3, 3, 3)
_OVER = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})

Pause = Callable[[float], Awaitable[None]]
#: Says durably which client ids may rest, and until when, by the venue's clock, what
#: was sent with them may still arrive; called before each order leaves.
Note = Callable[[Sequence[int], int], None]


class Sent(Struct):
    """An order that has left; its outcome is not known before `is_answered`."""

    client_order_id: int
    expires_venue_ns: int
    is_answered: bool = False


class AskedOrders:
    """Places orders of minimum size far away, and takes all of them back."""

    def __init__(
        self,
        venue: AskedVenue,
        ground: Ground,
        percent: Decimal,
        *,
        note: Note,
        pause: Pause,
    ) -> None:
        self.percent = percent
        self.filled = Decimal(0)
        self._venue = venue
        self._ground = ground
        self._note = note
        self._pause = pause
        self._sent: list[Sent] = []

    async def place(
        self, client_order_id: int, quantity: Decimal, *, age_ns: int = 0
    ) -> OrderReport | Refusal:
        """Send one order, once.

        Raises:
            OSError: Its id could not be written down, so it was not sent.
            OutcomeUnknown: It may rest; `take_back` finds it.
            AssertionError: It is larger than what may be asked with.
        """
        ground = self._ground
        most = ground.oversize if ground.is_least else ground.least
        assert quantity <= most, "larger than need be"
        order = CloseOrder(
            attempt=AttemptKey("doctor", 0, len(self._sent) + 1),
            account=ground.account,
            symbol=ground.symbol,
            side=ground.close_side,
            quantity=quantity,
            order=OrderType.LIMIT,
            price=ground.price(self.percent),
            time_in_force=TimeInForce.GTC,
            client_order_id=client_order_id,
            window_ns=WINDOW_NS,
        )
        prepared = self._venue.prepare_asked(order, age_ns=age_ns)
        expires_ns = max(prepared.expires_venue_ns, self._venue.venue_now_ns())
        sent = Sent(client_order_id, expires_ns)
        self._sent.append(sent)
        ids = [each.client_order_id for each in self._sent]
        self._note(ids, max(each.expires_venue_ns for each in self._sent))
        answer = await self._venue.send(order, prepared)
        sent.is_answered = True
        if isinstance(answer, OrderReport):
            self.filled += answer.filled
        return answer

    async def cancel(self, order: OrderReport) -> None:
        """Take one order back, and see that it is gone: no two rest but on purpose.

        Raises:
            VenueError: It may rest still; `take_back` sees to it.
        """
        if order.status in _OVER:
            return
        answer = await self._venue.cancel_order(
            order.symbol, venue_order_id=order.venue_order_id
        )
        if isinstance(answer, OrderReport):
            self.filled += answer.filled - order.filled
            if answer.status in _OVER:
                return
        if any(o.venue_order_id == order.venue_order_id for o in await self.resting()):
            raise VenueUnavailable(f"the cancel of {_words(order)} was not carried out")

    async def resting(self) -> tuple[OrderReport, ...]:
        """List what rests of all that was sent.

        Raises:
            VenueUnavailable: The venue did not say.
        """
        ours = {each.client_order_id for each in self._sent}
        listed = await self._venue.open_orders(self._ground.symbol)
        return tuple(order for order in listed if order.client_order_id in ours)

    def adopt(self, client_order_ids: Sequence[int], expires_venue_ns: int) -> None:
        """Take over orders of an earlier asking as sent and not answered."""
        self._sent += [Sent(one, expires_venue_ns) for one in client_order_ids]

    async def take_back(self) -> tuple[str, ...]:
        """Cancel until a read shows that nothing rests and nothing can still arrive.

        Returns:
            What may still rest, in words; nothing where all is certainly gone.
        """
        why = "the venue did not say what rests"
        resting: tuple[OrderReport, ...] = ()
        for wait_s in _ROUNDS_S:
            await self._pause(wait_s)
            try:
                resting = await self.resting()
                if not resting and not self._is_under_way():
                    return ()
                why = "an order was sent and nobody answered"
                for order in resting:
                    with suppress(VenueError):
                        await self.cancel(order)
            except VenueError as error:
                why = str(error)
        if resting:
            return tuple(map(_words, resting))
        ids = ", ".join(str(each.client_order_id) for each in self._sent)
        return (f"client ids {ids} on {self._ground.symbol} ({why})",)

    def _is_under_way(self) -> bool:
        now_ns = self._venue.venue_now_ns()
        return any(
            not each.is_answered and each.expires_venue_ns + _LATE_NS > now_ns
            for each in self._sent
        )


def _words(order: OrderReport) -> str:
    quantity = text(order.quantity) if order.quantity is not None else "?"
    price = text(order.price) if order.price is not None else "?"
    return (
        f"order {order.venue_order_id}: {order.side.value} {quantity} {order.symbol} "
        f"at {price}"
    )


def kind_of(answer: OrderReport | Refusal) -> RefusalKind | None:
    """Say why an order was not taken, refused or ended at once; None if it was.

    Where a reply does not say why it has ended, it is its size: that it rests at this
    price was seen.
    """
    if isinstance(answer, Refusal):
        return answer.kind
    if answer.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED):
        return answer.refusal or RefusalKind.NOT_REDUCED
    return None


def said(answer: OrderReport | Refusal) -> str:
    """Give what the venue said of an order that it did not take, in one line."""
    if isinstance(answer, Refusal):
        words = f"{answer.code}: {answer.message}"
    else:
        words = f"{answer.status.value} {answer.reason}"
    return "".join(c if c.isprintable() else " " for c in words).strip()[:120]
