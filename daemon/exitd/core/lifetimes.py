"""Positions come and go: what that does to their triggers."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import backstops, exits, legs
from exitd.core.ages import opened_venue_ns
from exitd.core.derived import priced
from exitd.core.ending import gone
from exitd.core.events import FactKind
from exitd.core.hits import fire
from exitd.core.inputs import PositionReport, PositionsDoubted
from exitd.core.intents import ProvePosition
from exitd.core.known_prices import price_to_arm_by
from exitd.core.lifecycle import TriggerCause
from exitd.core.moving import follow_position
from exitd.core.patience import recall_excess
from exitd.core.position import (
    Continuity,
    PositionKey,
    PositionRecord,
    after_entry,
    other_side,
    sized,
    with_more_awaited,
)
from exitd.core.resting import (
    arm,
    has_crossed,
    is_expired,
    retire,
    wait,
    waits_for_price,
)
from exitd.core.settling import prove
from exitd.core.shrinking import shrink
from exitd.core.state import State
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState, WaitingFor
from exitd.core.turn import Turn
from exitd.core.units import ZERO


def on_position(turn: Turn, report: PositionReport) -> None:
    """Take in what the venue says; older reports than the known one are ignored."""
    state, key = turn.state, report.key
    if report.quantity > ZERO:
        _close_other_side(turn, report)
    known = state.positions.get(key)
    if known is None:
        if report.quantity == ZERO:
            return
        known = PositionRecord(key=key)
    if report.ts_venue_ns < known.ts_venue_ns:
        return
    if report.quantity == ZERO and _is_too_early(turn, known, report):
        return
    after = _seen(turn, known, report)
    is_same = report.continuity in (None, Continuity.SAME)
    stays_flat = known.held == ZERO and after.held == ZERO
    if stays_flat or (
        is_same and after == replace(known, ts_venue_ns=report.ts_venue_ns)
    ):
        if replace(after, ts_venue_ns=0, proven=False) == replace(
            known, ts_venue_ns=0, proven=False
        ):
            # Nothing new but its age, and that it is proven: not worth a write.
            state.positions[key] = after
        else:
            turn.put_position(after)
        shrink(turn, key)
        prove(turn, key)
        return
    was_open, is_open = known.held > ZERO, after.held > ZERO
    if was_open and (not is_open or report.continuity is Continuity.NEW):
        turn.put_position(replace(after, quantity=ZERO, unreflected=(), entered=()))
        _end_lifetime(turn, key)
        was_open = False
    if is_open and not was_open:
        _begin_lifetime(turn, after, report.entry_price, report.position_id)
    elif is_open:
        turn.put_position(after)
        if report.continuity is Continuity.UNPROVEN:
            _doubt(turn, after)
        _changed(turn, known, after)


def _is_too_early(turn: Turn, known: PositionRecord, report: PositionReport) -> bool:
    """Whether a flat report may only be too old to show what an entry has filled.

    Believed, it would retire the exits of a position that is there. A timer of the
    entry asks again.
    """
    if not known.entered or known.live == ZERO:
        return False
    slack_ns = _slack_ns(turn, known.key)
    last_ns = max(fill.ts_venue_ns for fill in known.entered)
    if report.ts_venue_ns >= last_ns + slack_ns:
        return False
    turn.state.positions[known.key] = replace(known, proven=False)
    return True


def _slack_ns(turn: Turn, key: PositionKey) -> int:
    """Give how long a venue's records may lag behind what they record."""
    capabilities = turn.state.capabilities.get(key.account)
    return capabilities.lag_slack_ns if capabilities is not None else 0


