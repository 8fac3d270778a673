"""Sending an order, and finding out what became of it."""

from __future__ import annotations

import re

import msgspec

from exitd.adapters.network.lanes import Reply
from exitd.adapters.schwab.defaults import VENUE
from exitd.adapters.schwab.queries import Queries
from exitd.adapters.schwab.recognising import Name, Ours
from exitd.adapters.schwab.refusals import IN_DOUBT, judge
from exitd.adapters.schwab.session import Session, said
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.position import OrderSide
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Refusal

_NUMBER = re.compile(r"/orders/(\d{1,20})/?$")


class Placing:
    """The acting half of one account."""

    def __init__(self, session: Session, queries: Queries, ours: Ours) -> None:
        self._session = session
        self._queries = queries
        self._ours = ours

    async def place(
        self, body: bytes, name: Name, symbol: str, side: OrderSide
    ) -> OrderReport | Refusal:
        """Send exactly this body, once.

        Raises:
            OutcomeUnknown: The broker may or may not have the order; it can be told
                from its terms only.
        """
        session = self._session
        try:
            path = f"{await session.home()}/orders"
            self._ours.sending(name, msgspec.json.decode(body), session.clock.now_ns())
            reply = await session.call("POST", path, body)
        except VenueUnavailable as exc:
            self._ours.refused(name)
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        except OutcomeUnknown:
            self._ours.doubted(name)
            raise
        if reply.status not in (200, 201):
            return self._refused(reply, name)
        number = _NUMBER.search(reply.headers.get("location", ""))
        if number is None:
            self._ours.doubted(name)
            raise OutcomeUnknown(
                f"{VENUE} took an order and did not say its number", status=reply.status
            )
        self._ours.placed(name, number[1])
        try:
            return await self._queries.order(number[1])
        except VenueUnavailable:
            return self._working(number[1], name, symbol, side)

    def _refused(self, reply: Reply, name: Name) -> Refusal:
        told = said(reply)
        verdict = judge(reply.status, told)
        if verdict == IN_DOUBT:
            self._ours.doubted(name)
            raise OutcomeUnknown(
                f"{VENUE} answered {reply.status} to an order: {told}",
                status=reply.status,
            )
        self._ours.refused(name)
        assert isinstance(verdict, RefusalKind)
        return Refusal(verdict, str(reply.status), told)

    def _working(
        self, number: str, name: Name, symbol: str, side: OrderSide
    ) -> OrderReport:
        """Say what is known: it was taken."""
        now_ns = self._session.clock.now_ns()
        return OrderReport(
            account=self._session.account,
            symbol=symbol,
            venue_order_id=number,
            client_order_id=name.client_order_id,
            reference=name.reference,
            status=OrderStatus.WORKING,
            side=side,
            quantity=None,
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )

    async def cancel(self, number: str) -> OrderReport | Refusal | None:
        """Take an order back; None when that was accepted and is not yet done.

        Raises:
            OutcomeUnknown: Nobody knows whether it was accepted.
        """
        session = self._session
        try:
            path = f"{await session.home()}/orders/{number}"
            reply = await session.call("DELETE", path, None)
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))
        if reply.status not in (200, 201, 204):
            told = said(reply)
            verdict = judge(reply.status, told)
            if verdict == IN_DOUBT:
                raise OutcomeUnknown(f"{VENUE} answered {reply.status} to a cancel")
            assert isinstance(verdict, RefusalKind)
            return Refusal(verdict, str(reply.status), told)
        try:
            order = await self._queries.order(number)
        except VenueUnavailable:
            return None
        return order if order.status is OrderStatus.CANCELLED else None
