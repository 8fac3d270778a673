"""Reading orders, fills and funding back to an instant, every page of them.

Orders and funding know no time filter (docs.backpack.exchange), so they are read newest
first until a row is older than asked for. Rows that arrive meanwhile push others to
later pages: those are met twice, never missed, and kept once.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import msgspec

from exitd.adapters.backpack.reports import (
    fill_report,
    funding_report,
    order_report,
)
from exitd.adapters.backpack.rest import decoded
from exitd.adapters.backpack.session import Session
from exitd.adapters.backpack.signing import Parameter
from exitd.adapters.backpack.wire import FILLS, FUNDING, ORDERS
from exitd.adapters.network.lanes import Reply
from exitd.core.inputs import FillReport, OrderReport
from exitd.core.units import NS_PER_MS, NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.venue import FundingReport

PAGE_ROWS = 1000
PAGES_MAX = 1000

Row = TypeVar("Row")


async def orders_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[OrderReport, ...]:
    """Read orders created at *ts_venue_ns* or later, newest first.

    Raises:
        VenueUnavailable: A page failed or was shorter than it should be.
    """
    found: dict[Hashable, OrderReport] = {}
    since_ns = _to_ms(ts_venue_ns)
    for page in range(PAGES_MAX):
        rows = await _page(
            session,
            "orderHistoryQueryAll",
            "/wapi/v1/history/orders",
            {"sortDirection": "Desc", **_of(symbol)},
            page,
            ORDERS,
        )
        now_ns = session.clock.now_ns()
        try:
            reports = [order_report(session.account, row, now_ns) for row in rows]
        except ValueError as exc:
            raise VenueUnavailable(
                f"Backpack's order history cannot be read: {exc}"
            ) from exc
        for report in reports:
            assert report.ts_created_venue_ns is not None
            if report.ts_created_venue_ns >= since_ns:
                found.setdefault(report.venue_order_id, report)
        oldest_ns = min((r.ts_created_venue_ns or 0 for r in reports), default=0)
        if len(rows) < PAGE_ROWS or oldest_ns < since_ns:
            return tuple(found.values())
    raise VenueUnavailable(_too_long("order history"))


async def fills_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[FillReport, ...]:
    """Read fills executed at *ts_venue_ns* or later, oldest first.

    There is no upper bound in the query: a venue whose clock runs ahead of our idea
    of it would hide its latest fills behind one.

    Raises:
        VenueUnavailable: A page failed or was shorter than it should be.
    """
    found: dict[Hashable, FillReport] = {}
    since_ns = _to_ms(ts_venue_ns)
    since: dict[str, Parameter] = {
        "from": since_ns // NS_PER_MS,
        "sortDirection": "Asc",
    }
    for page in range(PAGES_MAX):
        rows = await _page(
            session,
            "fillHistoryQueryAll",
            "/wapi/v1/history/fills",
            since | _of(symbol),
            page,
            FILLS,
        )
        now_ns = session.clock.now_ns()
        try:
            reports = [fill_report(session.account, row, now_ns) for row in rows]
        except ValueError as exc:
            raise VenueUnavailable(
                f"Backpack's fill history cannot be read: {exc}"
            ) from exc
        for report in reports:
            # Both orders of a trade with oneself share its id.
            key = (report.symbol, report.trade_id, report.venue_order_id)
            if report.ts_venue_ns >= since_ns:
                found.setdefault(key, report)
        if len(rows) < PAGE_ROWS:
            return tuple(sorted(found.values(), key=lambda f: f.ts_venue_ns))
    raise VenueUnavailable(_too_long("fill history"))


async def funding_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[FundingReport, ...]:
    """Read funding paid at *ts_venue_ns* or later, oldest first.

    Raises:
        VenueUnavailable: A page failed or was shorter than it should be.
    """
    found: dict[Hashable, FundingReport] = {}
    # Its instants have whole seconds.
    since_ns = ts_venue_ns // NS_PER_S * NS_PER_S
    for page in range(PAGES_MAX):
        rows = await _page(
            session,
            "fundingHistoryQueryAll",
            "/wapi/v1/history/funding",
            {"sortDirection": "Desc", **_of(symbol)},
            page,
            FUNDING,
        )
        try:
            reports = [funding_report(session.account, row) for row in rows]
        except ValueError as exc:
            raise VenueUnavailable(
                f"Backpack's funding history cannot be read: {exc}"
            ) from exc
        for report in reports:
            if report.ts_venue_ns >= since_ns:
                found.setdefault((report.symbol, report.ts_venue_ns), report)
        oldest_ns = min((report.ts_venue_ns for report in reports), default=0)
        if len(rows) < PAGE_ROWS or oldest_ns < since_ns:
            return tuple(sorted(found.values(), key=lambda f: f.ts_venue_ns))
    raise VenueUnavailable(_too_long("funding history"))


async def _page(
    session: Session,
    instruction: str,
    path: str,
    query: dict[str, Parameter],
    page: int,
    decoder: msgspec.json.Decoder[list[Row]],
) -> list[Row]:
    parameters = query | {"limit": PAGE_ROWS, "offset": page * PAGE_ROWS}
    reply = await session.read(instruction, path, parameters)
    rows = decoded(reply, decoder, path)
    expected = _rows_expected(reply, page)
    if len(rows) < expected:
        raise VenueUnavailable(
            f"Backpack gave {len(rows)} rows of {path} where it counts {expected};"
            " the page is read again"
        )
    return rows


def _rows_expected(reply: Reply, page: int) -> int:
    """How many rows this page should hold by the answer's own total."""
    total = reply.headers.get("x-total", "")
    if not (total.isascii() and total.isdigit()):
        return 0
    return min(PAGE_ROWS, max(0, int(total) - page * PAGE_ROWS))


def _to_ms(ts_ns: int) -> int:
    """The histories cut their instants to milliseconds: so is what they are asked."""
    return ts_ns // NS_PER_MS * NS_PER_MS


def _of(symbol: str | None) -> dict[str, Parameter]:
    return {} if symbol is None else {"symbol": symbol}


def _too_long(what: str) -> str:
    return (
        f"Backpack's {what} goes on after {PAGES_MAX * PAGE_ROWS} rows;"
        " ask for a shorter time"
    )
