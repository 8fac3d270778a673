"""What a crossed price does: which triggers fire, in what order, and what for."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core import confirming
from exitd.core.attempt import AttemptRecord, AttemptState, RefusalKind
from exitd.core.book import Book
from exitd.core.condition import Direction
from exitd.core.ending import ask_slot, end_fire, priority_of
from exitd.core.events import FactKind, FactValue
from exitd.core.intents import CancelOrder, CancelOrders, Priority
from exitd.core.known_prices import known_price
from exitd.core.lifecycle import TriggerCause, next_trigger_state
from exitd.core.market import Tick
from exitd.core.position import PositionKey
from exitd.core.reach import goes_first
from exitd.core.refusals import delay_ns
from exitd.core.resting import (
    arm,
    expire,
    has_crossed,
    is_expired,
    level_now,
    rest,
    unrest,
)
from exitd.core.role import Role
from exitd.core.since_fill import is_before_fill
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    Close,
    DoneReason,
    FireRecord,
    Notify,
    TriggerRecord,
    TriggerState,
)
from exitd.core.turn import Turn
from exitd.core.units import ZERO

# A name of the module is found in a tenth of the time that a member of an enum takes.
_ARMED, _WAITING = TriggerState.ARMED, TriggerState.WAITING
_HIT = next_trigger_state(_ARMED, TriggerCause.HIT)
_HIT_FACT = FactKind.TRIGGER_HIT
_BUDGET = TimerKind.BUDGET


_Hit = tuple[TriggerRecord, Role, Decimal | None]


def on_crossed(
    turn: Turn, book: Book, tick: Tick, confirmed: list[tuple[str, str]]
) -> None:
    """Handle every trigger whose level *tick* reached.

    *confirmed* are triggers that need not wait any more, and why.
    """
    state = turn.state
    causes = dict(confirmed)
    candidates = _candidates(turn, book, tick, causes)
    volleys: dict[Role, _Volley] = {}
    stops = {role.key for _, role, _ in candidates if role.is_stop and role.key}
    for record, role, level in candidates:
        key = role.key
        if (
            key is not None
            and role.closes
            and not role.is_stop
            and (key in stops or goes_first(state, key))
        ):
            # The stop goes first (behaviour 65); what it leaves is judged after.
            state.held.setdefault(key, {})[record.id] = None
            continue
        cause = causes.get(record.id, "price") if causes else "price"
        volley = volleys.get(role) if cause == "price" else None
        if volley is None:
            volley = _volley(turn, record, role, tick, cause)
            if cause == "price" and key is not None:
                volleys[role] = volley
        _begin(turn, record, volley, level)


def _candidates(
    turn: Turn, book: Book, tick: Tick, causes: dict[str, str]
) -> list[_Hit]:
    """Take out of the book what *tick* hits, and leave what still has to wait."""
    state, now_ns, price = turn.state, turn.now_ns, tick.price
    has_entries = bool(state.entry_of_exit)
    triggers, roles = state.triggers, state.roles
    found: list[_Hit] = []
    hits: list[tuple[str, Decimal | None]] = [(confirmed, None) for confirmed in causes]
    hits += book.crossed(price)
    for trigger_id, level in hits:
        record = triggers[trigger_id]
        if is_expired(record, now_ns):
            expire(turn, record)
        elif has_entries and is_before_fill(state, trigger_id, tick.ts_venue_ns):
            rest(state, record)
        elif record.state is _WAITING:
            _came_back(turn, record, price)
        elif (
            record.definition.confirmation is not None
            and trigger_id not in causes
            and confirming.must_wait(turn, record, price)
        ):
            confirming.begin(turn, book, record)
        else:
            if level is None:
                level = level_now(state, record)
            found.append((record, roles[trigger_id], level))
    fallen = book.fallen_back(price)
    if fallen:
        for trigger_id, stop in fallen:
            record = triggers[trigger_id]
            if is_expired(record, now_ns):
                expire(turn, record)
            else:
                found.append((record, roles[trigger_id], stop))
        # Two runs that are in order already, so this costs next to nothing.
        way = triggers[fallen[0][0]].definition.direction
        found.sort(key=_level_of_hit, reverse=way is Direction.FALLING)
    return found


def _level_of_hit(hit: _Hit) -> Decimal:
    return hit[2] if hit[2] is not None else ZERO


def _came_back(turn: Turn, record: TriggerRecord, price: Decimal) -> None:
    if has_crossed(record, price):
        rest(turn.state, record)
        return
    arm(turn, record, TriggerCause.PRICE_ON_RIGHT_SIDE, lifetime=record.lifetime)


def fire(turn: Turn, record: TriggerRecord, cause: str) -> None:
    """Begin a firing that its level did not: take it out of the books, and go."""
    role = turn.state.roles[record.id]
    level = level_now(turn.state, record)
    unrest(turn.state, record)
    _begin(turn, record, _volley(turn, record, role, None, cause), level)


def found_fired(turn: Turn, record: TriggerRecord) -> FireRecord:
    """Begin a firing whose first close was found at the venue, and give it."""
    fire(turn, record, "found")
    return turn.state.fires[record.id]


def fire_by_clock(turn: Turn, record: TriggerRecord, cause: str) -> None:
    """Begin a firing that no price began; a take-profit lets a stop go first."""
    state, role = turn.state, turn.state.roles[record.id]
    is_target = role.closes and not role.is_stop
    if is_target and role.key is not None and goes_first(state, role.key):
        # It stays on watch: the price may come back meanwhile.
        state.held.setdefault(role.key, {})[record.id] = None
        return
    fire(turn, record, cause)


class _Volley(Struct, gc=False):
    """What all firings of one tick, one source and one role have in common.

    One tick may begin ten thousand of them: what is worked out here is worked out once.
    `hit` are the fields of their facts, but for the level; `due_ns` is when their
    budget is spent.
    """

    role: Role
    book: Book
    draft: FireRecord
    hit: dict[str, FactValue]
    priority: Priority
    due_ns: int


def _volley(
    turn: Turn, record: TriggerRecord, role: Role, tick: Tick | None, cause: str
) -> _Volley:
    state, definition, policies = turn.state, record.definition, turn.state.policies
    draft = _draft(turn, record, role, tick, cause)
    budget_ns = (
        policies.stop_budget_ns if role.is_stop else policies.take_profit_budget_ns
    )
    return _Volley(
        role=role,
        book=state.book(definition.source),
        draft=draft,
        hit={
            "level": None,
            "observed": draft.observed,
            "source": str(definition.source),
            "cause": cause,
            "ts_venue_ns": draft.ts_venue_ns,
            "ts_recv_ns": draft.ts_recv_ns,
        },
        priority=priority_of(role),
        due_ns=turn.now_ns + budget_ns,
    )


def _draft(
    turn: Turn, record: TriggerRecord, role: Role, tick: Tick | None, cause: str
) -> FireRecord:
    """Fill in what does not depend on the one trigger."""
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


def _begin(
    turn: Turn, record: TriggerRecord, volley: _Volley, level: Decimal | None
) -> None:
    assert record.state is _ARMED, "only what is armed can be hit"
    definition = record.definition
    firing = replace(
        record,
        state=_HIT,
        # Where a trail had its stop, nobody knows once it has left the book.
        level=level if record.trail_seq else record.level,
        confirm_ns=0,
        ts_changed_ns=turn.now_ns,
    )
    if definition.confirmation is not None or volley.book.wakes(definition.id):
        # Its other levels must not wake it while it fires.
        unrest(turn.state, record)
    fired = replace(
        volley.draft,
        trigger_id=definition.id,
        arming=record.arming,
        lifetime=record.lifetime,
        level=level,
    )
    turn.put_hit(firing, fired)
    turn.fire_fact(_HIT_FACT, fired, {**volley.hit, "level": level})
    _act(turn, firing, fired, volley)


def _act(turn: Turn, record: TriggerRecord, fired: FireRecord, volley: _Volley) -> None:
    state, role, action = turn.state, volley.role, record.definition.action
    if isinstance(action, Notify):
        end_fire(turn, record, fired, TriggerCause.ACTED, DoneReason.ACTED)
        return
    if isinstance(action, Close):
        ask_slot(turn, record, volley.priority)
    else:
        ask_cancels(turn, record)
    if not role.closes:
        return
    if role.is_stop and role.key is not None:
        firing = state.stops_firing.setdefault(role.key, {})
        if not firing or role.key in state.passed:
            take_over(turn, role.key)
        firing[fired.trigger_id] = None
    turn.at(Timer(volley.due_ns, _BUDGET, fired.trigger_id, fired.arming))


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


def take_over(turn: Turn, key: PositionKey) -> None:
    """Let a stop go before the take-profits of its position from now on."""
    turn.state.passed.discard(key)
    cancel_working(turn, key)


def cancel_working(turn: Turn, key: PositionKey) -> None:
    """Take back resting take-profit closes, so that a stop need not wait for them."""
    for attempt in turn.state.open_attempts_on(key):
        if is_in_the_way(turn, attempt):
            clear(turn, attempt)


def clear(turn: Turn, attempt: AttemptRecord) -> None:
    """Take back a close that a stop waits for, and again until it is gone.

    A cancel that is lost must not keep a stop waiting.
    """
    key = attempt.order.attempt
    fired = turn.state.fires.get(key.trigger_id)
    if fired is None or (fired.arming, fired.attempts) != (key.arming, key.n):
        take_back(turn, attempt)
    elif not fired.asked_back:
        ask_back(turn, fired, attempt)


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


def ask_back(turn: Turn, fired: FireRecord, attempt: AttemptRecord) -> None:
    """Have a firing's resting close cancelled; ask again later if it still rests."""
    take_back(turn, attempt)
    asked = fired.asked_back + 1
    turn.put_fire(replace(fired, asked_back=asked))
    due_ns = turn.now_ns + delay_ns(RefusalKind.BUSY, asked, None)
    key = attempt.order.attempt
    turn.at(Timer(due_ns, TimerKind.PATIENCE, key.trigger_id, key.arming, asked))
