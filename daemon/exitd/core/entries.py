"""Entries: the only orders that can open, each sent once at the most.

An entry is written down before it is signed, and what was signed before it is sent. One
that nobody answers for is looked up by its id; the same bytes are sent again where the
venue takes an id once, for ever, and while it is young enough. It is never given a new
id, and a second order never stands for it.
"""

from msgspec.structs import replace

from exitd.core.attempt import Dedupe, RefusalKind
from exitd.core.checks import wrong_exit
from exitd.core.entry import EntryRecord, EntryState
from exitd.core.entry_inputs import (
    Enter,
    EntryNotFound,
    EntryRefused,
    EntrySent,
    EntrySigned,
    EntrySlotOpened,
    EntryUnanswered,
)
from exitd.core.entry_steps import step, watch_end
from exitd.core.events import FactKind
from exitd.core.indexing import forget_entry
from exitd.core.intents import (
    FindEntry,
    ProvePosition,
    RequestEntrySlot,
    ResendEntry,
    SendEntry,
)
from exitd.core.lifecycle import EntryCause
from exitd.core.lifetimes import other_side_held
from exitd.core.position import other_side
from exitd.core.refusals import delay_ns
from exitd.core.state import Accepted, Refused, Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, NS_PER_US, ZERO, text
from exitd.core.withdrawing import end_unsent, go_on

#: A no that says nothing about the order: it may go while it is young enough.
_FOR_NOW = frozenset({RefusalKind.RATE_LIMITED, RefusalKind.BUSY, RefusalKind.EXPIRED})
UNANSWERED = frozenset({EntryState.SIGNED, EntryState.SENT, EntryState.IN_DOUBT})


