"""What the state finds triggers by, beside their ids."""

from exitd.core.condition import calendar_of
from exitd.core.derived import follows_position
from exitd.core.entry import EntryRecord
from exitd.core.market import Instrument
from exitd.core.position import PositionRecord
from exitd.core.role import Role
from exitd.core.roster import Roster
from exitd.core.state import State
from exitd.core.trigger import TriggerDefinition, TriggerRecord
from exitd.core.units import NS_PER_S

#: A market is known so long before its position at the most.
AWAITED_NS = 60 * NS_PER_S


def place(
    state: State, known: TriggerRecord | None, definition: TriggerDefinition
) -> None:
    """Index a new definition, and take the one before it out."""
    _place_by_calendar(state, known, definition)
    if known is not None:
        state.market_ends.leave(known.definition)
    state.market_ends.need(definition)
    key = definition.key
    is_here = known is not None and known.definition.key == key
    if known is not None and not is_here:
        old = known.definition
        if old.key is not None:
            state.by_position[old.key].remove(old.id)
            state.neighbours_on(old.key).drop(old)
    role = Role(key, definition.close is not None, definition.is_stop)
    state.roles[definition.id] = state.shared_roles.setdefault(role, role)
    if key is not None and not is_here:
        state.by_position.setdefault(key, Roster()).add(definition.id)
    if known is not None and known.definition.key is not None:
        state.followers.get(known.definition.key, {}).pop(definition.id, None)
    if key is not None and follows_position(definition):
        state.followers.setdefault(key, {})[definition.id] = None


def note_done(state: State, record: TriggerRecord) -> None:
    """Let a trigger be forgotten one day; the last of its account tells of it."""
    account = record.definition.account
    due_ns = record.ts_changed_ns + state.policies.done_kept_ns
    state.done.setdefault(record.id, due_ns)
    last = state.triggers.get(state.last_done.get(account, ""))
    if last is None or last.ts_changed_ns <= record.ts_changed_ns:
        state.last_done[account] = record.id


def note_position(state: State, position: PositionRecord, now_ns: int) -> None:
    """Let the market of a position be forgotten one day, if it ends with it.

    Args:
        now_ns: 0 for a position that was stored.
    """
    key, since_ns = position.key, now_ns or position.ts_venue_ns
    due_ns = since_ns + state.policies.done_kept_ns
    state.market_ends.note_due((key.account, key.symbol), due_ns)


def note_instrument(state: State, instrument: Instrument, now_ns: int) -> None:
    """As `note_position`, for one that may be new: its position is told of soon."""
    market = (instrument.account, instrument.symbol)
    due_ns = now_ns + max(state.policies.done_kept_ns, AWAITED_NS)
    known_ns = state.market_ends.due.get(market, 0)
    state.market_ends.note_due(market, max(known_ns, due_ns))


def displace(state: State, record: TriggerRecord) -> None:
    """Take a trigger out of all that it is found by."""
    definition = record.definition
    key = definition.key
    calendar = calendar_of(definition.condition)
    state.by_calendar.get(calendar, {}).pop(definition.id, None)
    state.market_ends.leave(definition)
    del state.roles[definition.id]
    if key is None:
        return
    state.neighbours_on(key).drop(definition)
    state.followers.get(key, {}).pop(definition.id, None)
    here = state.by_position[key]
    here.remove(definition.id)
    if not here:
        # A market of which nothing is left leaves nothing behind.
        del state.by_position[key], state.neighbours[key]
        state.followers.pop(key, None)


def _place_by_calendar(
    state: State, known: TriggerRecord | None, definition: TriggerDefinition
) -> None:
    if known is not None:
        before = calendar_of(known.definition.condition)
        state.by_calendar.get(before, {}).pop(definition.id, None)
    calendar = calendar_of(definition.condition)
    if calendar:
        state.by_calendar.setdefault(calendar, {})[definition.id] = None


def place_entry(state: State, entry: EntryRecord) -> None:
    """Index an entry by what evidence and exits of it are known by."""
    order, account = entry.order, entry.order.account
    state.entries[entry.id] = entry
    state.entry_of_reference[account, order.ticket.client_order_id] = entry.id
    for venue_order_id in (entry.venue_order_id, *entry.legs, *entry.legs_over):
        if venue_order_id:
            state.entry_of_order[account, venue_order_id] = entry.id
    for definition in entry.exits:
        state.entry_of_exit[definition.id] = entry.id
    state.entries_by_key.setdefault(order.key, {})[entry.id] = None


def forget_entry(state: State, entry: EntryRecord) -> None:
    """Drop an entry that is over from memory; its row stays."""
    order, account = entry.order, entry.order.account
    del state.entries[entry.id]
    state.entry_of_reference.pop((account, order.ticket.client_order_id), None)
    for venue_order_id in (entry.venue_order_id, *entry.legs_over):
        state.entry_of_order.pop((account, venue_order_id), None)
    for definition in entry.exits:
        state.entry_of_exit.pop(definition.id, None)
    state.entries_by_key[order.key].pop(entry.id, None)
    state.legs_asked.pop(entry.id, None)
    state.missed = {n: ns for n, ns in state.missed.items() if n[0] != entry.id}