def on_entered(
    turn: Turn,
    key: PositionKey,
    quantity: Decimal,
    price: Decimal | None,
    ts_venue_ns: int,
) -> None:
    """Take in a fill of an entry: it proves a position before any report shows it.

    What a report has shown already is not counted again; one that shows nothing may
    have been too early to show it, as in `_is_too_early`. On a venue without hedge mode
    nobody knows what a fill against the other side leaves: the position is asked for.
    """
    before = turn.state.position(key)
    known = with_more_awaited(before, quantity, ts_venue_ns)
    if ts_venue_ns <= known.ts_venue_ns:
        slack_ns = _slack_ns(turn, key)
        if known.held > ZERO or known.ts_venue_ns >= ts_venue_ns + slack_ns:
            if known is not before:
                turn.put_position(known)
            return
        known = replace(known, proven=False)
    if other_side_held(turn.state, key):
        turn.intend(ProvePosition(key.account, key.symbol))
        return
    after = after_entry(known, quantity, ts_venue_ns)
    if known.held > ZERO:
        turn.put_position(after)
        _changed(turn, known, after)
    else:
        _begin_lifetime(turn, after, price, "")


def other_side_held(state: State, key: PositionKey) -> Decimal:
    """Give what is held on the other side, where a venue nets both; else zero."""
    capabilities = state.capabilities.get(key.account)
    if capabilities is None or capabilities.hedge_mode:
        return ZERO
    return state.position(other_side(key)).live


def _seen(turn: Turn, known: PositionRecord, report: PositionReport) -> PositionRecord:
    """Bring a position up to a report, and keep what the report cannot show yet."""
    entry = known.entry_price if report.entry_price is None else report.entry_price
    first = entry if known.first_entry_price is None else known.first_entry_price
    entered = tuple(f for f in known.entered if f.ts_venue_ns > report.ts_venue_ns)
    after = replace(
        sized(known, report.quantity, entered),
        entry_price=entry,
        # The report that began the lifetime may not have said it.
        first_entry_price=first,
        position_id=report.position_id or known.position_id,
        liquidation_price=report.liquidation_price or known.liquidation_price,
        ts_venue_ns=report.ts_venue_ns,
        unreflected=tuple(
            f for f in known.unreflected if f.ts_venue_ns > report.ts_venue_ns
        ),
        proven=report.proven or known.proven,
    )
    # A reply may still come that says: this was my fill.
    under_way = turn.state.under_way_on(known.key)
    drop = max(known.live - after.live, ZERO)
    ahead = known.shown_ahead + max(legs.expected(turn.state, known) - after.live, ZERO)
    return replace(
        after,
        unexplained=min(known.unexplained + drop, under_way.unanswered),
        shown_ahead=min(ahead, under_way.unresolved),
    )


def _close_other_side(turn: Turn, report: PositionReport) -> None:
    """Without hedge mode, a position on one side says that the other is flat."""
    key, state = report.key, turn.state
    capabilities = state.capabilities.get(key.account)
    if capabilities is None or capabilities.hedge_mode:
        return
    other = other_side(key)
    if state.position(other).held > ZERO:
        flat = replace(report, key=other, quantity=ZERO, continuity=None)
        on_position(turn, flat)


def _begin_lifetime(
    turn: Turn, position: PositionRecord, entry: Decimal | None, position_id: str
) -> None:
    key = position.key
    opened = replace(
        position,
        entry_price=entry,
        lifetime=position.lifetime + 1,
        ts_opened_ns=turn.now_ns,
        ts_opened_venue_ns=opened_venue_ns(turn, key.account),
        filled_in_lifetime=ZERO,
        unexplained=ZERO,
        shown_ahead=ZERO,
        unreflected=(),
        awaited=None,
        position_id=position_id,
        initial=position.held,
        is_reduced=False,
        first_entry_price=entry,
    )
    turn.put_position(opened)
    turn.position_fact(
        FactKind.POSITION_OPENED,
        key,
        quantity=opened.held,
        entry_price=opened.entry_price,
        lifetime=opened.lifetime,
    )
    for record in turn.state.triggers_on(key):
        begin_arming(turn, record, opened)
    backstops.look_soon(turn, key)