def on_enter(turn: Turn, enter: Enter) -> None:
    """Write an entry down and ask for its slot; its id is taken once."""
    state, order = turn.state, enter.order
    ids = tuple(definition.id for definition in enter.exits)
    known = state.entries.get(order.id)
    if known is not None:
        turn.reply = Accepted(ids, (f"{order.id} is {known.state} already",))
        return
    refused = _wrong(turn, enter)
    if refused is not None:
        turn.reply = refused
        return
    entry = EntryRecord(
        order=order,
        state=EntryState.WANTED,
        exits=enter.exits,
        market_price=enter.market_price,
        not_after_ns=enter.not_after_ns,
        ts_wanted_ns=turn.now_ns,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_entry(entry)
    for definition in enter.exits:
        # Its price is to be known by the time that something has filled.
        state.book(definition.source)
    ticket = order.ticket
    turn.entry_fact(
        FactKind.ENTRY_WANTED,
        entry,
        side=ticket.side.value,
        quantity=ticket.quantity,
        notional=ticket.notional,
        order=ticket.order.value,
        limit_price=ticket.limit_price,
        stop_price=ticket.stop_price,
        client_order_id=ticket.client_order_id,
        exits=", ".join(ids),
    )
    ask_slot(turn, entry)
    turn.reply = Accepted(ids)


def _wrong(turn: Turn, enter: Enter) -> Refused | None:
    state, order = turn.state, enter.order
    ticket = order.ticket
    if (order.account, ticket.symbol) not in state.instruments:
        return Refused(
            "unknown_symbol", f"{order.account} has no market {ticket.symbol}"
        )
    if (order.account, ticket.client_order_id) in state.entry_of_reference:
        return Refused(
            "exists",
            f"{order.account} has an entry of the id {ticket.client_order_id} already",
        )
    opposite = why_not_now(turn, order.id, enter=enter)
    if opposite:
        return Refused("reverses", opposite)
    for definition in enter.exits:
        assert definition.key == order.key, "exits are of the position that is opened"
        refused = wrong_exit(state, definition, turn.now_ns)
        if refused is not None:
            return refused
    return None


def why_not_now(turn: Turn, entry_id: str, *, enter: Enter | None = None) -> str:
    """Say why an entry must not go: the other side is held, and nothing reverses."""
    order = enter.order if enter is not None else turn.state.entries[entry_id].order
    other = other_side(order.key)
    held, side = other_side_held(turn.state, order.key), other.side
    if held == ZERO:
        hedges = turn.state.capabilities[order.account].hedge_mode
        under_way = [e for e in turn.state.entries_on(other) if not e.is_ended]
        if hedges or not under_way:
            return ""
        return (
            f"{under_way[0].id} is still to make a {side} position in "
            f"{order.ticket.symbol}, which this entry would reverse; take it back with "
            f"`exitd cancel {under_way[0].id}` or an alert whose positionIntent closes"
        )
    return (
        f"a {side} position of {text(held)} {order.ticket.symbol} is held, and an "
        "entry never reduces or reverses one; close it first"
    )


def ask_slot(turn: Turn, entry: EntryRecord) -> None:
    """Ask for a slot, and let the entry lapse if none comes in its time."""
    turn.intend(RequestEntrySlot(entry.order.account, entry.id))
    if entry.not_after_ns:
        turn.at(Timer(entry.not_after_ns + 1, TimerKind.ENTRY_LAPSES, entry.id, 0))


def is_too_late(entry: EntryRecord, now_ns: int) -> bool:
    return 0 < entry.not_after_ns < now_ns


def on_slot(turn: Turn, slot: EntrySlotOpened) -> None:
    """Have an entry signed and sent, unless its time is over or it would reverse."""
    entry = turn.state.entries.get(slot.entry_id)
    if entry is None or entry.state is not EntryState.WANTED:
        return
    if is_too_late(entry, turn.now_ns):
        lapse(turn, entry)
        return
    why = why_not_now(turn, entry.id)
    if why:
        _end_refused(turn, entry, RefusalKind.INVALID, why)
        return
    turn.intend(SendEntry(entry.order))


def lapse(turn: Turn, entry: EntryRecord) -> None:
    """End an entry that was never sent."""
    ended = step(turn, entry, EntryCause.LAPSED)
    turn.entry_fact(
        FactKind.ENTRY_EXPIRED,
        ended,
        why="it could not be sent in its time, so it was not sent",
        alert=True,
    )


def on_signed(turn: Turn, signed: EntrySigned) -> None:
    """Write down what is to leave; it may leave once this is durable."""
    entry = turn.state.entries[signed.entry_id]
    signed_entry = replace(
        entry,
        signed=signed.signed,
        ts_signed_venue_ns=signed.ts_signed_venue_ns,
        expires_venue_ns=signed.expires_venue_ns,
        ts_sent_ns=0,
    )
    after = step(turn, signed_entry, EntryCause.SIGNED)
    turn.entry_fact(FactKind.ENTRY_SIGNED, after)


def on_sent(turn: Turn, sent: EntrySent) -> None:
    entry = turn.state.entries.get(sent.entry_id)
    if entry is None or entry.state is EntryState.WANTED or entry.ts_sent_ns:
        return
    after = replace(entry, ts_sent_ns=sent.now_ns)
    if entry.state is EntryState.SIGNED:
        after = step(turn, after, EntryCause.SENT)
    else:
        # Evidence of it was quicker.
        turn.put_entry(after)
    turn.entry_fact(
        FactKind.ENTRY_SENT,
        after,
        client_order_id=entry.order.ticket.client_order_id,
        wanted_to_sent_us=(sent.now_ns - entry.ts_wanted_ns) // NS_PER_US,
    )


def on_refused(turn: Turn, refused: EntryRefused) -> None:
    """Take in a no. One that is about the moment puts the entry back in the queue."""
    entry = turn.state.entries.get(refused.entry_id)
    if entry is None or entry.state not in (EntryState.WANTED, *UNANSWERED):
        return
    message = refused.message
    if message != refused.code:
        message = f"{refused.code}: {message}"
    wait_ns = delay_ns(refused.kind, 1, refused.retry_after_ns)
    is_young = not is_too_late(entry, turn.now_ns + wait_ns)
    is_first = entry.state in (EntryState.SIGNED, EntryState.SENT)
    if refused.kind in _FOR_NOW and is_first and entry.withdrawn:
        end_unsent(turn, entry)
        return
    if refused.kind in _FOR_NOW and is_first and is_young:
        back = step(turn, replace(entry, signed=b""), EntryCause.PUT_BACK)
        turn.entry_fact(FactKind.ENTRY_PUT_BACK, back, why=message)
        turn.at(Timer(turn.now_ns + wait_ns, TimerKind.ENTRY_DOUBT, entry.id, 0))
        return
    _end_refused(turn, entry, refused.kind, message)


def _end_refused(
    turn: Turn, entry: EntryRecord, kind: RefusalKind, message: str
) -> None:
    ended = step(turn, replace(entry, refusal=message), EntryCause.REFUSED)
    turn.entry_fact(
        FactKind.ENTRY_REFUSED, ended, refusal=kind.value, why=message, alert=True
    )


def refuse(turn: Turn, entry: EntryRecord, kind: RefusalKind, message: str) -> None:
    """End an entry that the venue has taken in and refused after all."""
    _end_refused(turn, entry, kind, message)


def on_unanswered(turn: Turn, lost: EntryUnanswered) -> None:
    """Take in that no usable answer came; one that came before it counts."""
    entry = turn.state.entries.get(lost.entry_id)
    if entry is not None and entry.state in (EntryState.SIGNED, EntryState.SENT):
        _doubt(turn, entry, lost.why)


def _doubt(turn: Turn, entry: EntryRecord, why: str) -> None:
    doubtful = step(turn, entry, EntryCause.UNANSWERED)
    turn.entry_fact(FactKind.ENTRY_IN_DOUBT, doubtful, why=why)
    _ask_again(turn, doubtful)


def _ask_again(turn: Turn, entry: EntryRecord) -> None:
    """Look for an entry in doubt, and send the same bytes again where that is safe."""
    capabilities = turn.state.capabilities.get(entry.order.account)
    if capabilities is None:
        # Its account is no longer there; the question says so where it arrives.
        turn.intend(FindEntry(entry.order, entry.venue_order_id))
        return
    is_wanted = not entry.withdrawn and not is_too_late(entry, turn.now_ns)
    if capabilities.dedupe is Dedupe.ALWAYS and is_wanted:
        turn.intend(
            ResendEntry(
                entry.order,
                entry.signed,
                entry.ts_signed_venue_ns,
                entry.expires_venue_ns,
            )
        )
    turn.intend(FindEntry(entry.order, entry.venue_order_id))
    due_ns = turn.now_ns + turn.state.policies.resolve_every_ns
    turn.at(Timer(due_ns, TimerKind.ENTRY_DOUBT, entry.id, 0))


def on_not_found(turn: Turn, nothing: EntryNotFound) -> None:
    """End a doubt by absence: after expiry and slack, and the last copy long gone."""
    entry = turn.state.entries.get(nothing.entry_id)
    if entry is None or entry.state is not EntryState.IN_DOUBT:
        return
    capabilities = turn.state.capabilities[entry.order.account]
    slack_ns = capabilities.lag_slack_ns
    if nothing.read_started_venue_ns < entry.expires_venue_ns + slack_ns:
        return
    if capabilities.dedupe is Dedupe.ALWAYS and not is_too_late(
        entry, turn.now_ns - slack_ns
    ):
        return
    ended = step(turn, entry, EntryCause.NOT_FOUND)
    turn.entry_fact(
        FactKind.ENTRY_EXPIRED,
        ended,
        why="the venue never had it, and it is too late to send it again",
        alert=True,
    )


def on_timer(turn: Turn, timer: Timer) -> None:
    entry = turn.state.entries.get(timer.trigger_id)
    if entry is None:
        return
    if timer.kind is TimerKind.ENTRY_LAPSES:
        if entry.state is EntryState.WANTED:
            lapse(turn, entry)
    elif timer.kind is TimerKind.ENTRY_PROOF:
        _ask_proof(turn, entry, timer)
    elif timer.kind is TimerKind.ENTRY_FORGET:
        _forget(turn, entry, timer)
    elif timer.kind is TimerKind.ENTRY_WITHDRAWN:
        go_on(turn, entry)
    elif entry.state is EntryState.IN_DOUBT:
        _ask_again(turn, entry)
    elif entry.state is EntryState.WANTED:
        turn.intend(RequestEntrySlot(entry.order.account, entry.id))


def _ask_proof(turn: Turn, entry: EntryRecord, timer: Timer) -> None:
    """Ask for the position unless it shows what has filled, until an answer comes."""
    order = entry.order
    position = turn.state.position(order.key)
    if not position.entered and position.held >= entry.left:
        return
    turn.intend(ProvePosition(order.account, order.ticket.symbol))
    if position.entered:
        slack_ns = turn.state.capabilities[order.account].lag_slack_ns
        turn.at(replace(timer, due_ns=turn.now_ns + slack_ns + NS_PER_S))


def _forget(turn: Turn, entry: EntryRecord, timer: Timer) -> None:
    # What its broker may hold is still being looked for: closes wait for that.
    is_asked = entry.id in turn.state.legs_asked
    if entry.is_over and not is_asked:
        forget_entry(turn.state, entry)
    elif entry.is_ended:
        due_ns = turn.now_ns + turn.state.policies.attempts_kept_ns
        turn.at(replace(timer, due_ns=due_ns))


def resume(turn: Turn, entry: EntryRecord) -> None:
    """After a start: send what was not signed, and doubt what may have been sent."""
    if entry.state is EntryState.WANTED:
        ask_slot(turn, entry)
    elif entry.state in (EntryState.SIGNED, EntryState.SENT):
        _doubt(turn, entry, "the daemon stopped before the answer")
    elif entry.state is EntryState.IN_DOUBT:
        _ask_again(turn, entry)
    else:
        watch_end(turn, entry)
        if not entry.is_ended:
            turn.intend(FindEntry(entry.order, entry.venue_order_id))
            go_on(turn, entry)
