"""The questions, one after the other, and what the answers mean.

Each order is reduce-only, of minimum size, and rests far from the price; whatever comes
in between, all of them are taken back at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.answers import UNKNOWN, Question, VenueAnswer
from exitd.ports.asking import AskedVenue
from exitd.ports.clock import Clock
from exitd.ports.venue import Refusal
from exitd.runtime.asking.ground import FAR_PERCENT, Ground
from exitd.runtime.asking.ids import AskedIds
from exitd.runtime.asking.orders import (
    EXPIRED_NS,
    AskedOrders,
    Note,
    Pause,
    kind_of,
    said,
)

#: Waits between the looks into the history, in seconds.
_LOOKS_S: Final = (0, 0.2, 0.3, 0.5, 1, 2, 4, 8)
_LOOK_BACK_NS: Final = 60 * NS_PER_S
#: Refusals that say nothing about what was asked.
_BESIDE = frozenset(
    {
        RefusalKind.EXPIRED,
        RefusalKind.RATE_LIMITED,
        RefusalKind.PRICE_BOUND,
        RefusalKind.HALTED,
        RefusalKind.UNAUTHORIZED,
        RefusalKind.BUSY,
    }
)
NOT_LEAST: Final = "the position is not of minimum size"
NOT_TOLD: Final = "the venue's answer does not tell"


class Asking:
    """One round of questions to a venue.

    `answers` grows as they come, so that what is known when it is broken off is kept.
    """

    def __init__(
        self,
        venue: AskedVenue,
        ground: Ground,
        ids: AskedIds,
        clock: Clock,
        *,
        note: Note,
        pause: Pause,
        tell: Callable[[Question], None] = lambda _: None,
    ) -> None:
        self.answers: list[VenueAnswer] = []
        self.orders = AskedOrders(venue, ground, FAR_PERCENT[0], note=note, pause=pause)
        self._venue = venue
        self._ground = ground
        self._ids = ids
        self._clock = clock
        self._pause = pause
        self._tell = tell

    async def ask(self) -> None:
        """Ask all that can be asked here; `take_back` has to follow in any case.

        Raises:
            VenueError: The venue did not answer; what was not asked stays unknown.
            OSError: An id could not be written down, so its order was not sent.
        """
        await self._ask_expired()
        await self._ask_unknown_cancel()
        first = await self._rest()
        if first is None:
            return
        is_counted = await self._ask_resting()
        await self._ask_duplicate(first, is_counted=is_counted)
        await self.orders.cancel(first)
        await self._ask_history(first)
        await self._ask_duplicate_afterwards(first)
        await self._ask_oversize()

    def _answer(
        self,
        question: Question,
        answer: str,
        detail: str = "",
        number_ns: int | None = None,
    ) -> None:
        self.answers.append(
            VenueAnswer(
                question=question,
                answer=answer,
                detail=detail,
                number_ns=number_ns,
                ts_ns=self._clock.now_ns(),
            )
        )

    async def _ask_expired(self) -> None:
        question = Question.EXPIRED_REQUEST
        self._tell(question)
        answer = await self.orders.place(
            self._ids.next(), self._ground.least, age_ns=EXPIRED_NS
        )
        kind = kind_of(answer)
        if kind is RefusalKind.EXPIRED:
            self._answer(question, "refused", said(answer))
        elif kind in _BESIDE:
            self._answer(question, UNKNOWN, said(answer))
        elif kind is not None:
            # It would be read as another refusal, and not be cured by a new time.
            self._answer(question, "refused_otherwise", said(answer))
        else:
            assert isinstance(answer, OrderReport)
            self._answer(question, "accepted")
            await self.orders.cancel(answer)

    async def _ask_unknown_cancel(self) -> None:
        question = Question.UNKNOWN_CANCEL
        self._tell(question)
        answer = await self._venue.cancel_order(
            self._ground.symbol, client_order_id=self._ids.next()
        )
        if isinstance(answer, Refusal):
            word = UNKNOWN if answer.kind in _BESIDE else "refused"
            self._answer(question, word, said(answer))
        else:
            self._answer(question, "accepted")

    async def _rest(self) -> OrderReport | None:
        """Place what other questions need; None where the venue does not take it."""
        self._tell(Question.RESTING_REDUCE_ONLY)
        answer: OrderReport | Refusal | None = None
        for percent in FAR_PERCENT:
            self.orders.percent = percent
            answer = await self.orders.place(self._ids.next(), self._ground.least)
            if kind_of(answer) is not RefusalKind.PRICE_BOUND:
                break
        assert answer is not None
        if isinstance(answer, OrderReport) and kind_of(answer) is None:
            return answer
        for question in Question:
            if question not in {one.question for one in self.answers}:
                detail = f"no order was taken that only rests: {said(answer)}"
                self._answer(question, UNKNOWN, detail)
        return None

    async def _ask_resting(self) -> bool | None:
        """Ask beside the order that rests; None where that does not tell."""
        question = Question.RESTING_REDUCE_ONLY
        if not self._ground.is_least:
            self._answer(question, UNKNOWN, NOT_LEAST)
            return None
        answer = await self.orders.place(self._ids.next(), self._ground.least)
        kind = kind_of(answer)
        if kind is None:
            assert isinstance(answer, OrderReport)
            is_shrunk = await self._quantity(answer) < self._ground.least
            self._answer(question, "counted" if is_shrunk else "not_counted")
            await self.orders.cancel(answer)
            return is_shrunk
        if kind is RefusalKind.NOT_REDUCED:
            self._answer(question, "counted", said(answer))
            return True
        self._answer(question, UNKNOWN, said(answer))
        return None

    async def _ask_duplicate(
        self, first: OrderReport, *, is_counted: bool | None
    ) -> None:
        question = Question.DUPLICATE_WHILE_OPEN
        self._tell(question)
        if self._ground.is_least and is_counted is not False:
            # It may be refused for the room that the first one takes.
            detail = "the order that rests leaves no room for a second one"
            self._answer(question, UNKNOWN, detail)
            return
        await self._place_again(question, first)

    async def _ask_duplicate_afterwards(self, first: OrderReport) -> None:
        question = Question.DUPLICATE_AFTERWARDS
        self._tell(question)
        if await self.orders.resting():
            self._answer(question, UNKNOWN, "the first order rests still")
            return
        await self._place_again(question, first)

    async def _place_again(self, question: Question, first: OrderReport) -> None:
        assert first.client_order_id is not None
        answer = await self.orders.place(first.client_order_id, self._ground.least)
        kind = kind_of(answer)
        if isinstance(answer, OrderReport) and kind is None:
            is_same = answer.venue_order_id == first.venue_order_id
            self._answer(question, "same_order" if is_same else "accepted")
            if not is_same:
                await self.orders.cancel(answer)
        elif kind in _BESIDE or kind is RefusalKind.NOT_REDUCED:
            self._answer(question, UNKNOWN, said(answer))
        else:
            self._answer(question, "refused", said(answer))

    async def _ask_history(self, ended: OrderReport) -> None:
        question = Question.HISTORY_LAG
        self._tell(question)
        began_ns = self._clock.monotonic_ns()
        since_ns = self._venue.venue_now_ns() - _LOOK_BACK_NS
        for wait_s in _LOOKS_S:
            await self._pause(wait_s)
            rows = await self._venue.orders_since(since_ns, self._ground.symbol)
            took_ns = self._clock.monotonic_ns() - began_ns
            if any(row.venue_order_id == ended.venue_order_id for row in rows):
                self._answer(question, "shown", number_ns=took_ns)
                return
        took_ns = self._clock.monotonic_ns() - began_ns
        self._answer(question, "not_shown_in_time", number_ns=took_ns)

    async def _ask_oversize(self) -> None:
        question = Question.OVERSIZE_REDUCE_ONLY
        self._tell(question)
        ground = self._ground
        if not ground.is_least:
            self._answer(question, UNKNOWN, NOT_LEAST)
            return
        if await self.orders.resting():
            self._answer(question, UNKNOWN, "an order of the asking rests still")
            return
        answer = await self.orders.place(self._ids.next(), ground.oversize)
        kind = kind_of(answer)
        if isinstance(answer, OrderReport) and kind is None:
            is_cut = await self._quantity(answer) <= ground.position
            self._answer(question, "trimmed" if is_cut else "accepted")
            await self.orders.cancel(answer)
        elif kind in _BESIDE:
            self._answer(question, UNKNOWN, said(answer))
        else:
            self._answer(question, "refused", said(answer))

    async def _quantity(self, order: OrderReport) -> Decimal:
        """Read how much of an order rests; what the reply said where it is not listed.

        Raises:
            VenueUnavailable: The venue did not say.
        """
        for listed in await self.orders.resting():
            if listed.venue_order_id == order.venue_order_id:
                order = listed
        if order.quantity is None:
            raise VenueUnavailable(NOT_TOLD)
        return order.quantity
