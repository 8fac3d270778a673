"""A rehearsal as `--json` prints it: numbers as text, instants as RFC 3339."""

from msgspec import Struct

from exitd.runtime.rehearsal.report import Fired, Held, Report, Standing
from exitd.runtime.shown import percent_text, text_or_none, timestamp, timestamp_or_none


class FiredView(Struct, kw_only=True):
    trigger_id: str
    ts: str
    ts_done: str | None
    cause: str
    action: str
    level: str | None
    observed: str | None
    source: str
    closed: str
    price: str | None
    order: str
    orders: int
    slippage_percent: str | None
    pnl: str | None
    is_open: bool
    outcome: str
    held_by: str


class StandingView(Struct, kw_only=True):
    trigger_id: str
    state: str
    waiting_for: str
    level: str | None
    price: str | None
    distance_percent: str | None
    due: str | None
    nearest_price: str | None
    nearest_percent: str | None
    nearest_ts: str | None


class HeldView(Struct, kw_only=True):
    position: str
    before: str
    after: str
    entry_price: str | None


class ReportView(Struct, kw_only=True):
    start: str
    end: str
    prices: int
    ignored_prices: int
    fired: tuple[FiredView, ...]
    standing: tuple[StandingView, ...]
    positions: tuple[HeldView, ...]
    no_price_of: tuple[str, ...]
    no_sessions_of: tuple[str, ...]


def report_view(report: Report) -> ReportView:
    return ReportView(
        start=timestamp(report.start_ns),
        end=timestamp(report.end_ns),
        prices=report.prices,
        ignored_prices=report.ignored_prices,
        fired=tuple(map(fired_view, report.fired)),
        standing=tuple(map(_standing_view, report.standing)),
        positions=tuple(map(_held_view, report.positions)),
        no_price_of=report.unseen,
        no_sessions_of=report.unknown_calendars,
    )


def fired_view(fired: Fired) -> FiredView:
    slippage = fired.slippage_percent
    return FiredView(
        trigger_id=fired.trigger_id,
        ts=timestamp(fired.ts_ns),
        ts_done=timestamp_or_none(fired.ts_done_ns),
        cause=fired.cause,
        action=fired.action,
        level=text_or_none(fired.level),
        observed=text_or_none(fired.observed),
        source=fired.source,
        closed=text_or_none(fired.quantity) or "0",
        price=text_or_none(fired.price),
        order=fired.order,
        orders=fired.orders,
        slippage_percent=None if slippage is None else percent_text(slippage),
        pnl=text_or_none(fired.pnl),
        is_open=fired.is_open,
        outcome=fired.outcome,
        held_by=fired.held_by,
    )


def _standing_view(standing: Standing) -> StandingView:
    nearest, distance = standing.nearest, standing.distance_percent
    return StandingView(
        trigger_id=standing.trigger_id,
        state=standing.state,
        waiting_for=standing.waiting_for,
        level=text_or_none(standing.level),
        price=text_or_none(standing.price),
        distance_percent=None if distance is None else percent_text(distance),
        due=timestamp_or_none(standing.due_ns),
        nearest_price=text_or_none(nearest.price if nearest else None),
        nearest_percent=percent_text(nearest.distance_percent) if nearest else None,
        nearest_ts=timestamp(nearest.ts_ns) if nearest else None,
    )


def _held_view(held: Held) -> HeldView:
    return HeldView(
        position=str(held.key),
        before=text_or_none(held.before) or "0",
        after=text_or_none(held.after) or "0",
        entry_price=text_or_none(held.entry_price),
    )
