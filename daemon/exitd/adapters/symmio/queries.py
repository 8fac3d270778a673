"""Reading what is held, what rests, and what has been, of followed quotes."""

from __future__ import annotations

from exitd.adapters.symmio.cancels import pending
from exitd.adapters.symmio.followed import Followed
from exitd.adapters.symmio.reports import fill_report, other_side, position_report
from exitd.adapters.symmio.requests import read_one, report_of, requests_of
from exitd.adapters.symmio.session import Session
from exitd.core.inputs import FillReport, OrderReport, PositionReport
from exitd.core.units import NS_PER_S, ZERO
from exitd.errors import VenueUnavailable


async def _read(session: Session, symbol: str | None) -> list[Followed]:
    """Read one quote, or all that are followed, as of one block."""
    if symbol is not None:
        return [await read_one(session, symbol)]
    depth = await session.look()
    if not session.book.is_recalled:
        raise VenueUnavailable(
            "the quotes of before the start have not been recalled yet: a list"
            " without them would say that they are closed"
        )
    quotes = list(session.book.by_id.values())
    return [await session.book.read(quote, depth.number) for quote in quotes]


async def positions(session: Session, symbol: str | None) -> tuple[PositionReport, ...]:
    now_ns = session.clock.now_ns()
    reports: list[PositionReport] = []
    for followed in await _read(session, symbol):
        report = position_report(
            session.account, followed, session.venue_now_ns(), now_ns
        )
        if symbol is not None:
            reports += [report, other_side(report)]
        elif report.quantity > ZERO:
            reports.append(report)
    return tuple(reports)


async def open_orders(session: Session, symbol: str | None) -> tuple[OrderReport, ...]:
    """List pending close requests; those of other people too.

    Raises:
        VenueUnavailable: One is there, and who asked for it cannot be found.
    """
    reports = []
    for followed in await _read(session, symbol):
        request = await pending(session, followed)
        if request is not None:
            reports.append(report_of(session, followed, request))
    return tuple(reports)


async def orders_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[OrderReport, ...]:
    reports = []
    for followed in await _read(session, symbol):
        requests, _ = await requests_of(session, followed, ts_venue_ns // NS_PER_S)
        reports += [report_of(session, followed, request) for request in requests]
    return tuple(r for r in reports if r.ts_venue_ns >= ts_venue_ns)


async def fills_since(
    session: Session, ts_venue_ns: int, symbol: str | None
) -> tuple[FillReport, ...]:
    now_ns = session.clock.now_ns()
    instants = session.history.instants
    reports = []
    for followed in await _read(session, symbol):
        _, fills = await requests_of(session, followed, ts_venue_ns // NS_PER_S)
        reports += [
            fill_report(session.account, followed, fill, instants, now_ns)
            for fill in fills
        ]
    found = [r for r in reports if r.ts_venue_ns >= ts_venue_ns]
    return tuple(sorted(found, key=lambda r: r.ts_venue_ns))
