"""The exits of an entry: armed for what has filled, and never for more.

Each covers what the entry has filled and its exits have not closed again. What one of
them closes, the others no longer cover; with the position they all end. While the
broker holds them itself they wait for the day that it no longer does.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import leg_fills, legs
from exitd.core.arming import begin
from exitd.core.checks import Checked
from exitd.core.ending import ask_slot, wake
from exitd.core.entry import EntryRecord
from exitd.core.events import FactKind
from exitd.core.inputs import IfCrossed, OrderReport, OrderStatus
from exitd.core.known_prices import price_to_arm_by
from exitd.core.position import PositionKey
from exitd.core.resting import is_beyond, retire, waits_for_price
from exitd.core.state import State
from exitd.core.trigger import (
    Close,
    DoneReason,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO, text

_FOR_A_PRICE = (WaitingFor.FIRST_PRICE, WaitingFor.RIGHT_SIDE)
_ON_WATCH = (TriggerState.ARMED, TriggerState.WAITING)
#: What somebody, or its own expiry, has ended stays so when more fills.
_ENDED_FOR_GOOD = frozenset(
    {DoneReason.CANCELLED, DoneReason.EXPIRED, DoneReason.ABANDONED}
)
_LEG_OVER = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def on_filled(turn: Turn, entry: EntryRecord, filled: Decimal) -> None:
    """Let the exits cover what has filled now; *filled* is what was added."""
    if not entry.exits:
        return
    entry = replace(entry, is_guarded=True)
    turn.put_entry(entry)
    if entry.is_held_by_broker:
        return
    for definition in _stops_first(entry):
        record = turn.state.triggers.get(definition.id)
        if record is not None and record.state is TriggerState.FIRING:
            _enlarge(turn, entry, record, filled)
        elif record is not None and record.state in _ON_WATCH:
            resize(turn, entry, record)
        elif record is None or record.reason not in _ENDED_FOR_GOOD:
            _arm(turn, entry, definition, turn.state.policies.crossed_exits)


def _stops_first(entry: EntryRecord) -> list[TriggerDefinition]:
    return sorted(entry.exits, key=lambda definition: not definition.is_stop)


def _arm(
    turn: Turn,
    entry: EntryRecord,
    definition: TriggerDefinition,
    if_crossed: IfCrossed,
) -> None:
    """Arm an exit for all that is left, whatever others of its position do."""
    covering = _covering(definition, entry.left)
    price = price_to_arm_by(turn.state, covering, turn.now_ns)
    level = covering.level
    crosses = (
        level is not None
        and price is not None
        and is_beyond(covering.direction, level, price)
    )
    if crosses and if_crossed is IfCrossed.REFUSE:
        assert level is not None
        _tell_refused(turn, entry, definition.id, level)
        return
    is_unjudged = waits_for_price(covering) and price is None
    if is_unjudged and if_crossed is IfCrossed.REFUSE:
        # The first price since the fill says whether it is refused.
        if_crossed = IfCrossed.WAIT
    item = Checked(covering, [], crosses=crosses, is_unjudged=is_unjudged)
    begin(turn, item, if_crossed)


def _tell_refused(turn: Turn, entry: EntryRecord, exit: str, level: Decimal) -> None:
    turn.entry_fact(
        FactKind.EXITS_REFUSED,
        entry,
        exit=exit,
        why=f"its level {text(level)} is already crossed, and "
        "policies.crossed_at_arm_by_webhook says refuse",
        alert=True,
    )


def is_refused(turn: Turn, record: TriggerRecord) -> bool:
    """Refuse an exit that the first price since its fill is beyond, if that is wanted.

    What a broker held is not refused for a price that its own exits may have met.
    """
    entry = exit_of(turn.state, record.id)
    if entry is None or entry.is_taken_over or not entry.is_guarded:
        return False
    if turn.state.policies.crossed_exits is not IfCrossed.REFUSE:
        return False
    level = record.trigger_price
    assert level is not None, "what a price is beyond has a level"
    _tell_refused(turn, entry, record.id, level)
    retire(turn, record, "its level was crossed when its entry had filled")
    settle_guard(turn, turn.state.entries[entry.id])
    return True


def _covering(definition: TriggerDefinition, quantity: Decimal) -> TriggerDefinition:
    close = definition.close
    assert isinstance(close, Close), "an exit closes"
    amount = Quantity(QuantityKind.ABSOLUTE, quantity)
    return replace(definition, action=replace(close, quantity=amount))


def resize(turn: Turn, entry: EntryRecord, record: TriggerRecord) -> None:
    """Cover what is left: beside what its own earlier armings have taken already."""
    covering = _covering(record.definition, entry.left + record.filled)
    if covering == record.definition:
        return
    resized = replace(record, definition=covering, ts_changed_ns=turn.now_ns)
    turn.put_trigger(resized)
    turn.fact(
        FactKind.TRIGGER_AMENDED,
        resized,
        level=resized.trigger_price,
        quantity=entry.left,
        owner=covering.owner,
    )


def _enlarge(
    turn: Turn, entry: EntryRecord, record: TriggerRecord, filled: Decimal
) -> None:
    """Let an exit that fires close what has come to its position meanwhile, too."""
    resize(turn, entry, record)
    fired = turn.state.fires[record.id]
    if fired.target is None:
        return
    larger = replace(fired, target=fired.target + filled)
    if not fired.confirm_ns:
        turn.put_fire(larger)
        return
    # It had filled all that there was; its proof comes with the rest.
    turn.put_fire(replace(larger, confirm_ns=0, due_ns=turn.now_ns))
    ask_slot(turn, turn.state.triggers[record.id])


def on_closed(turn: Turn, trigger_id: str, closed: Decimal) -> None:
    """An exit has closed a part: the others of its entry no longer cover that."""
    entry = exit_of(turn.state, trigger_id)
    if entry is not None and entry.is_guarded:
        turn.put_entry(replace(entry, closed=entry.closed + closed))
        fit(turn, turn.state.entries[entry.id])


def on_ended(turn: Turn, trigger_id: str) -> None:
    """A firing of an exit is over, or it is on watch again: fit the others."""
    entry = exit_of(turn.state, trigger_id)
    if entry is not None and entry.is_guarded:
        fit(turn, entry)


def exit_of(state: State, trigger_id: str) -> EntryRecord | None:
    """Give the entry that a trigger is an exit of, while that is known."""
    return state.entries.get(state.entry_of_exit.get(trigger_id, ""))


def fires_when_crossed(state: State, record: TriggerRecord) -> bool:
    """Whether an exit acts on a level that was crossed before its position was seen.

    One of an entry has a policy of its own; of those that the broker held, a stop does.
    """
    entry = exit_of(state, record.id)
    if entry is None or not entry.is_guarded:
        return state.policies.new_lifetime_fires
    if entry.is_taken_over:
        return record.definition.is_stop
    return state.policies.crossed_exits is IfCrossed.FIRE


def fit(turn: Turn, entry: EntryRecord) -> None:
    """Bring the exits on watch down to what is left, and end them with it."""
    for definition in entry.exits:
        record = turn.state.triggers.get(definition.id)
        if record is None or record.state not in _ON_WATCH:
            continue
        if entry.left > ZERO:
            resize(turn, entry, record)
        else:
            retire(turn, record, f"all that {entry.id} filled is closed")
    settle_guard(turn, entry)


def settle_guard(turn: Turn, entry: EntryRecord) -> None:
    """Forget that an entry is guarded once none of its exits can close anything."""
    triggers = turn.state.triggers
    is_active = any(
        triggers[d.id].state is not TriggerState.DONE
        for d in entry.exits
        if d.id in triggers
    )
    waits_for_broker = entry.is_held_by_broker and entry.left > ZERO
    is_guarded = is_active or waits_for_broker
    if entry.is_guarded and not is_guarded:
        turn.put_entry(replace(entry, is_guarded=False))


def closable(state: State, record: TriggerRecord, closable: Decimal) -> Decimal:
    """Bring what a trigger may close down to what it covers, if it is such an exit.

    That is what its entry has left, less what its other exits may take of it.
    """
    entry = exit_of(state, record.id)
    if entry is None:
        return closable
    return min(unclaimed(state, entry), closable)


def is_spent(state: State, record: TriggerRecord) -> bool:
    """Whether a trigger is an exit of an entry of which nothing is left."""
    entry = exit_of(state, record.id)
    return entry is not None and entry.left == ZERO


def unclaimed(state: State, entry: EntryRecord) -> Decimal:
    """Give what an entry has left and none of its exits under way may take."""
    left = entry.left
    for attempt in state.open_attempts_on(entry.order.key):
        if state.entry_of_exit.get(attempt.order.attempt.trigger_id) == entry.id:
            left -= attempt.unresolved
    return left


def on_lifetime_ended(turn: Turn, key: PositionKey) -> None:
    """The position is flat: all that its entries have filled is closed.

    Exits that a broker still holds must not open the other side: they are cancelled.
    """
    for entry in turn.state.entries_on(key):
        after = replace(entry, closed=entry.filled, lost=ZERO, is_guarded=False)
        if after != entry:
            turn.put_entry(after)
        if entry.is_ended and entry.legs:
            legs.ask_back(turn, after)


def find_leg(state: State, report: OrderReport) -> EntryRecord | None:
    """Find the entry that a broker's order is an exit of."""
    account, venue_order_id = report.account, report.venue_order_id
    id = state.entry_of_order.get((account, report.parent)) if report.parent else None
    id = id or state.entry_of_order.get((account, venue_order_id), "")
    entry = state.entries.get(id)
    if entry is None or entry.venue_order_id == venue_order_id:
        return None
    return entry


