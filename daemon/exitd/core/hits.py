"""What a crossed price does: which triggers fire, in what order, and what for."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import AttemptRecord, AttemptState
from exitd.core.book import Book
from exitd.core.ending import ask_slot, end_fire, priority_of
from exitd.core.events import FactKind
from exitd.core.intents import CancelOrder, CancelOrders
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.market import Tick
from exitd.core.position import PositionKey
from exitd.core.resting import arm, expire, is_crossed, is_expired, known_price, rest
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    Close,
    DoneReason,
    FireRecord,
    Notify,
    Role,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn

_HIT = next_trigger_state(TriggerState.ARMED, TriggerCause.HIT)


def on_crossed(turn: Turn, book: Book, tick: Tick) -> None:
    """Handle every trigger whose level *tick* reached."""
    state = turn.state
    triggers, roles = state.triggers, state.roles
    candidates: list[tuple[TriggerRecord, Role]] = []
    drafts: dict[Role, FireRecord] = {}
    stops: set[PositionKey] = set()
    for trigger_id in book.crossed(tick.price):
        record, role = triggers[trigger_id], roles[trigger_id]
        if is_expired(record, turn.now_ns):
            expire(turn, record)
        elif record.state is TriggerState.WAITING:
            _came_back(turn, record, tick.price)
        else:
            candidates.append((record, role))
            if role.is_stop and role.key is not None:
                stops.add(role.key)
    for record, role in candidates:
        key = role.key
        if (
            key is not None
            and role.closes
            and not role.is_stop
            and (key in stops or key in state.stops_firing)
        ):
            # The stop goes first (behaviour 65); what it leaves is judged after.
            state.held.setdefault(key, {})[record.id] = None
            continue
        draft = drafts.get(role) if key is not None else None
        if draft is None:
            draft = drafts[role] = _draft(turn, record, role, tick, "price")
        _begin(turn, record, role, draft)


def _came_back(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    if is_crossed(record.definition, price):
        rest(turn.state, record)
        return
    arm(turn, record, TriggerCause.PRICE_ON_RIGHT_SIDE, lifetime=record.lifetime)


def fire(
    turn: Turn, record: TriggerRecord, tick: Tick | None, cause: str = "price"
) -> None:
    """Begin a firing: the hit, its record, and the first thing to do about it."""
    role = turn.state.roles[record.id]
    _begin(turn, record, role, _draft(turn, record, role, tick, cause))


def _draft(
    turn: Turn, record: TriggerRecord, role: Role, tick: Tick | None, cause: str
) -> FireRecord:
    """Fill in what all firings of one tick and one position have in common."""
    state, definition, now_ns = turn.state, record.definition, turn.now_ns
    position = state.positions.get(role.key) if role.key is not None else None
    instrument = state.instrument_of(definition)
    observed = tick.price if tick is not None else known_price(state, definition)
    return FireRecord(
        trigger_id="",
        arming=0,
        account=definition.account,
        symbol=definition.symbol,
        side=definition.side,
        lifetime=0,
        level=None,
        observed=observed,
        source=definition.source,
        ts_venue_ns=tick.ts_venue_ns if tick is not None else now_ns,
        ts_recv_ns=tick.ts_recv_ns if tick is not None else now_ns,
        ts_hit_ns=now_ns,
        cause=cause,
        due_ns=now_ns,
        entry_price=position.entry_price if position is not None else None,
        position_id=position.position_id if position is not None else "",
        quote=instrument.quote if instrument is not None else "",
    )


def _begin(turn: Turn, record: TriggerRecord, role: Role, draft: FireRecord) -> None:
    assert record.state is TriggerState.ARMED, "only what is armed can be hit"
    definition = record.definition
    level = definition.level
    firing = replace(record, state=_HIT, ts_changed_ns=turn.now_ns)
    fired = replace(
        draft,
        trigger_id=definition.id,
        arming=record.arming,
        lifetime=record.lifetime,
        level=level,
    )
    turn.put_hit(firing, fired)
    turn.fire_fact(
        FactKind.TRIGGER_HIT,
        fired,
        {
            "level": level,
            "observed": fired.observed,
            "source": turn.source_text(definition.source),
            "cause": fired.cause,
            "ts_venue_ns": fired.ts_venue_ns,
            "ts_recv_ns": fired.ts_recv_ns,
        },
    )
    _act(turn, firing, fired, role)


def _act(turn: Turn, record: TriggerRecord, fired: FireRecord, role: Role) -> None:
    state, action = turn.state, record.definition.action
    if isinstance(action, Notify):
        end_fire(turn, record, fired, TriggerCause.ACTED, DoneReason.ACTED)
        return
    if isinstance(action, Close):
        ask_slot(turn, record, role)
    else:
        ask_cancels(turn, record)
    if not role.closes:
        return
    budget_ns = state.policies.take_profit_budget_ns
    if role.is_stop and role.key is not None:
        budget_ns = state.policies.stop_budget_ns
        firing = state.stops_firing.get(role.key)
        if firing is None:
            firing = state.stops_firing[role.key] = {}
            cancel_working(turn, role.key)
        firing[fired.trigger_id] = None
    due_ns = turn.now_ns + budget_ns
    turn.at(Timer(due_ns, TimerKind.BUDGET, fired.trigger_id, fired.arming))


def ask_cancels(turn: Turn, record: TriggerRecord) -> None:
    """Ask for the resting orders in a trigger's scope to be cancelled."""
    definition = record.definition
    action = definition.action
    cancel = action.cancel if isinstance(action, CancelAndClose) else action
    assert isinstance(cancel, Cancel)
    turn.intend(
        CancelOrders(
            definition.id,
            record.arming,
            definition.account,
            definition.symbol,
            cancel,
            priority_of(turn.state.roles[definition.id]),
        )
    )


def cancel_working(turn: Turn, key: PositionKey) -> None:
    """Take back resting take-profit closes, so that a stop need not wait for them."""
    for attempt in turn.state.open_attempts_on(key):
        if is_in_the_way(turn, attempt):
            take_back(turn, attempt)


def is_in_the_way(turn: Turn, attempt: AttemptRecord) -> bool:
    """Whether an attempt rests at the venue for a take-profit."""
    if attempt.state not in (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED):
        return False
    role = turn.state.roles.get(attempt.order.attempt.trigger_id)
    return role is None or not role.is_stop


def take_back(turn: Turn, attempt: AttemptRecord) -> None:
    """Ask for one working close of ours to be cancelled."""
    order = attempt.order
    turn.intend(
        CancelOrder(
            order.attempt,
            order.account,
            order.symbol,
            attempt.venue_order_id,
            order.client_order_id,
        )
    )
