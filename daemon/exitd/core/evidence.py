"""Evidence of an order, from whatever source: what it says of our attempt."""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core import backstops, barrier, entered, exits, standby
from exitd.core.attempt import AttemptRecord, AttemptState
from exitd.core.events import FactKind
from exitd.core.hits import take_back
from exitd.core.inputs import FillReport, OrderReport, OrderStatus
from exitd.core.legs import await_fill
from exitd.core.lifecycle import AttemptCause, next_attempt_state
from exitd.core.money import add_fee, slippage_bps
from exitd.core.position import after_fill
from exitd.core.records import FillRecord
from exitd.core.refusing import refuse
from exitd.core.settling import settle
from exitd.core.shrinking import give_back, shrink
from exitd.core.trigger import FireRecord
from exitd.core.turn import Turn
from exitd.core.under_way import UNANSWERED
from exitd.core.units import NS_PER_S, ZERO

#: An order may look this much older than its signature: clocks are not equal.
_CLOCK_TOLERANCE_NS = 60 * NS_PER_S

_CAUSES = {
    OrderStatus.WORKING: AttemptCause.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED: AttemptCause.PARTLY_FILLED,
    OrderStatus.FILLED: AttemptCause.FILLED,
    OrderStatus.CANCELLED: AttemptCause.CANCELLED,
    OrderStatus.EXPIRED: AttemptCause.CANCELLED,
}
_FACTS = {
    AttemptState.WORKING: FactKind.ORDER_ACKED,
    AttemptState.PARTIALLY_FILLED: FactKind.ORDER_PARTIALLY_FILLED,
    AttemptState.FILLED: FactKind.ORDER_FILLED,
    AttemptState.CANCELLED: FactKind.ORDER_CANCELLED,
}
_OVER = frozenset({AttemptState.EXPIRED, AttemptState.REFUSED})


def find_attempt(turn: Turn, report: OrderReport | FillReport) -> AttemptRecord | None:
    """Find the attempt that a report speaks of, by client id and then in full."""
    if report.client_order_id is None:
        return None
    state = turn.state
    key = state.attempt_of_client_id.get((report.account, report.client_order_id))
    if key is None:
        return None
    attempt = state.attempts[key]
    order = attempt.order
    if report.symbol != order.symbol or report.side is not order.side:
        return None
    if isinstance(report, OrderReport) and not _fits(attempt, report):
        return None
    return attempt


def _fits(attempt: AttemptRecord, report: OrderReport) -> bool:
    """Compare evidence on the fields that it carries.

    A venue may have trimmed a reduce-only order, so less is still ours.
    """
    if report.quantity is not None and report.quantity > attempt.order.quantity:
        return False
    if attempt.venue_order_id and report.venue_order_id != attempt.venue_order_id:
        return False
    created_ns = report.ts_created_venue_ns
    return created_ns is None or (
        created_ns >= attempt.ts_signed_venue_ns - _CLOCK_TOLERANCE_NS
    )


def on_order(turn: Turn, report: OrderReport) -> None:
    """Take in evidence; what is older than what is known changes nothing."""
    barrier.adopt(turn, report)
    attempt = find_attempt(turn, report)
    if attempt is None:
        if not (backstops.on_report(turn, report) or entered.on_report(turn, report)):
            _take_foreign(turn, report)
        return
    if not _is_news(attempt, report):
        return
    if (
        report.refusal is not None
        and report.filled == ZERO
        and attempt.state in UNANSWERED
    ):
        refuse(turn, attempt, report.refusal, report.reason, report.reason, None)
        return
    after = _after(turn, attempt, report)
    if after == replace(attempt, ts_changed_ns=turn.now_ns):
        return
    turn.put_attempt(after)
    _tell(turn, attempt, after, report)
    _check_as_sent(turn, after, report)
    if attempt.state in _OVER and not after.is_ended:
        # The next attempt may be out already: this one must not fill as well.
        take_back(turn, after)
    if after.filled > attempt.filled:
        _count(turn, attempt, after)
    settle(turn, after)
    shrink(turn, after.key)


def _is_news(attempt: AttemptRecord, report: OrderReport) -> bool:
    if report.filled != attempt.filled:
        return report.filled > attempt.filled
    if attempt.state in _OVER:
        return report.status is OrderStatus.WORKING
    return not attempt.is_ended


def _after(turn: Turn, attempt: AttemptRecord, report: OrderReport) -> AttemptRecord:
    cause = _CAUSES[report.status]
    if cause is AttemptCause.ACCEPTED and report.filled > ZERO:
        cause = AttemptCause.PARTLY_FILLED
    if attempt.state is AttemptState.CANCELLED and cause is not AttemptCause.FILLED:
        cause = AttemptCause.CANCELLED
    is_fuller = report.filled > attempt.filled
    position = turn.state.position(attempt.key)
    is_unreflected = report.ts_venue_ns > position.ts_venue_ns
    return replace(
        attempt,
        state=next_attempt_state(attempt.state, cause),
        venue_order_id=report.venue_order_id,
        filled=report.filled,
        filled_quote=report.filled_quote if is_fuller else attempt.filled_quote,
        ts_filled_venue_ns=(
            report.ts_venue_ns if is_fuller else attempt.ts_filled_venue_ns
        ),
        position_before=(
            position.live if is_fuller and is_unreflected else attempt.position_before
        ),
        ts_changed_ns=turn.now_ns,
    )


def _take_foreign(turn: Turn, report: OrderReport) -> None:
    if not standby.on_foreign(turn, report):
        _raise_counter(turn, report)


