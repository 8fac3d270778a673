"""Making our record agree with the venue's."""

from decimal import Decimal

from exitd.core.attempt import AttemptState
from exitd.core.inputs import OrderReport, PositionReport
from exitd.core.position import (
    Continuity,
    OrderSide,
    PositionKey,
    PositionRecord,
    Side,
    continuity,
)
from exitd.core.units import ZERO
from exitd.logs import Event, log
from exitd.ports.venue import Venue
from exitd.runtime.loop import EngineLoop

_WORKING = (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED)


async def reconcile(loop: EngineLoop, venue: Venue, *, after_gap: bool = False) -> None:
    """Read positions and open orders, and report what they say.

    Args:
        loop: Where the reports go.
        venue: What is asked.
        after_gap: Nobody watched until now: prove from the fills whether each
            position is still the one that it was.

    Raises:
        VenueError: A query failed; nothing that it would have said is assumed.
    """
    state, account = loop.engine.state, venue.account
    asked_ns = venue.venue_now_ns()
    open_now = {report.key: report for report in await venue.positions()}
    for key in [k for k in state.positions if k.account == account]:
        open_now.setdefault(key, _flat(key, asked_ns, loop.clock.now_ns()))
    for key, report in open_now.items():
        known = state.positions.get(key)
        if after_gap and known is not None and known.quantity > ZERO:
            report = await _with_continuity(venue, known, report)
        loop.handle(report)
    await _reconcile_orders(loop, venue)
    log(
        Event.ACCOUNT_RECONCILED,
        account=account,
        positions=sum(r.quantity > ZERO for r in open_now.values()),
    )


def _flat(key: PositionKey, asked_ns: int, now_ns: int) -> PositionReport:
    return PositionReport(key=key, quantity=ZERO, ts_venue_ns=asked_ns, now_ns=now_ns)


async def _with_continuity(
    venue: Venue, known: PositionRecord, report: PositionReport
) -> PositionReport:
    """Say whether the position seen now is the one seen before the gap."""
    if report.quantity == ZERO:
        return report
    sign = Decimal(1) if known.key.side is Side.LONG else Decimal(-1)
    fills = await venue.fills_since(known.ts_venue_ns, known.key.symbol)
    signed = [
        fill.quantity if fill.side is OrderSide.BUY else -fill.quantity
        for fill in fills
        if fill.ts_venue_ns > known.ts_venue_ns
    ]
    verdict = continuity(sign * known.quantity, signed, sign * report.quantity)
    if verdict is Continuity.SAME:
        return report
    return PositionReport(
        key=report.key,
        quantity=report.quantity,
        entry_price=report.entry_price,
        position_id=report.position_id,
        ts_venue_ns=report.ts_venue_ns,
        proven=report.proven,
        continuity=verdict,
        now_ns=report.now_ns,
    )


async def _reconcile_orders(loop: EngineLoop, venue: Venue) -> None:
    """Find out about closes that we think are working and the venue does not list."""
    state = loop.engine.state
    working = [
        a
        for a in state.attempts.values()
        if a.state in _WORKING and a.order.account == venue.account
    ]
    if not working:
        return
    listed = {o.venue_order_id: o for o in await venue.open_orders()}
    missing = []
    for attempt in working:
        order: OrderReport | None = listed.get(attempt.venue_order_id)
        if order is None:
            missing.append(attempt)
        else:
            loop.handle(order)
    if not missing:
        return
    since_ns = min(a.ts_signed_venue_ns for a in missing)
    for report in await venue.orders_since(since_ns):
        if report.client_order_id is not None:
            loop.handle(report)
