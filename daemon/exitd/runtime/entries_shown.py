"""From the records of entries and of alerts to what people see; reads only."""

from collections.abc import Mapping

import msgspec

from exitd.core.entry import EntryRecord, SignalRecord
from exitd.core.resting import level_now
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition, TriggerRecord
from exitd.core.units import text
from exitd.core.wording import asked_text, condition_word
from exitd.runtime.entry_views import EntryExitView, EntryView, SignalView
from exitd.runtime.numbers import rounded_text
from exitd.runtime.shown import (
    Prices,
    shown_state,
    text_or_none,
    timestamp,
    timestamp_or_none,
)


def entry_view(
    state: State,
    entry: EntryRecord,
    prices: Prices | None,
    exits: Mapping[str, TriggerRecord],
) -> EntryView:
    """Show an entry; *exits* are those of its exits that were ever armed."""
    ticket, time = entry.order.ticket, entry.order.ticket.time_in_force
    return EntryView(
        id=entry.id,
        account=entry.order.account,
        symbol=ticket.symbol,
        side=ticket.side.value,
        position=str(entry.order.key),
        state=entry.state.value,
        is_ended=entry.is_ended,
        is_over=entry.is_over,
        order=ticket.order.value,
        quantity=text_or_none(ticket.quantity),
        notional=text_or_none(ticket.notional),
        limit_price=text_or_none(ticket.limit_price),
        stop_price=text_or_none(ticket.stop_price),
        trail_price=text_or_none(ticket.trail_price),
        trail_percent=text_or_none(ticket.trail_percent),
        time_in_force=time.value if time is not None else None,
        client_order_id=ticket.client_order_id,
        venue_order_id=entry.venue_order_id,
        market_price=text_or_none(entry.market_price),
        filled=text(entry.filled),
        average_price=rounded_text(entry.average_price),
        closed=text(entry.closed),
        lost=text(entry.lost),
        left=text(entry.left),
        exits=tuple(
            _exit_view(state, exit, prices, exits.get(exit.id)) for exit in entry.exits
        ),
        is_held_by_broker=entry.is_held_by_broker,
        is_taken_over=entry.is_taken_over,
        is_guarded=entry.is_guarded,
        legs=entry.legs,
        legs_over=entry.legs_over,
        refusal=entry.refusal,
        withdrawn=entry.withdrawn,
        not_after=timestamp_or_none(entry.not_after_ns),
        ts_wanted=timestamp(entry.ts_wanted_ns),
        ts_sent=timestamp_or_none(entry.ts_sent_ns),
        ts_filled_venue=timestamp_or_none(entry.ts_filled_venue_ns),
        ts_changed=timestamp(entry.ts_changed_ns),
    )


def _exit_view(
    state: State,
    definition: TriggerDefinition,
    prices: Prices | None,
    record: TriggerRecord | None,
) -> EntryExitView:
    level = definition.level if record is None else level_now(state, record)
    return EntryExitView(
        id=definition.id,
        kind=condition_word(definition.condition),
        level=text_or_none(level) or asked_text(definition.condition) or None,
        state=None if record is None else shown_state(state, record, prices),
    )


def signal_view(record: SignalRecord, entry: EntryRecord | None) -> SignalView:
    """Show an alert; *entry* is what became of it, where it became one."""
    body = msgspec.json.decode(record.body)
    return SignalView(
        id=record.id,
        route=record.route,
        ticker=str(body.get("ticker", "")),
        direction=str(body.get("direction", "")),
        client_order_id=record.client_order_id,
        again=record.again,
        is_paper=record.is_paper,
        state=record.state.value,
        outcome=record.outcome,
        account=record.account,
        entry_id=record.entry_id,
        entry_state=None if entry is None else entry.state.value,
        entry_refusal="" if entry is None else entry.refusal,
        trigger_ids=record.trigger_ids,
        ts_received=timestamp(record.ts_received_ns),
        ts_done=timestamp_or_none(record.ts_done_ns),
    )