def begin_arming(turn: Turn, record: TriggerRecord, position: PositionRecord) -> None:
    """Give a waiting trigger, or a template, its arming for this lifetime."""
    if record.state is TriggerState.DONE:
        if not _may_return(turn, record):
            return
        record = wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.FIRST_PRICE)
    if record.state is not TriggerState.WAITING:
        return
    definition = record.definition
    # Nothing that an earlier lifetime decided holds in this one.
    record = replace(
        record,
        lifetime=position.lifetime,
        level=None,
        is_moved=False,
        watermark=None,
        trail_seq=0,
        is_tightened=False,
    )
    record = priced(turn.state, record)
    price = price_to_arm_by(turn.state, definition, turn.now_ns)
    if not waits_for_price(definition):
        arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=position.lifetime)
    elif exits.fires_when_crossed(turn.state, record):
        cause, lifetime = TriggerCause.POSITION_OPENED, position.lifetime
        armed = arm(turn, record, cause, lifetime=lifetime)
        is_awake = not armed.paused
        if is_awake and price is not None and has_crossed(armed, price):
            fire(turn, armed, "crossed when armed")
    elif price is None:
        wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.FIRST_PRICE)
    elif has_crossed(record, price):
        wait(turn, record, TriggerCause.CROSSED_AT_OPEN, WaitingFor.RIGHT_SIDE)
    else:
        arm(turn, record, TriggerCause.POSITION_OPENED, lifetime=position.lifetime)


def _may_return(turn: Turn, record: TriggerRecord) -> bool:
    definition = record.definition
    if not definition.template or definition.once or is_expired(record, turn.now_ns):
        return False
    return record.reason not in (DoneReason.CANCELLED, DoneReason.EXPIRED)


def _end_lifetime(turn: Turn, key: PositionKey) -> None:
    lifetime = turn.state.position(key).lifetime
    turn.position_fact(FactKind.POSITION_CLOSED, key, lifetime=lifetime)
    turn.state.held.pop(key, None)
    exits.on_lifetime_ended(turn, key)
    for record in turn.state.triggers_on(key):
        if record.state is TriggerState.FIRING:
            _end_firing(turn, record)
        elif record.state is not TriggerState.DONE:
            _retire(turn, record)
    recall_excess(turn, key)
    backstops.look(turn, key)


def _end_firing(turn: Turn, record: TriggerRecord) -> None:
    fired = turn.state.fires[record.id]
    if turn.state.roles[record.id].closes and (
        turn.state.open_attempt_of(fired) is None
    ):
        gone(turn, record, fired)
    # Else its answer is still to come; then it ends, as nothing is left to close.


def _retire(turn: Turn, record: TriggerRecord) -> None:
    definition = record.definition
    if definition.template and not definition.once:
        wait(turn, record, TriggerCause.TEMPLATE_RESET, WaitingFor.POSITION)
    else:
        retire(turn, record, "the position was closed")


def _changed(turn: Turn, before: PositionRecord, after: PositionRecord) -> None:
    key = after.key
    if after.held != before.held:
        turn.position_fact(
            FactKind.POSITION_CHANGED,
            key,
            before=before.held,
            quantity=after.held,
            entry_price=after.entry_price,
        )
    for record in turn.state.followers_on(key):
        if record.waiting_for is WaitingFor.ENTRY:
            begin_arming(turn, record, after)
    follow_position(turn, key)
    recall_excess(turn, key)
    shrink(turn, key)
    backstops.look_soon(turn, key)
    prove(turn, key)


def _doubt(turn: Turn, position: PositionRecord) -> None:
    """Perhaps another lifetime: what watches goes on, what was done watches again.

    Shares, of the initial size too, are of the live one from here on, which may be an
    entry that still fills. A firing is not given up: its position lives, whichever it
    is.
    """
    key = position.key
    turn.position_fact(
        FactKind.POSITION_DOUBTED,
        key,
        why="fills since it was last seen do not add up to what it is now",
        alert=True,
    )
    restarted = replace(
        position,
        filled_in_lifetime=ZERO,
        unexplained=ZERO,
        shown_ahead=ZERO,
        initial=position.live,
        is_reduced=False,
        first_entry_price=position.entry_price,
    )
    turn.put_position(restarted)
    for record in turn.state.triggers_on(key):
        if record.state is TriggerState.DONE:
            begin_arming(turn, record, restarted)


def on_doubted(turn: Turn, doubted: PositionsDoubted) -> None:
    """Without the private stream the view may be old: say so, go on with it."""
    for key, position in turn.state.positions.items():
        if key.account == doubted.account and position.proven:
            turn.state.positions[key] = replace(position, proven=False)