def on_leg(turn: Turn, entry: EntryRecord, report: OrderReport) -> None:
    """An exit that the broker holds lives, has filled, or is no more.

    When it is no more while the position lives, exitd takes over in the same turn.
    """
    leg = report.venue_order_id
    if leg in entry.legs_over:
        return
    if report.status not in _LEG_OVER:
        legs.on_working(turn, entry, report)
        fit(turn, turn.state.entries[entry.id])
        return
    end_leg(turn, entry, report)


def end_leg(turn: Turn, entry: EntryRecord, report: OrderReport) -> None:
    """Draw the consequences of an exit at the broker that is over."""
    leg = report.venue_order_id
    after = legs.without(legs.counted(turn, entry, report), leg)
    after = replace(after, ts_changed_ns=turn.now_ns)
    after = leg_fills.noted(turn, after, report)
    turn.put_entry(after)
    if report.status is not OrderStatus.FILLED and after.left > ZERO:
        why = f"the broker's exit {leg} is {report.status.value}"
        # The one that goes with a leg that fills is cancelled: the other lives till
        # its own report. A day that ends, or the last leg, says that nothing filled.
        may_have_filled = report.status is OrderStatus.CANCELLED and bool(after.legs)
        take_over(turn, after, why, may_have_filled=may_have_filled)
        if not may_have_filled:
            _wait_no_longer(turn, after.id)
    fit(turn, turn.state.entries[entry.id])
    if not after.legs:
        legs.forget(turn.state, entry.id)
        wake(turn, entry.order.key)


