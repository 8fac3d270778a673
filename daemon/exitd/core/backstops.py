"""Keeping a backstop in step with its position, and out of the way of closes.

It is placed when a position opens, moved with its entry and taken back when it is flat.
While a close fires none is placed; one that a venue counts against that close is taken
back first. One that ended otherwise is placed again, as long as the position is there.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from exitd.core.backstop import (
    OLDER_KEPT,
    BackstopRecord,
    BackstopRefused,
    BackstopsListed,
    BackstopState,
    CancelBackstop,
    ListBackstops,
    PlaceBackstop,
)
from exitd.core.client_ids import next_client_id
from exitd.core.events import FactKind
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.intents import ProvePosition
from exitd.core.position import PositionKey, Side
from exitd.core.state import State, Timer, TimerKind
from exitd.core.trigger import TriggerState
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_S, ZERO, ceil_to_step, floor_to_step

#: An entry that fills in pieces moves it once, not with every piece.
_SETTLE_NS = 2 * NS_PER_S
_ASK_AGAIN_NS = 10 * NS_PER_S
_LOOK_NS = 300 * NS_PER_S
_REFUSED_NS, _REFUSED_MOST_NS = 30 * NS_PER_S, 3600 * NS_PER_S
#: The longest that a request may be under way before a venue refuses it as expired.
_WINDOW_NS = 60 * NS_PER_S
_STATES = tuple(BackstopState)
_OVER = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def set_terms(turn: Turn, terms: Mapping[PositionKey, Decimal]) -> None:
    """Take in which positions are to have one, and how far from the entry, percent."""
    state = turn.state
    concerned = {**state.backstop_terms, **state.backstops, **terms}
    state.backstop_terms = dict(terms)
    for key in concerned:
        keep(turn, key)


def look(turn: Turn, key: PositionKey, wait_ns: int = 0) -> None:
    """Something of a position has changed: bring its backstop in step."""
    state = turn.state
    if key not in state.backstop_terms and key not in state.backstops:
        return
    if wait_ns:
        turn.at(Timer(turn.now_ns + wait_ns, TimerKind.BACKSTOP, str(key), 0))
    else:
        keep(turn, key)


def look_soon(turn: Turn, key: PositionKey) -> None:
    look(turn, key, _SETTLE_NS)


def on_ended(turn: Turn, trigger_id: str) -> None:
    """A close is over: what stood aside for it may come again."""
    key = turn.state.roles[trigger_id].key
    if key is not None:
        look(turn, key)


def _put(turn: Turn, record: BackstopRecord) -> None:
    state, key = turn.state, record.key
    state.backstops[key] = record
    for client_order_id in (record.client_order_id, *record.older):
        state.backstop_of_client_id[key.account, client_order_id] = key
    turn.records["backstop", key] = record


def restore(turn: Turn, record: BackstopRecord) -> None:
    """Take in a stored one; what rests stays wanted until the files are read."""
    _put(turn, record)
    if not record.is_over:
        turn.state.backstop_terms[record.key] = record.percent


def keep(turn: Turn, key: PositionKey) -> None:
    """Place, move or take back the backstop of a position, if there is need."""
    state = turn.state
    position, record = state.position(key), state.backstops.get(key)
    is_wanted = key in state.backstop_terms and position.held > ZERO
    if record is not None and not record.is_over:
        level = _level(state, key) if is_wanted else None
        is_right = record.lifetime == position.lifetime and level in (
            None,
            record.level,
        )
        if record.state is not BackstopState.GOING and not (is_wanted and is_right):
            _take_back(turn, record)
        return
    if not is_wanted or _closes(state, key) or key.account in state.standing_by:
        return
    if record is not None and turn.now_ns < _due_again_ns(record):
        return
    level = _level(state, key)
    if level is not None:
        _place(turn, key, level, record)


def _closes(state: State, key: PositionKey) -> bool:
    return any(
        record.state is TriggerState.FIRING and state.roles[record.id].closes
        for record in state.triggers_on(key)
    )


def _due_again_ns(record: BackstopRecord) -> int:
    if not record.refusals:
        return 0
    wait_ns = _REFUSED_NS << min(record.refusals - 1, 10)
    return record.ts_changed_ns + min(wait_ns, _REFUSED_MOST_NS)


def _level(state: State, key: PositionKey) -> Decimal | None:
    """Give the level, never nearer than the percentage says; None while unknown."""
    entry = state.position(key).entry_price
    instrument = state.instruments.get((key.account, key.symbol))
    if entry is None or instrument is None:
        return None
    part = entry * state.backstop_terms[key] / 100
    if key.side is Side.LONG:
        return floor_to_step(entry - part, instrument.price_step)
    return ceil_to_step(entry + part, instrument.price_step)


def _place(
    turn: Turn, key: PositionKey, level: Decimal, before: BackstopRecord | None
) -> None:
    older = (*before.older, before.client_order_id) if before is not None else ()
    record = BackstopRecord(
        key=key,
        percent=turn.state.backstop_terms[key],
        lifetime=turn.state.position(key).lifetime,
        level=level,
        client_order_id=next_client_id(turn, key.account),
        refusals=before.refusals if before is not None else 0,
        ts_sent_ns=turn.now_ns,
        ts_changed_ns=turn.now_ns,
        older=older[-OLDER_KEPT:],
    )
    _put(turn, record)
    turn.intend(PlaceBackstop(record))
    _ask_again(turn, record)


def _ask_again(turn: Turn, record: BackstopRecord) -> None:
    """Ask about it later, unless its state is another one by then."""
    is_known = record.state is BackstopState.RESTING
    due_ns = turn.now_ns + (_LOOK_NS if is_known else _ASK_AGAIN_NS)
    kind, step = TimerKind.BACKSTOP_ASK, _STATES.index(record.state)
    turn.at(Timer(due_ns, kind, str(record.key), step, record.client_order_id))


def _take_back(turn: Turn, record: BackstopRecord) -> None:
    going = replace(record, state=BackstopState.GOING, ts_changed_ns=turn.now_ns)
    _put(turn, going)
    turn.intend(CancelBackstop(going))
    _ask_again(turn, going)


def step_aside(turn: Turn, key: PositionKey) -> None:
    """A venue counts what rests against a close: the backstop goes first."""
    record = turn.state.backstops.get(key)
    if record is not None and record.state in (
        BackstopState.SENT,
        BackstopState.RESTING,
    ):
        _take_back(turn, record)


def on_report(turn: Turn, report: OrderReport) -> bool:
    """Take in what becomes of a backstop.

    Returns:
        Whether the report is about one of ours.
    """
    record = _find(turn.state, report.account, report.client_order_id)
    if record is None:
        return False
    if record.is_over:
        return True
    if report.status in _OVER:
        _over(turn, record, report)
    else:
        _is_there(turn, record, report.venue_order_id)
    return True


def _is_there(turn: Turn, record: BackstopRecord, venue_order_id: str) -> None:
    if record.state is BackstopState.SENT:
        _rests(turn, record, venue_order_id)
    elif record.state is BackstopState.GOING and not record.venue_order_id:
        seen = replace(record, venue_order_id=venue_order_id)
        _put(turn, seen)
        turn.intend(CancelBackstop(seen))


def _find(
    state: State, account: str, client_order_id: int | None
) -> BackstopRecord | None:
    key = state.backstop_of_client_id.get((account, client_order_id or 0))
    record = state.backstops[key] if key is not None else None
    is_it = record is not None and record.client_order_id == client_order_id
    return record if is_it else None


def _rests(turn: Turn, record: BackstopRecord, venue_order_id: str) -> None:
    rests = replace(
        record,
        state=BackstopState.RESTING,
        venue_order_id=venue_order_id,
        refusals=0,
        ts_changed_ns=turn.now_ns,
    )
    _put(turn, rests)
    turn.position_fact(
        FactKind.BACKSTOP_PLACED,
        record.key,
        level=record.level,
        percent=record.percent,
        venue_order_id=venue_order_id,
    )
    _ask_again(turn, rests)


def _over(
    turn: Turn, record: BackstopRecord, report: OrderReport | None = None
) -> None:
    """End one; who or what ended it, if not we, is told, and it comes again."""
    over = replace(record, state=BackstopState.OVER, ts_changed_ns=turn.now_ns)
    _put(turn, over)
    key = record.key
    if report is not None and report.status is OrderStatus.FILLED:
        turn.position_fact(
            FactKind.BACKSTOP_FILLED,
            key,
            level=record.level,
            filled=report.filled,
            alert=True,
        )
    elif record.state is BackstopState.GOING:
        turn.position_fact(FactKind.BACKSTOP_WITHDRAWN, key, level=record.level)
        keep(turn, key)
        return
    else:
        why = (
            report.reason or report.status.value if report is not None else "not listed"
        )
        turn.position_fact(
            FactKind.BACKSTOP_LOST, key, level=record.level, why=why, alert=True
        )
    turn.intend(ProvePosition(key.account, key.symbol))
    look_soon(turn, key)


def on_refused(turn: Turn, refused: BackstopRefused) -> None:
    """Say a no once, and try again at growing intervals."""
    record = _find(turn.state, refused.account, refused.client_order_id)
    if record is None or record.is_over or record.venue_order_id:
        return
    over = replace(
        record,
        state=BackstopState.OVER,
        refusals=record.refusals + 1,
        ts_changed_ns=turn.now_ns,
    )
    _put(turn, over)
    turn.position_fact(
        FactKind.BACKSTOP_REFUSED,
        record.key,
        level=record.level,
        refusal=refused.kind.value,
        why=refused.message,
        alert=record.refusals == 0,
    )
    look(turn, record.key, _due_again_ns(over) - turn.now_ns)


def on_listed(turn: Turn, listed: BackstopsListed) -> None:
    """Compare what rests in a market with what we know to rest."""
    resting = dict(listed.resting)
    slack_ns = turn.state.capabilities[listed.account].lag_slack_ns
    for record in tuple(turn.state.backstops.values()):
        is_there = (record.key.account, record.key.symbol) == (
            listed.account,
            listed.symbol,
        )
        if not is_there:
            continue
        _take_back_left_over(turn, record, listed, slack_ns)
        if record.is_over:
            continue
        if record.client_order_id in resting:
            _is_there(turn, record, resting[record.client_order_id])
        elif listed.read_started_ns >= _known_ns(record) + slack_ns:
            _over(turn, record)


def _known_ns(record: BackstopRecord) -> int:
    """When it rested, or will not: later by the slack, a list must show it."""
    if record.state is BackstopState.RESTING:
        return record.ts_changed_ns
    window_ns = 0 if record.venue_order_id else _WINDOW_NS
    return record.ts_sent_ns + window_ns


def _take_back_left_over(
    turn: Turn, record: BackstopRecord, listed: BackstopsListed, slack_ns: int
) -> None:
    """Cancel what was believed to be over and rests all the same: one is enough."""
    since_ns = record.ts_changed_ns if record.is_over else record.ts_sent_ns
    if listed.read_started_ns < since_ns + slack_ns:
        return
    key = record.key
    for id, venue_order_id in listed.resting:
        is_current = id == record.client_order_id and not record.is_over
        if is_current or turn.state.backstop_of_client_id.get((key.account, id)) != key:
            continue
        old = replace(record, client_order_id=id, venue_order_id=venue_order_id)
        turn.intend(CancelBackstop(old))


def on_timer(turn: Turn, timer: Timer) -> None:
    """Bring one in step, or ask again about what may rest."""
    state = turn.state
    keys = {str(key): key for key in (*state.backstop_terms, *state.backstops)}
    key = keys.get(timer.trigger_id)
    if key is None:
        return
    if timer.kind is TimerKind.BACKSTOP:
        keep(turn, key)
        return
    record = state.backstops[key]
    is_same = record.client_order_id == timer.n
    if not is_same or record.is_over or record.state is not _STATES[timer.arming]:
        return
    turn.intend(ListBackstops(key.account, key.symbol))
    if record.state is BackstopState.GOING and record.venue_order_id:
        turn.intend(CancelBackstop(record))
    _ask_again(turn, record)


def resume(turn: Turn) -> None:
    """After a start: see what rests, and bring every one in step."""
    for key, record in tuple(turn.state.backstops.items()):
        if not record.is_over:
            turn.intend(ListBackstops(key.account, key.symbol))
            _ask_again(turn, record)
        keep(turn, key)
