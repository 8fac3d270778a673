"""What Schwab can be asked: positions, orders, executions, quotes."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from exitd.adapters.polling.net import net_reports
from exitd.adapters.schwab.bodies import wire_symbol
from exitd.adapters.schwab.defaults import VENUE
from exitd.adapters.schwab.recognising import Ours
from exitd.adapters.schwab.reports import (
    STOCKS,
    fill_report,
    flattened,
    order_report,
    symbol_of,
)
from exitd.adapters.schwab.session import Query, Session, decoded
from exitd.adapters.schwab.wire import (
    ACCOUNT,
    ORDER,
    ORDERS,
    QUOTED,
    QUOTES,
    TRANSACTIONS,
    WireQuote,
    instant_text,
)
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.units import NS_PER_MS, NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.notices import NoticeKind

#: Orders and transactions are kept so far back.
BACK_NS = 60 * 86_400 * NS_PER_S
#: How far ahead an answer may be dated: the clocks are not equal.
AHEAD_NS = 3_600 * NS_PER_S
ORDERS_MAX = 3_000

Net = dict[str, tuple[Decimal, Decimal | None]]


class Queries:
    """The reading half of one account."""

    def __init__(self, session: Session, ours: Ours) -> None:
        self._session = session
        self._ours = ours
        self._seq = 0

    async def net_positions(self) -> Net:
        """Read the signed quantity and the entry price of each stock held.

        Raises:
            VenueUnavailable: They could not be read.
        """
        reply = await self._session.read(
            await self._session.home(), {"fields": "positions"}
        )
        rows = decoded(reply, ACCOUNT, "positions").securities_account.positions
        found: Net = {}
        for row in rows:
            net = row.long_quantity - row.short_quantity
            if not net.is_finite():
                raise VenueUnavailable(f"{VENUE} gave a position that is no number")
            if row.instrument.asset_type in STOCKS and net != ZERO:
                symbol = symbol_of(row.instrument.symbol)
                found[symbol] = (net, row.average_price)
        return found

    async def positions(self, symbol: str | None) -> tuple[PositionReport, ...]:
        reports = await self.both_sides(symbol)
        if symbol is not None:
            return tuple(r for r in reports if r.key.symbol == symbol)
        return tuple(r for r in reports if r.quantity > ZERO)

    async def both_sides(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        """Read the positions with their flat sides, and that of a symbol if flat."""
        session = self._session
        asked_ns = session.clock.now_ns()
        held = await self.net_positions()
        now_ns = session.clock.now_ns()
        if symbol is not None:
            held.setdefault(symbol, (ZERO, None))
        return tuple(
            report
            for name, (net, entry) in held.items()
            for report in net_reports(
                session.account, name, net, entry, asked_ns, now_ns
            )
        )

    async def orders(
        self, since_ns: int, symbol: str | None = None
    ) -> tuple[OrderReport, ...]:
        """Read orders entered since an instant, the ended ones among them.

        Raises:
            VenueUnavailable: They could not be read, or one that nobody answered for
                may be any of several.
        """
        session = self._session
        now_ns = session.clock.now_ns()
        query: Query = {
            "fromEnteredTime": instant_text(max(since_ns, now_ns - BACK_NS)),
            "toEnteredTime": instant_text(now_ns + AHEAD_NS),
            "maxResults": ORDERS_MAX,
        }
        reply = await session.read(f"{await session.home()}/orders", query)
        rows = decoded(reply, ORDERS, "orders")
        if len(rows) >= ORDERS_MAX:
            raise VenueUnavailable(f"{VENUE} lists more than {ORDERS_MAX} orders")
        flat = list(flattened(rows))
        for new in self._ours.look(order for order, _ in flat):
            why = self._ours.why_ambiguous(new)
            session.tell(NoticeKind.ORDER_AMBIGUOUS, why, symbol_of(new))
        if symbol is not None:
            why = self._ours.why_ambiguous(wire_symbol(symbol))
            if why:
                raise VenueUnavailable(why)
        try:
            reports = [
                order_report(
                    session.account,
                    order,
                    parent,
                    self._ours.name_of(str(order.order_id)),
                    now_ns,
                )
                for order, parent in flat
            ]
        except ValueError as exc:
            raise VenueUnavailable(
                f"the orders of {VENUE} cannot be read: {exc}"
            ) from exc
        return tuple(r for r in reports if symbol in (None, r.symbol))

    async def order(self, number: str) -> OrderReport:
        """Read one order by its number.

        Raises:
            VenueUnavailable: It could not be read; status 404: there is none.
        """
        session = self._session
        reply = await session.read(f"{await session.home()}/orders/{number}", {})
        found = decoded(reply, ORDER, f"order {number}")
        now_ns = session.clock.now_ns()
        try:
            return order_report(
                session.account, found, "", self._ours.name_of(number), now_ns
            )
        except ValueError as exc:
            raise VenueUnavailable(
                f"order {number} of {VENUE} cannot be read: {exc}"
            ) from exc

    async def fills(
        self, since_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        """Read executions since an instant, oldest first.

        Raises:
            VenueUnavailable: They could not be read.
        """
        session = self._session
        now_ns = session.clock.now_ns()
        from_ns = since_ns // NS_PER_S * NS_PER_S
        query = {
            "startDate": instant_text(max(from_ns, now_ns - BACK_NS)),
            "endDate": instant_text(now_ns + AHEAD_NS),
            "types": "TRADE",
        }
        reply = await session.read(f"{await session.home()}/transactions", query)
        rows = decoded(reply, TRANSACTIONS, "transactions")
        try:
            found = [
                fill_report(
                    session.account,
                    row,
                    self._ours.name_of(str(row.order_id)),
                    now_ns,
                )
                for row in rows
            ]
        except ValueError as exc:
            raise VenueUnavailable(
                f"the transactions of {VENUE} cannot be read: {exc}"
            ) from exc
        fills = (f for f in found if f is not None and f.ts_venue_ns >= from_ns)
        return tuple(
            sorted(
                (f for f in fills if symbol in (None, f.symbol)),
                key=lambda f: f.ts_venue_ns,
            )
        )

    async def quotes(self, symbols: frozenset[str]) -> dict[str, WireQuote | None]:
        """Ask for quotes; None for a symbol whose prices are not live now.

        Delayed, halted or closed: none of these may fire anything. A symbol that the
        broker does not know is left out.

        Raises:
            VenueUnavailable: They could not be read.
        """
        if not symbols:
            return {}
        names = ",".join(wire_symbol(symbol) for symbol in sorted(symbols))
        query: Query = {"symbols": names, "fields": "quote", "indicative": False}
        reply = await self._session.read("/marketdata/v1/quotes", query)
        answers = decoded(reply, QUOTES, "quotes")
        found: dict[str, WireQuote | None] = {}
        for symbol in symbols:
            raw = answers.get(wire_symbol(symbol))
            if raw is None:
                continue
            try:
                quoted = QUOTED.decode(raw)
            except (msgspec.DecodeError, ValueError) as exc:
                raise VenueUnavailable(
                    f"the quote of {symbol} cannot be read: {exc}"
                ) from exc
            is_live = quoted.realtime and quoted.quote.security_status == "Normal"
            found[symbol] = quoted.quote if is_live else None
        return found

    async def ticks(self, sources: frozenset[PriceSource]) -> list[Tick]:
        """Ask for the present price of each source; what has none is left out."""
        asked_ns = self._session.clock.now_ns()
        quotes = await self.quotes(frozenset(source.symbol for source in sources))
        now_ns = self._session.clock.now_ns()
        ticks = []
        for source in sorted(sources, key=str):
            quote = quotes.get(source.symbol)
            price = None if quote is None else price_in(quote, source.kind)
            if quote is None or price is None:
                continue
            is_trade = source.kind is PriceKind.LAST and quote.trade_time > 0
            # The others carry no instant that matters: they are what is now.
            at_ns = quote.trade_time * NS_PER_MS if is_trade else asked_ns
            # Answers come in order; two trades may be of one millisecond.
            self._seq += 1
            ticks.append(Tick(source, price, at_ns, now_ns, self._seq))
        return ticks


def price_in(quote: WireQuote, kind: PriceKind) -> Decimal | None:
    """Give a price of a quote; None for what is none, zero among it."""
    prices = {
        PriceKind.LAST: quote.last_price,
        PriceKind.BID: quote.bid_price,
        PriceKind.ASK: quote.ask_price,
        PriceKind.MARK: quote.mark,
    }
    price = prices.get(kind)
    if price is None or not price.is_finite() or price <= ZERO:
        return None
    return price
