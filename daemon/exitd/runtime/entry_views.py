"""What people see of alerts and of the entries that they become.

As in `views`: prices and quantities are exact decimal text, instants RFC 3339 in UTC.
How they come from the records is in `entries_shown`.
"""

from msgspec import Struct

from exitd.runtime.views import FactView, TriggerView


class EntryExitView(Struct, frozen=True, kw_only=True):
    """One exit of an entry, a trigger of its own once something has filled.

    `state` is that of the trigger, null while it is not armed: nothing has filled, the
    broker holds it, or its position is over.
    """

    id: str
    kind: str
    level: str | None
    state: str | None


class EntryView(Struct, frozen=True, kw_only=True):
    """One entry: an order that may open or add to a position, asked for by an alert.

    `state` is wanted, signed, sent, in_doubt, working, partially_filled, filled,
    refused, cancelled or expired; `refusal` is why it was refused. `is_ended` says that
    nothing more of it can fill, `is_over` that its exits are over too. One of
    `quantity` and `notional` is what was asked for. `filled` is all that has filled,
    `closed` what its exits have taken off again, `lost` the part of it that others
    took, and `left` the rest. `legs` are the broker's ids of exits that it holds itself
    (`is_held_by_broker`), `legs_over` of those that have ended. It is not sent for the
    first time after `not_after`. `withdrawn` is why it is being taken back, if it is.
    """

    id: str
    account: str
    symbol: str
    side: str
    position: str
    state: str
    is_ended: bool
    is_over: bool
    order: str
    quantity: str | None
    notional: str | None
    limit_price: str | None
    stop_price: str | None
    trail_price: str | None
    trail_percent: str | None
    time_in_force: str | None
    client_order_id: str
    venue_order_id: str
    market_price: str | None
    filled: str
    average_price: str | None
    closed: str
    lost: str
    left: str
    exits: tuple[EntryExitView, ...]
    is_held_by_broker: bool
    is_taken_over: bool
    is_guarded: bool
    legs: tuple[str, ...]
    legs_over: tuple[str, ...]
    refusal: str
    withdrawn: str
    not_after: str | None
    ts_wanted: str
    ts_sent: str | None
    ts_filled_venue: str | None
    ts_changed: str


class EntriesView(Struct, frozen=True, kw_only=True):
    """One page of entries, newest first; `next` is the cursor of the page after it."""

    entries: tuple[EntryView, ...]
    next: str | None


class SignalView(Struct, frozen=True, kw_only=True):
    """One alert that came in by a route, as exitd has it on disk.

    `state` is accepted (stored, and still to be carried out), carried_out or refused.
    `outcome` says what was begun for it, or why nothing was; what became of the entry
    say `entry_state` (null without one) and `entry_refusal`. `again` counts earlier
    alerts of the route with the same `client_order_id`. `ts_done` is when it was
    carried out or refused.
    """

    id: str
    route: str
    ticker: str
    direction: str
    client_order_id: str
    again: int
    is_paper: bool
    state: str
    outcome: str
    account: str
    entry_id: str
    entry_state: str | None
    entry_refusal: str
    trigger_ids: tuple[str, ...]
    ts_received: str
    ts_done: str | None


class SignalsView(Struct, frozen=True, kw_only=True):
    """One page of alerts, newest first; `next` is the cursor of the page after it."""

    signals: tuple[SignalView, ...]
    next: str | None


class SignalDetailView(Struct, frozen=True, kw_only=True):
    """One alert, what it said and what it became.

    `body` is the normalised alert as JSON text, its numbers as they were written; its
    `auth_key` is not kept. `triggers` are its close, or the exits of its entry.
    """

    signal: SignalView
    body: str
    entry: EntryView | None
    triggers: tuple[TriggerView, ...]


class EntryDetailView(Struct, frozen=True, kw_only=True):
    """One entry with its alert, its exits, and its latest facts, newest first."""

    entry: EntryView
    signal: SignalView | None
    triggers: tuple[TriggerView, ...]
    facts: tuple[FactView, ...]


class EntryChangedView(Struct, frozen=True, kw_only=True):
    """What a change did; `notes` are sentences for the person who asked."""

    entry: EntryView
    notes: tuple[str, ...]
