"""Looking at the chain again and again, and telling what has changed.

Every look is of one block: positions, requests and fills as of it, in this order:
fills, orders, positions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from exitd.adapters.symmio import calls
from exitd.adapters.symmio.access import AccessWatch
from exitd.adapters.symmio.cancels import housekeep
from exitd.adapters.symmio.closes import judge
from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.ledger import Fill
from exitd.adapters.symmio.lookout import look_out
from exitd.adapters.symmio.node import Head
from exitd.adapters.symmio.outbox import Flight, Rejected
from exitd.adapters.symmio.quotes import CLOSING, ENDED
from exitd.adapters.symmio.reports import (
    failed_report,
    fill_report,
    position_report,
)
from exitd.adapters.symmio.requests import Unexplained, report_of, requests_of
from exitd.adapters.symmio.session import Session
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.position import PositionKey
from exitd.core.units import NS_PER_S
from exitd.errors import FeedError, VenueError
from exitd.ports.notices import NoticeKind
from exitd.ports.venue import PrivateEvent, Refusal, StreamDown, StreamUp

UNDONE = "a reorganisation undid blocks that had been read"

OnEvent = Callable[[PrivateEvent], None]


class Watch:
    """One look after another, while `run` runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stopped = asyncio.Event()
        self._told: dict[object, object] = {}
        self._gone_since: dict[int, int] = {}
        self._access = AccessWatch(session)

    async def run(self, on_event: OnEvent) -> None:
        """Tell all that is, then all that changes.

        Raises:
            FeedError: The nodes are lost, or it was stopped.
        """
        session = self._session
        self._stopped.clear()
        self._told.clear()
        is_up = False
        while not self._stopped.is_set():
            try:
                events = await self.look()
            except VenueError as exc:
                raise FeedError(f"the chain cannot be read: {exc}") from exc
            if not is_up:
                is_up = True
                on_event(StreamUp(session.account))
            for event in events:
                on_event(event)
            await self._pause()
        raise FeedError("the chain is not watched any more: stopped")

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._session.settings.poll_s):
                await self._stopped.wait()
        except TimeoutError:
            return

    def stop(self) -> None:
        self._stopped.set()

    async def look(self) -> list[PrivateEvent]:
        """Look once, move on with what is under way, and give what is new.

        Raises:
            VenueUnavailable: The chain could not be read.
        """
        session = self._session
        depth = await session.look()
        head = session.known_head()
        await session.key.refresh(session.contracts, head)
        ended = await session.outbox.watch(head)
        told: list[Flight] = []
        events: list[PrivateEvent] = []
        quotes = list(session.book.by_id.values())
        for followed in await asyncio.gather(
            *(session.book.read(quote, depth.number) for quote in quotes)
        ):
            try:
                events += await self._changes(followed, depth)
            except Unexplained:
                continue
            await self._free(followed, depth)
        for flight in ended:
            ending = await self._ending(flight)
            if ending is not None:
                told.append(flight)
                events += ending
        self._forget_done()
        self._leave_ended(depth)
        await self._tell_dangers(depth)
        # What failed on the way here is told nobody, and judged again.
        for flight in told:
            session.outbox.note_told(flight)
        return events

    async def _tell_dangers(self, depth: Head) -> None:
        """Tell what endangers closes; what cannot be read now stays as it was told."""
        with suppress(VenueError):
            await self._access.look(depth)
        with suppress(VenueError):
            await look_out(self._session)

    async def _changes(self, followed: Followed, depth: Head) -> list[PrivateEvent]:
        session, now_ns = self._session, self._session.clock.now_ns()
        requests, fills = await requests_of(session, followed)
        events: list[PrivateEvent] = [
            report for fill in fills if (report := self._fill(followed, fill, now_ns))
        ]
        for request in requests:
            told = report_of(session, followed, request)
            if self._is_new((followed.symbol, request.created), told):
                events.append(told)
        events += self._undone(followed.symbol, {r.created for r in requests})
        position = position_report(
            session.account, followed, depth.ts_s * NS_PER_S, now_ns
        )
        if self._is_new(position.key, replace(position, ts_venue_ns=0)):
            events.append(position)
        return events

    def _undone(self, symbol: str, created: set[tuple[int, int]]) -> list[PrivateEvent]:
        """Have all be asked anew where a request that was told is there no more."""
        gone = [
            key
            for key in self._told
            if isinstance(key, tuple) and key[0] == symbol and key[1] not in created
        ]
        for key in gone:
            del self._told[key]
        if not gone:
            return []
        account = self._session.account
        return [StreamDown(account, UNDONE), StreamUp(account)]

    def _fill(self, followed: Followed, fill: Fill, now_ns: int) -> FillReport | None:
        session = self._session
        instants = session.history.instants
        report = fill_report(session.account, followed, fill, instants, now_ns)
        return report if self._is_new(fill.trade_id, report) else None

    def _is_new(
        self, key: object, report: FillReport | OrderReport | PositionReport
    ) -> bool:
        bare = replace(report, now_ns=0)
        if self._told.get(key) == bare:
            return False
        self._told[key] = bare
        return True

    async def _free(self, followed: Followed, depth: Head) -> None:
        """Free a quote whose close request has expired: it does not do so itself."""
        session, quote = self._session, followed.state.quote
        if quote.status not in CLOSING or depth.ts_s <= quote.deadline_s:
            session.notices.end(
                NoticeKind.REQUEST_STUCK,
                followed.symbol,
                f"the expired close of {followed.symbol} is freed",
            )
            return
        if quote.quote_id in session.freeing:
            return
        data = calls.expire_call([quote.quote_id])
        try:
            flight = await housekeep(session, session.settings.symmio, data)
        except Rejected as exc:
            session.notices.begin(
                NoticeKind.REQUEST_STUCK,
                followed.symbol,
                f"the expired close of {followed.symbol} cannot be freed, and no other"
                f" goes out before: {exc.said}. Anybody may free it, by a call of"
                f" expireQuote([{quote.quote_id}])",
            )
            return
        session.freeing[quote.quote_id] = flight

    async def _ending(self, flight: Flight) -> list[PrivateEvent] | None:
        """Tell of a close that failed in its block, or can never be in one.

        None while that cannot be said: it is asked again at the next look.
        """
        order = flight.order
        if order is None:
            return []
        try:
            judged = await judge(self._session, flight, order)
        except VenueError:
            return None
        if not isinstance(judged, Refusal):
            return None if judged is None else []
        return [
            failed_report(
                order,
                f"nonce-{flight.nonce}",
                judged.kind,
                judged.message,
                self._session.venue_now_ns(),
                self._session.clock.now_ns(),
            )
        ]

    def _leave_ended(self, depth: Head) -> None:
        """Stop reading quotes that have ended for good, once nothing undoes that."""
        by_id = self._session.book.by_id
        for quote_id, followed in list(by_id.items()):
            if followed.state.quote.status not in ENDED:
                self._gone_since.pop(quote_id, None)
                continue
            since = self._gone_since.setdefault(quote_id, depth.number)
            if depth.number - since > self._session.settings.reorg_blocks:
                del by_id[quote_id], self._gone_since[quote_id]
                self._forget(followed)

    def _forget(self, followed: Followed) -> None:
        """Let go of what was told of a quote that nobody follows any more."""
        session, quote = self._session, followed.state.quote
        requests, fills = session.history.ledger.of(quote.quote_id)
        told: list[object] = [fill.trade_id for fill in fills]
        told += [(followed.symbol, request.created) for request in requests]
        told.append(PositionKey(session.account, followed.symbol, quote.side))
        for key in told:
            self._told.pop(key, None)
        session.unexplained.pop(quote.quote_id, None)
        session.history.forget(quote.quote_id)

    def _forget_done(self) -> None:
        """Housekeeping that is in a block may be asked for again."""
        session = self._session
        for under_way in (session.cancelling, session.freeing):
            for quote_id, flight in list(under_way.items()):
                is_gone = session.outbox.flights.get(flight.nonce) is not flight
                if is_gone or flight.receipt is not None:
                    del under_way[quote_id]
