"""What the gateway can be asked: positions, orders, executions, prices."""

from __future__ import annotations

from decimal import Decimal

from exitd.adapters.interactive_brokers.contracts import Contracts
from exitd.adapters.interactive_brokers.defaults import VENUE
from exitd.adapters.interactive_brokers.reports import (
    conid_in,
    fill_report,
    is_stock,
    order_report,
)
from exitd.adapters.interactive_brokers.session import Session, decoded
from exitd.adapters.interactive_brokers.wire import (
    ORDERS,
    POSITIONS,
    SNAPSHOT,
    TRADES,
    WirePosition,
    number,
    text_in,
)
from exitd.adapters.polling.net import net_reports
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.market import PriceKind
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable
from exitd.runtime.newest import Newest

PAGE_ROWS = 100
PAGES_MAX = 100
TRADE_DAYS = 7
#: Of so many orders the gateway's number is known; it lists those of one session.
ORDERS_MAX = 20_000

FIELDS = {
    PriceKind.LAST: "31",
    PriceKind.BID: "84",
    PriceKind.ASK: "86",
    PriceKind.MARK: "7635",
}
AVAILABILITY = "6509"


class Queries:
    """The reading half of one account."""

    def __init__(self, session: Session, contracts: Contracts) -> None:
        self.session = session
        self.contracts = contracts
        self._ids: Newest[str, str] = Newest(ORDERS_MAX)

    async def net_positions(self) -> dict[str, tuple[Decimal, Decimal | None]]:
        """Read the signed quantity and the entry price of each stock held.

        What the gateway has kept of them is thrown away first.

        Raises:
            VenueUnavailable: They could not be read whole.
        """
        path = f"portfolio/{self.session.broker_account}/positions"
        reply = await self.session.ask(f"{path}/invalidate")
        if reply.status != 200:
            raise VenueUnavailable(
                f"{VENUE} does not refresh its positions: {reply.status}",
                status=reply.status,
            )
        found: dict[str, tuple[Decimal, Decimal | None]] = {}
        for page in range(PAGES_MAX):
            reply = await self.session.read(f"{path}/{page}", {})
            rows = decoded(reply, POSITIONS, "positions")
            try:
                for row in rows:
                    self._position(row, found)
            except ValueError as exc:
                raise VenueUnavailable(
                    f"the positions of {VENUE} cannot be read: {exc}"
                ) from exc
            if len(rows) < PAGE_ROWS:
                return found
        raise VenueUnavailable(f"{VENUE} lists more than {PAGES_MAX} pages")

    def _position(
        self, row: WirePosition, found: dict[str, tuple[Decimal, Decimal | None]]
    ) -> None:
        if not is_stock(row.asset_class):
            return
        net = number(row.position)
        if net is None:
            raise ValueError("a position without its size")
        ticker = row.ticker or row.contract_desc or ""
        symbol = self.contracts.symbol_of(conid_in(row.conid), ticker)
        if net != ZERO:
            found[symbol] = (net, number(row.avg_price))

    async def positions(self, symbol: str | None) -> tuple[PositionReport, ...]:
        asked_ns = self.session.clock.now_ns()
        held = await self.net_positions()
        now_ns = self.session.clock.now_ns()
        account = self.session.account
        if symbol is not None:
            net, entry = held.get(symbol, (ZERO, None))
            return net_reports(account, symbol, net, entry, asked_ns, now_ns)
        return tuple(
            report
            for name, (net, entry) in held.items()
            for report in net_reports(account, name, net, entry, asked_ns, now_ns)
            if report.quantity > ZERO
        )

    async def both_sides(self) -> tuple[PositionReport, ...]:
        """Read the positions, the flat side of each among them."""
        asked_ns = self.session.clock.now_ns()
        held = await self.net_positions()
        now_ns = self.session.clock.now_ns()
        return tuple(
            report
            for name, (net, entry) in held.items()
            for report in net_reports(
                self.session.account, name, net, entry, asked_ns, now_ns
            )
        )

    async def orders(self, symbol: str | None = None) -> tuple[OrderReport, ...]:
        """Read the orders of this session, the ended ones among them.

        Raises:
            VenueUnavailable: They could not be read.
        """
        reply = await self.session.read("iserver/account/orders", {})
        rows = decoded(reply, ORDERS, "orders").orders
        now_ns = self.session.clock.now_ns()
        try:
            reports = [
                order_report(self.session.account, self.contracts, row, now_ns)
                for row in rows
                if is_stock(row.secType) and row.side in ("BUY", "SELL")
            ]
        except ValueError as exc:
            raise VenueUnavailable(
                f"the orders of {VENUE} cannot be read: {exc}"
            ) from exc
        for row in rows:
            if row.order_ref:
                self._ids[row.order_ref] = text_in(row.orderId)
        return tuple(r for r in reports if symbol in (None, r.symbol))

    async def fills(
        self, ts_venue_ns: int, symbol: str | None = None
    ) -> tuple[FillReport, ...]:
        """Read executions of the last seven days, which is all that there is.

        Raises:
            VenueUnavailable: They could not be read.
        """
        reply = await self.session.read("iserver/account/trades", {"days": TRADE_DAYS})
        rows = decoded(reply, TRADES, "executions")
        now_ns = self.session.clock.now_ns()
        try:
            reports = [
                fill_report(
                    self.session.account,
                    self.contracts,
                    row,
                    self._ids.get(row.order_ref or "", ""),
                    now_ns,
                )
                for row in rows
                if is_stock(row.sec_type)
            ]
        except ValueError as exc:
            raise VenueUnavailable(
                f"the executions of {VENUE} cannot be read: {exc}"
            ) from exc
        since_ns = ts_venue_ns // NS_PER_S * NS_PER_S
        kept = (r for r in reports if r.ts_venue_ns >= since_ns)
        return tuple(
            sorted(
                (r for r in kept if symbol in (None, r.symbol)),
                key=lambda r: r.ts_venue_ns,
            )
        )

    async def price(self, symbol: str, kind: PriceKind) -> Decimal | None:
        """Ask for a price; None when there is no live one.

        The first question only opens the subscription, so it is asked twice.
        """
        field = FIELDS.get(kind)
        if field is None:
            return None
        conid = await self.contracts.conid(symbol)
        query = {"conids": str(conid), "fields": f"{field},{AVAILABILITY}"}
        for _ in range(2):
            reply = await self.session.read("iserver/marketdata/snapshot", query)
            rows = decoded(reply, SNAPSHOT, f"the price of {symbol}")
            row = next(iter(rows), {})
            if field in row:
                return live_price(
                    text_in(row[field]), text_in(row.get(AVAILABILITY, b""))
                )
        return None


def live_price(text: str, availability: str) -> Decimal | None:
    """Read a price that may be judged now.

    `C193.18` is yesterday's close and `H…` a halted one; an availability that does
    not begin with R is delayed or frozen. None of these may fire anything.
    """
    if not text or not text[0].isdigit():
        return None
    if availability and availability[0] != "R":
        return None
    try:
        return number(text.encode())
    except ValueError:
        return None
