"""What happened since an instant: orders and fills, every page of both."""

from __future__ import annotations

from exitd.adapters.alpaca.reports import fill_report, order_reports
from exitd.adapters.alpaca.rest import decoded, is_not_there
from exitd.adapters.alpaca.session import Session, order_path
from exitd.adapters.alpaca.wire import (
    FILLS,
    ORDER,
    ORDERS,
    WireFill,
    WireOrder,
    in_query,
    instant_ns,
)
from exitd.core.inputs import FillReport, OrderReport
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable

ORDERS_PAGE = 500
FILLS_PAGE = 100
PAGES_MAX = 1000


async def orders_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[OrderReport, ...]:
    """Read the orders that were taken in since an instant, with their exits."""
    try:
        return tuple(
            report
            for row in await _orders(session, ts_venue_ns, symbol)
            for report in order_reports(session, row)
            if symbol in (None, report.symbol)
            and (report.ts_created_venue_ns or 0) >= ts_venue_ns
        )
    except ValueError as exc:
        raise VenueUnavailable(f"Alpaca's orders cannot be read: {exc}") from exc


async def _orders(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> list[WireOrder]:
    found: dict[str, WireOrder] = {}
    after = in_query(ts_venue_ns - NS_PER_S)
    for _ in range(PAGES_MAX):
        query: dict[str, str | int | bool] = {
            "status": "all",
            "direction": "asc",
            "limit": ORDERS_PAGE,
            "nested": True,
            "after": after,
        }
        if symbol is not None:
            query["symbols"] = symbol
        reply = await session.read("/v2/orders", query)
        now_ns = session.venue_clock.now_ns()
        rows = decoded(reply, ORDERS, "the history of orders", now_ns)
        is_new = any(row.id not in found for row in rows)
        found |= {row.id: row for row in rows}
        if len(rows) < ORDERS_PAGE:
            return list(found.values())
        # By the instant of submission; several may share it, so it is asked again.
        last = rows[-1].submitted_at or rows[-1].created_at
        following = in_query(instant_ns(last) - 1)
        if not is_new or following <= after:
            break
        after = following
    raise VenueUnavailable("Alpaca's history of orders does not end")


async def fills_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[FillReport, ...]:
    """Read fills since an instant, oldest first, each under its order's client id."""
    rows = await _fills(session, ts_venue_ns)
    try:
        reports = [
            fill_report(session, row, await _client_id(session, row.order_id))
            for row in rows
        ]
    except ValueError as exc:
        raise VenueUnavailable(f"Alpaca's fills cannot be read: {exc}") from exc
    wanted = (
        report
        for report in reports
        if report.ts_venue_ns >= ts_venue_ns and symbol in (None, report.symbol)
    )
    return tuple(sorted(wanted, key=lambda report: report.ts_venue_ns))


async def _fills(session: Session, ts_venue_ns: int) -> list[WireFill]:
    found: list[WireFill] = []
    query: dict[str, str | int] = {
        "direction": "asc",
        "page_size": FILLS_PAGE,
        "after": in_query(ts_venue_ns - NS_PER_S),
    }
    for _ in range(PAGES_MAX):
        reply = await session.read("/v2/account/activities/FILL", query)
        rows = decoded(reply, FILLS, "fills", session.venue_clock.now_ns())
        found += rows
        if len(rows) < FILLS_PAGE:
            return found
        query = {**query, "page_token": rows[-1].id}
    raise VenueUnavailable("Alpaca's list of fills does not end")


async def _client_id(session: Session, order_id: str) -> str:
    """Find out by which client id an order goes: fills do not carry it."""
    known = session.known.client_id_of(order_id)
    if known is not None:
        return known
    reply = await session.read(order_path(order_id))
    if is_not_there(reply):
        return ""
    now_ns = session.venue_clock.now_ns()
    order = decoded(reply, ORDER, "the order of a fill", now_ns)
    session.known.note(order)
    return order.client_order_id
