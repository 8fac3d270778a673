"""SYMMIO as a venue: positions are quotes, and one key closes for their owners.

It translates and decides nothing, with one exception that a chain demands: what is
under way on a nonce is sent again, outbid or replaced until a block has used it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal
from pathlib import Path

import httpx
from msgspec.structs import replace

from exitd.adapters.network.rest import Carrying
from exitd.adapters.symmio import cancels, closes, queries
from exitd.adapters.symmio.chain import SymmioChain
from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.key import Key, SignedBefore
from exitd.adapters.symmio.listing import Listing
from exitd.adapters.symmio.markets import Markets
from exitd.adapters.symmio.node import Node
from exitd.adapters.symmio.nodes import Nodes
from exitd.adapters.symmio.notices import Notices, OnNotice
from exitd.adapters.symmio.session import PriceOf, Session
from exitd.adapters.symmio.settings import (
    WINDOW_NS_MAX,
    WINDOW_NS_MIN,
    ChainSettings,
    Precision,
)
from exitd.adapters.symmio.wallet import Wallet
from exitd.adapters.symmio.watching import Watch
from exitd.core.attempt import Capabilities, CloseOrder, Dedupe, Expiry, RefusalKind
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import Instrument
from exitd.core.trigger import CancelScope
from exitd.logs import Event, log_at
from exitd.ports.clock import Clock
from exitd.ports.notices import Notice
from exitd.ports.venue import FundingReport, NativeStop, Prepared, PrivateEvent, Refusal
from exitd.secret import Secret

_NO_STOPS = Refusal(
    RefusalKind.INVALID, "no_native_stops", "the contract has no trigger orders"
)


def _capabilities(settings: ChainSettings) -> Capabilities:
    """Say what a chain can do.

    A nonce is used once, and the deadline inside ends a request that is in no block.
    The same bytes may be sent any number of times; other bytes may not. Each quote is a
    market: one that is closed never opens again.
    """
    return Capabilities(
        dedupe=Dedupe.NEVER,
        expiry=Expiry.NONCE,
        lag_slack_ns=settings.lag_slack_ns,
        hedge_mode=True,
        ends_markets=True,
    )


class SymmioVenue:
    """Implements the `Venue` port for one key on one chain; `chain` is the other port.

    Args:
        account: The name of this entry under `venues:`.
        secret: The private key, 32 bytes in hex; never stored, logged or sent.
        settings: The chain, its contracts and its nodes.
        price_of: The last price of a watched contract, which bounds market closes.
        solver: Where the solver lists its symbols, if anywhere.
        precisions: The solver's decimals by symbol name, instead of its listing.
        folder: Where the solver's listing is kept; None keeps it nowhere.
        on_notice: Told what somebody should know; by default it is logged.
        transport: Carries HTTP to the solver; for tests.
        carrier: Carries questions to the nodes; by default connections of our own.
        signed_before: See `Key`; none by default.

    Raises:
        ConfigurationError: The secret is no key.
    """

    def __init__(
        self,
        account: str,
        *,
        secret: Secret,
        settings: ChainSettings,
        clock: Clock,
        price_of: PriceOf,
        solver: str = "",
        precisions: Mapping[str, Precision] | None = None,
        folder: Path | None = None,
        on_notice: OnNotice | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        carrier: Carrying | None = None,
        signed_before: SignedBefore = tuple,
    ) -> None:
        self.account = account
        notices = Notices(account, on_notice or self._log_notice)
        wallet = Wallet(secret)
        self.capabilities = _capabilities(settings)
        nodes = Nodes(
            [Node(url, settings.node_deadline_s, carrier) for url in settings.nodes],
            chain_id=settings.chain_id,
            clock=clock,
            tolerance=settings.tolerance,
            notices=notices,
        )
        contracts = Contracts(nodes, settings)
        listing = (
            Listing(
                solver,
                clock=clock,
                notices=notices,
                folder=folder,
                transport=transport,
            )
            if solver
            else None
        )
        self._session = Session(
            account,
            settings=settings,
            nodes=nodes,
            contracts=contracts,
            markets=Markets(account, contracts, listing=listing, configured=precisions),
            key=Key(wallet, settings, signed_before),
            clock=clock,
            price_of=price_of,
            notices=notices,
        )
        self.chain = SymmioChain(self._session)
        self._watch = Watch(self._session)
        self._window_ns: int | None = None

    def _log_notice(self, notice: Notice) -> None:
        level = "info" if notice.is_over else "warning"
        log_at(level, Event.VENUE_FAILED, venue=self.account, reason=str(notice))

    def venue_now_ns(self) -> int:
        return self._session.venue_now_ns()

    async def sync_clock(self) -> int:
        """Read the newest block, nonce and fees; gives the chain's time less ours.

        Before anything else: so it is here that what the chain has at the configured
        addresses is compared with what it should have.

        Raises:
            VenueUnavailable: It is not as it should be, or could not be read.
        """
        await self.chain.check_configured()
        session = self._session
        await session.look()
        await session.key.refresh(session.contracts, session.known_head())
        return session.venue_now_ns() - session.clock.now_ns()

    async def instruments(self) -> tuple[Instrument, ...]:
        return tuple(f.instrument for f in self._session.book.by_id.values())

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        return await queries.positions(self._session, symbol)

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        return await queries.open_orders(self._session, symbol)

    async def orders_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        return await queries.orders_since(self._session, ts_venue_ns, symbol)

    async def fills_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        return await queries.fills_since(self._session, ts_venue_ns, symbol)

    async def funding_since(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FundingReport, ...]:
        """Give none: funding is not paid, it moves a quote's opened price."""
        await self._session.look()
        return ()

    def with_window(self, window_ns: int) -> SymmioVenue:
        other = copy(self)
        other._window_ns = min(max(window_ns, WINDOW_NS_MIN), WINDOW_NS_MAX)
        return other

    def prepare(self, order: CloseOrder) -> Prepared:
        if order.window_ns is None and self._window_ns is not None:
            order = replace(order, window_ns=self._window_ns)
        return closes.prepare(self._session, order)

    async def send(
        self, order: CloseOrder, prepared: Prepared
    ) -> OrderReport | Refusal:
        return await closes.send(self._session, order, prepared)

    async def place_native_stop(self, stop: NativeStop) -> OrderReport | Refusal:
        return _NO_STOPS

    async def cancel_order(
        self,
        symbol: str,
        *,
        venue_order_id: str = "",
        client_order_id: int | None = None,
    ) -> OrderReport | Refusal | None:
        return await cancels.cancel(
            self._session, symbol, venue_order_id, client_order_id
        )

    async def cancel_orders(
        self, symbol: str, scope: CancelScope
    ) -> tuple[OrderReport, ...] | Refusal | None:
        """Ask for the cancel of the quote's close request; trigger orders are none."""
        assert scope is not CancelScope.ONE
        if scope is CancelScope.TRIGGER:
            return ()
        resting = await self.open_orders(symbol)
        reports: list[OrderReport] = []
        for order in resting:
            answer = await self.cancel_order(
                symbol, venue_order_id=order.venue_order_id
            )
            if answer is None or isinstance(answer, Refusal):
                return answer
            reports.append(answer)
        return tuple(reports)

    async def mark_price(self, symbol: str) -> Decimal | None:
        return self._session.price_of(symbol.partition("#")[0])

    async def run_stream(self, on_event: Callable[[PrivateEvent], None]) -> None:
        await self._watch.run(on_event)

    def abort_stream(self) -> None:
        self._watch.stop()

    async def close(self) -> None:
        self._watch.stop()
        await self._session.markets.close()
        await self._session.nodes.close()