def _wait_no_longer(turn: Turn, entry_id: str) -> None:
    """The broker's own exits have ended unfilled: what waits on them goes by policy."""
    entry = turn.state.entries[entry_id]
    if turn.state.policies.crossed_exits is not IfCrossed.FIRE:
        return
    for definition in entry.exits:
        record = turn.state.triggers.get(definition.id)
        if record is None or record.paused or record.waiting_for not in _FOR_A_PRICE:
            continue
        _arm(turn, entry, record.definition, IfCrossed.FIRE)


def take_over(
    turn: Turn,
    entry: EntryRecord,
    why: str,
    *,
    may_have_filled: bool = False,
    alert: bool = True,
) -> None:
    """Arm our own exits for those that the broker no longer holds, once.

    What rests there still is taken back, and ours send nothing until it is over. A
    stop that is crossed fires. A take-profit goes by the policy for what is crossed
    when an entry fills; but where the broker's own may have just filled it waits for
    the report that says so.
    """
    if not entry.is_held_by_broker or not turn.state.position(entry.order.key).is_open:
        return
    ours = replace(entry, is_taken_over=True, ts_changed_ns=turn.now_ns)
    turn.put_entry(ours)
    turn.entry_fact(
        FactKind.EXITS_TAKEN_OVER, ours, why=why, left=ours.left, alert=alert
    )
    if ours.legs:
        legs.ask_back(turn, ours)
    target = IfCrossed.WAIT if may_have_filled else turn.state.policies.crossed_exits
    for definition in _stops_first(ours):
        if_crossed = IfCrossed.FIRE if definition.is_stop else target
        _arm(turn, turn.state.entries[ours.id], definition, if_crossed)