def _raise_counter(turn: Turn, report: OrderReport) -> None:
    """An order with our tag that we never signed: its id must not be used again."""
    counter = turn.state.counters.get(report.account)
    if counter is None or report.client_order_id is None:
        return
    tag, seen = report.client_order_id >> 24, report.client_order_id & 0xFFFFFF
    if tag != counter.tag or seen <= counter.counter:
        return
    turn.put_counter(replace(counter, counter=seen))
    turn.fact(
        FactKind.ACCOUNT_CONTRADICTED,
        account=report.account,
        symbol=report.symbol,
        why="the venue has an order with our tag that we did not send; another "
        "daemon may use this account, or this state is an old copy",
        client_order_id=report.client_order_id,
        venue_order_id=report.venue_order_id,
        alert=True,
    )


def _tell(
    turn: Turn, before: AttemptRecord, after: AttemptRecord, report: OrderReport
) -> None:
    key = after.order.attempt
    record = turn.state.triggers.get(key.trigger_id)
    is_late = before.state in _OVER
    if is_late or before.state is AttemptState.IN_DOUBT:
        turn.fact(
            FactKind.ORDER_RESOLVED,
            record,
            fired=True,
            attempt=key.n,
            found=True,
            late=is_late,
            alert=is_late,
        )
    fired = turn.state.firing_of(key)
    average = after.filled_quote / after.filled if after.filled else None
    turn.fact(
        _FACTS[after.state],
        record,
        fired=True,
        attempt=key.n,
        client_order_id=after.order.client_order_id,
        venue_order_id=after.venue_order_id,
        quantity=after.order.quantity,
        filled=after.filled,
        average_price=average,
        slippage_bps=slippage_bps(
            after.key.side, fired.own_level if fired is not None else None, average
        ),
        reason=report.reason,
        ts_venue_ns=report.ts_venue_ns,
    )


def _check_as_sent(turn: Turn, attempt: AttemptRecord, report: OrderReport) -> None:
    """Where the venue took another order than ours, take it back (behaviour 102)."""
    order = attempt.order
    has_type = report.order is None or report.order is order.order
    if report.reduce_only is not False and has_type:
        return
    turn.fact(
        FactKind.ORDER_ALTERED,
        turn.state.triggers.get(order.attempt.trigger_id),
        fired=True,
        venue_order_id=report.venue_order_id,
        reduce_only=report.reduce_only,
        order=report.order.value if report.order is not None else None,
        alert=True,
    )
    if not attempt.is_ended:
        take_back(turn, attempt)


def _count(turn: Turn, before: AttemptRecord, after: AttemptRecord) -> None:
    """Add a fill to its firing, and to the position until a report shows it."""
    state, key = turn.state, after.order.attempt
    filled: Decimal = after.filled - before.filled
    quote = after.filled_quote - before.filled_quote
    position = state.position(after.key)
    if position.lifetime == after.lifetime:
        turn.put_position(after_fill(position, filled, after.ts_filled_venue_ns))
        unshown = max(filled - position.shown_ahead, ZERO)
        if unshown and not state.capabilities[after.key.account].reduce_only:
            # A report that lags behind would have the next close sell it once more.
            await_fill(turn, after.key, unshown, after.ts_filled_venue_ns)
        is_exit = exits.exit_of(state, key.trigger_id) is not None
        is_shown = after.ts_filled_venue_ns <= position.ts_venue_ns
        if is_exit and is_shown and before.is_ended:
            give_back(turn, after.key, filled)
        exits.on_closed(turn, key.trigger_id, filled)
        if not is_exit and not before.is_ended:
            shrink(turn, after.key, filled)
    fired = state.firing_of(key)
    if fired is not None:
        counted = replace(
            fired,
            filled=fired.filled + filled,
            filled_quote=fired.filled_quote + quote,
            refusals=0,
        )
        _put_back(turn, counted)
        if fired.open:
            return
    record = state.triggers.get(key.trigger_id)
    if (
        record is not None
        and record.lifetime == after.lifetime
        and record.arming > key.arming
    ):
        # A take-profit back on watch: what its cancelled close still filled.
        turn.put_trigger(replace(record, filled=record.filled + filled))


def _put_back(turn: Turn, fired: FireRecord) -> None:
    if fired.open:
        turn.put_fire(fired)
    else:
        turn.put_ended(fired)


def on_fill(turn: Turn, fill: FillReport) -> None:
    """Keep an execution for ever, joined to its firing where it is ours.

    Order reports carry the cumulative fill, so this adds nothing to the
    position; it records price, fee and trade id.
    """
    attempt = find_attempt(turn, fill)
    fire_id = ""
    if attempt is not None:
        key = attempt.order.attempt
        fire_id = f"{key.trigger_id}#{key.arming}"
        trades = turn.state.trades.setdefault(key, set())
        if fill.trade_id in trades:
            return
        trades.add(fill.trade_id)
        fired = turn.state.firing_of(key)
        if fired is not None:
            fees = add_fee(fired.fees, fill.fee_asset, fill.fee)
            _put_back(turn, replace(fired, fees=fees))
    turn.note_fill(
        FillRecord(
            account=fill.account,
            symbol=fill.symbol,
            trade_id=fill.trade_id,
            venue_order_id=fill.venue_order_id,
            client_order_id=fill.client_order_id,
            fire_id=fire_id,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            is_maker=fill.is_maker,
            ts_venue_ns=fill.ts_venue_ns,
        )
    )
