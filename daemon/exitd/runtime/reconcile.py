"""Making our record agree with the venue's."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import AttemptState
from exitd.core.inputs import (
    FillReport,
    NothingFound,
    OrderReport,
    PositionReport,
)
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
from exitd.runtime.inquiry import LOOK_BACK_NS, flat_report
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue

_WORKING = (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED)
#: A venue's history may lag behind its positions: asked again before it is doubted.
_PROOF_TRIES, _PROOF_PAUSE_S = 3, 1.0
#: Beyond so many positions the fills of all are read at once: history is scarce.
_ONE_BY_ONE_MAX = 3


async def reconcile(
    loop: EngineLoop,
    venue: PacedVenue,
    *,
    before_gap: Mapping[PositionKey, PositionRecord] | None = None,
) -> None:
    """Read positions and open orders, and report what they say.

    Args:
        loop: Where the reports go.
        venue: What is asked.
        before_gap: The positions as they were when they were last watched. The
            fills since then prove whether each is still the one that it was.

    Raises:
        VenueError: A query failed; nothing that it would have said is assumed.
    """
    state, account = loop.engine.state, venue.account
    asked_ns = venue.venue_now_ns()
    open_now = {report.key: report for report in await venue.positions()}
    for key in [k for k in state.positions if k.account == account]:
        open_now.setdefault(key, flat_report(key, asked_ns, loop.clock.now_ns()))
    unwatched = {
        key: seen
        for key, seen in (before_gap or {}).items()
        if seen.lifetime == state.position(key).lifetime
    }
    fills: tuple[FillReport, ...] | None = None
    if len(unwatched) > _ONE_BY_ONE_MAX:
        oldest_ns = min(_since_ns(seen) for seen in unwatched.values())
        fills = await venue.fills_since(oldest_ns)
    for key, report in open_now.items():
        if key in unwatched:
            report = await _with_continuity(venue, unwatched[key], report, fills)
        loop.handle(report)
    await _reconcile_orders(loop, venue)
    log(
        Event.ACCOUNT_RECONCILED,
        account=account,
        positions=sum(r.quantity > ZERO for r in open_now.values()),
    )


async def _with_continuity(
    venue: PacedVenue,
    seen: PositionRecord,
    report: PositionReport,
    fills: tuple[FillReport, ...] | None,
) -> PositionReport:
    """Say whether the position seen now is the one seen before the gap."""
    verdict = Continuity.SAME
    for attempt in range(_PROOF_TRIES):
        if attempt:
            await asyncio.sleep(_PROOF_PAUSE_S)
            again = {r.key: r for r in await venue.positions(seen.key.symbol)}
            report = again.get(seen.key, report)
        if report.quantity == ZERO:
            return report
        if fills is None or attempt:
            fills = await venue.fills_since(_since_ns(seen), seen.key.symbol)
        verdict = _judge(seen, report, fills)
        if verdict is not Continuity.UNPROVEN:
            break
    if verdict is Continuity.SAME:
        return report
    return replace(report, continuity=verdict)


def _judge(
    seen: PositionRecord, report: PositionReport, fills: tuple[FillReport, ...]
) -> Continuity:
    sign = Decimal(1) if seen.key.side is Side.LONG else Decimal(-1)
    before, since_ns = sign * seen.quantity, _since_ns(seen)
    signed = [
        fill.quantity if fill.side is OrderSide.BUY else -fill.quantity
        for fill in fills
        if fill.symbol == seen.key.symbol and fill.ts_venue_ns > since_ns
    ]
    if before == ZERO and signed:
        # The fill of an entry began it, and no report has shown it since.
        before, *signed = signed
    return continuity(before, signed, sign * report.quantity)


def _since_ns(seen: PositionRecord) -> int:
    """Give the instant after which fills are not in what was last reported."""
    if seen.quantity > ZERO or not seen.entered:
        return seen.ts_venue_ns
    first_ns = min(fill.ts_venue_ns for fill in seen.entered)
    return min(seen.ts_venue_ns, first_ns - 1)


async def _reconcile_orders(loop: EngineLoop, venue: PacedVenue) -> None:
    """Find out about closes that we think are working and the venue does not list."""
    state = loop.engine.state
    working = [
        a
        for a in state.attempts.values()
        if a.state in _WORKING and a.order.account == venue.account
    ]
    if not working:
        return
    started_ns = venue.venue_now_ns()
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
    since_ns = min(a.ts_signed_venue_ns for a in missing) - LOOK_BACK_NS
    found = set()
    for report in await venue.orders_since(since_ns):
        if report.client_order_id is not None:
            found.add(report.client_order_id)
            loop.handle(report)
    for attempt in missing:
        if attempt.order.client_order_id not in found:
            key, now_ns = attempt.order.attempt, loop.clock.now_ns()
            loop.handle(NothingFound(key, started_ns, now_ns))


async def audit_tag(loop: EngineLoop, venue: PacedVenue, since_ns: int) -> None:
    """Show the engine every order since an instant that bears our tag.

    Those of open attempts are evidence. One that we never signed shows that this
    state is an old copy, or that another daemon uses it: its id is passed over.

    Raises:
        VenueError: A query failed.
    """
    tag = loop.engine.state.counters[venue.account].tag
    for report in await venue.orders_since(since_ns):
        client_id = report.client_order_id
        if client_id is not None and client_id >> 24 == tag:
            loop.handle(report)
