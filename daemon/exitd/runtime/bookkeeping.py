"""Keeping the account's books whole: what the private stream did not tell.

A stream that is down tells of no fill, and funding is told by none at all. So the
venue's own history is read after each reconcile, from where the last reading began,
and what it lists is stored. Nothing is decided by it: positions and orders have their
own evidence.
"""

from typing import Protocol

import msgspec
from msgspec import Struct

from exitd.core.inputs import FillReport
from exitd.core.position import PositionRecord
from exitd.core.records import FundingRecord
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import StoreError
from exitd.logs import Event, log
from exitd.ports.store import Batch, StoreHealth
from exitd.ports.venue import FundingReport
from exitd.runtime.loop import EngineLoop

#: What a venue lists late is found again this far back.
_LOOK_BACK_NS = 60 * NS_PER_S
#: Funding is paid by the hour and listed some time after.
_FUNDING_LOOK_BACK_NS = 7_200 * NS_PER_S
_FUNDING_EVERY_NS = 300 * NS_PER_S
#: How often the mark is stored though nothing new was found.
_MARK_EVERY_NS = 600 * NS_PER_S
#: The instant of a payment and that of a position are on two clocks.
_CLOCK_TOLERANCE_NS = 60 * NS_PER_S


class History(Protocol):
    """What is read of a venue for its books."""

    @property
    def account(self) -> str: ...

    def venue_now_ns(self) -> int: ...

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]: ...

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]: ...


class Mark(Struct, frozen=True):
    """Up to where history has been read, on the venue's clock."""

    fills_ns: int
    funding_ns: int


class Bookkeeper:
    """Stores the fills and the funding of one account.

    The books begin with the state: what happened before its first start is the
    venue's to tell.
    """

    def __init__(self, loop: EngineLoop, venue: History) -> None:
        self._loop = loop
        self._venue = venue
        self._note = f"books:{venue.account}"
        self._mark: Mark | None = None
        self._stored = Mark(0, 0)
        self._funding_due_ns = 0
        self._fills: frozenset[tuple[str, str]] = frozenset()
        self._funding: frozenset[tuple[str, int]] = frozenset()

    async def keep(self) -> None:
        """Read on from the last time, and store what is new.

        Raises:
            VenueError: History could not be read; it is read from there next time.
        """
        if self._loop.store.health is not StoreHealth.WRITABLE:
            return
        try:
            mark = self._mark or await self._begin()
            new = await self._keep_fills(mark)
            new += await self._keep_funding(has_traded=new > 0)
            await self._remember(is_news=new > 0)
        except StoreError as error:
            log(Event.STORE_FAILED, reason=str(error))

    async def listed(
        self, ts_from_ns: int
    ) -> tuple[tuple[FillReport, ...], tuple[FundingReport, ...]]:
        """Read what the venue lists from an instant on; stores nothing.

        Raises:
            VenueError: It could not be read.
        """
        fills = await self._venue.fills_since(ts_from_ns)
        return fills, await self._venue.funding_since(ts_from_ns)

    async def _begin(self) -> Mark:
        stored = await self._loop.store.note(self._note)
        if stored is not None:
            self._mark = self._stored = msgspec.json.decode(stored, type=Mark)
            return self._mark
        now_ns = self._venue.venue_now_ns()
        return Mark(now_ns, now_ns)

    async def _keep_fills(self, mark: Mark) -> int:
        began_ns = self._venue.venue_now_ns()
        fills = await self._venue.fills_since(mark.fills_ns - _LOOK_BACK_NS)
        new = [f for f in fills if (f.symbol, f.trade_id) not in self._fills]
        for fill in new:
            self._loop.handle(fill)
        self._fills = frozenset((f.symbol, f.trade_id) for f in fills)
        self._mark = Mark(began_ns, mark.funding_ns)
        return len(new)

    async def _keep_funding(self, *, has_traded: bool) -> int:
        mark = self._mark
        assert mark is not None
        began_ns = self._venue.venue_now_ns()
        # A trade may end the lifetime that a payment belongs to.
        if not has_traded and began_ns < self._funding_due_ns:
            return 0
        since_ns = mark.funding_ns - _FUNDING_LOOK_BACK_NS
        payments = await self._venue.funding_since(since_ns)
        new = [p for p in payments if (p.symbol, p.ts_venue_ns) not in self._funding]
        if new:
            records = tuple(map(self._funding_record, new))
            self._loop.store.submit(Batch(records, ()))
        self._funding = frozenset((p.symbol, p.ts_venue_ns) for p in payments)
        self._funding_due_ns = began_ns + _FUNDING_EVERY_NS
        self._mark = Mark(mark.fills_ns, began_ns)
        return len(new)

    def _funding_record(self, payment: FundingReport) -> FundingRecord:
        position = self._position_of(payment)
        key = (payment.account, payment.symbol)
        instrument = self._loop.engine.state.instruments.get(key)
        return FundingRecord(
            account=payment.account,
            symbol=payment.symbol,
            side=position.key.side if position is not None else None,
            lifetime=position.lifetime if position is not None else 0,
            position_id=position.position_id if position is not None else "",
            amount=payment.amount,
            asset=instrument.quote if instrument is not None else "",
            rate=payment.rate,
            ts_venue_ns=payment.ts_venue_ns,
        )

    def _position_of(self, payment: FundingReport) -> PositionRecord | None:
        """Find the lifetime that a payment was made in: the open one, or the last."""
        latest_ns = payment.ts_venue_ns + _CLOCK_TOLERANCE_NS
        found = [
            position
            for position in self._loop.engine.state.positions.values()
            if (position.key.account, position.key.symbol)
            == (payment.account, payment.symbol)
            and position.lifetime
            and position.ts_opened_ns <= latest_ns
        ]
        return max(
            found,
            key=lambda p: (p.held > ZERO, p.ts_opened_ns),
            default=None,
        )

    async def _remember(self, *, is_news: bool) -> None:
        mark = self._mark
        assert mark is not None
        is_old = mark.fills_ns - self._stored.fills_ns >= _MARK_EVERY_NS
        if is_news or is_old:
            await self._loop.store.put_note(self._note, msgspec.json.encode(mark))
            self._stored = mark
