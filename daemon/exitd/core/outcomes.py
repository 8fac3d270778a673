"""What became of an attempt: evidence, a definite refusal, or neither.

An attempt ends in exactly one of three ways: evidence of its order; a definite
refusal; or its expiry, the venue's slack and one clean read that shows nothing.
"""

from decimal import Decimal

from msgspec.structs import replace

from exitd.core.attempt import AttemptKey, AttemptRecord, AttemptState, RefusalKind
from exitd.core.events import FactKind
from exitd.core.firing import rearm_after_budget, retry_in
from exitd.core.hits import ask_slot, cancel_working, end_fire
from exitd.core.inputs import (
    AttemptRefused,
    AttemptUnanswered,
    FillReport,
    NothingFound,
    OrderReport,
    OrderStatus,
)
from exitd.core.intents import (
    CancelOrder,
    ProvePosition,
    RefreshInstrument,
    ResolveAttempt,
    SyncClock,
)
from exitd.core.lifecycle import AttemptCause, TriggerCause, next_attempt_state
from exitd.core.position import UnreflectedFill
from exitd.core.records import FillRecord
from exitd.core.refusals import RESPONSES, delay_ns
from exitd.core.state import Timer, TimerKind, Turn
from exitd.core.trigger import DoneReason, FireRecord, OrderType, TriggerRecord
from exitd.core.units import NS_PER_S, ZERO

#: An order may look this much older than its signature: clocks are not equal.
_CLOCK_TOLERANCE_NS = 60 * NS_PER_S
_MOST_STAGES = 2

_CAUSES = {
    OrderStatus.WORKING: AttemptCause.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED: AttemptCause.PARTLY_FILLED,
    OrderStatus.FILLED: AttemptCause.FILLED,
    OrderStatus.CANCELLED: AttemptCause.CANCELLED,
    OrderStatus.EXPIRED: AttemptCause.CANCELLED,
}


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
    attempt = find_attempt(turn, report)
    if attempt is None or report.filled < attempt.filled:
        return
    if attempt.is_ended and report.filled == attempt.filled:
        return
    refused = report.refusal if report.filled == ZERO else None
    if refused is not None and attempt.state in (
        AttemptState.SENT,
        AttemptState.IN_DOUBT,
    ):
        _refuse(turn, attempt, refused, report.reason, report.reason, None)
        return
    cause = _CAUSES[report.status]
    filled = report.filled - attempt.filled
    if cause is AttemptCause.ACCEPTED and filled > ZERO:
        cause = AttemptCause.PARTLY_FILLED
    if attempt.state is AttemptState.SIGNED:
        # Sent before a crash that kept us from noting it.
        attempt = replace(
            attempt, state=next_attempt_state(attempt.state, AttemptCause.UNANSWERED)
        )
    if attempt.is_ended:
        cause = (
            AttemptCause.FILLED
            if report.status is OrderStatus.FILLED
            else AttemptCause.PARTLY_FILLED
        )
    elif attempt.state is AttemptState.PARTIALLY_FILLED and (
        cause is AttemptCause.ACCEPTED
    ):
        return
    was_in_doubt = attempt.state is AttemptState.IN_DOUBT
    quote = report.filled_quote - attempt.filled_quote
    after = replace(
        attempt,
        state=next_attempt_state(attempt.state, cause),
        venue_order_id=report.venue_order_id,
        filled=report.filled,
        filled_quote=report.filled_quote,
        ts_filled_venue_ns=(
            report.ts_venue_ns if filled > ZERO else attempt.ts_filled_venue_ns
        ),
        ts_changed_ns=turn.now_ns,
    )
    if after == replace(attempt, ts_changed_ns=turn.now_ns):
        return
    turn.put_attempt(after)
    _tell(turn, after, report, was_in_doubt)
    if report.reduce_only is False or (
        report.order is not None and report.order is not after.order.order
    ):
        _altered(turn, after, report)
    if filled > ZERO:
        _count(turn, after, filled, quote, report.ts_venue_ns)
    settle(turn, after)


def _tell(
    turn: Turn, attempt: AttemptRecord, report: OrderReport, was_in_doubt: bool
) -> None:
    record = turn.state.triggers.get(attempt.order.attempt.trigger_id)
    kinds = {
        AttemptState.WORKING: FactKind.ORDER_ACKED,
        AttemptState.PARTIALLY_FILLED: FactKind.ORDER_PARTIALLY_FILLED,
        AttemptState.FILLED: FactKind.ORDER_FILLED,
        AttemptState.CANCELLED: FactKind.ORDER_CANCELLED,
    }
    average = attempt.filled_quote / attempt.filled if attempt.filled else None
    if was_in_doubt:
        turn.fact(
            FactKind.ORDER_RESOLVED,
            record,
            fired=True,
            attempt=attempt.order.attempt.n,
            found=True,
        )
    turn.fact(
        kinds[attempt.state],
        record,
        fired=True,
        attempt=attempt.order.attempt.n,
        client_order_id=attempt.order.client_order_id,
        venue_order_id=attempt.venue_order_id,
        quantity=attempt.order.quantity,
        filled=attempt.filled,
        average_price=average,
        reason=report.reason,
        ts_venue_ns=report.ts_venue_ns,
    )


def _altered(turn: Turn, attempt: AttemptRecord, report: OrderReport) -> None:
    """The venue took another order than we sent: take it back (behaviour 102)."""
    order = attempt.order
    turn.fact(
        FactKind.ORDER_ALTERED,
        turn.state.triggers.get(order.attempt.trigger_id),
        fired=True,
        venue_order_id=report.venue_order_id,
        reduce_only=report.reduce_only,
        order=report.order.value if report.order is not None else None,
    )
    if not attempt.is_ended:
        turn.intend(
            CancelOrder(
                order.attempt,
                order.account,
                order.symbol,
                report.venue_order_id,
                order.client_order_id,
            )
        )


def _count(
    turn: Turn,
    attempt: AttemptRecord,
    filled: Decimal,
    quote: Decimal,
    ts_venue_ns: int,
) -> None:
    """Add a fill to its firing, and to the position until a report shows it."""
    state = turn.state
    position = state.position(attempt.key)
    if position.lifetime == attempt.lifetime:
        unreflected = position.unreflected
        if ts_venue_ns > position.ts_venue_ns:
            unreflected = (*unreflected, UnreflectedFill(ts_venue_ns, filled))
        turn.put_position(
            replace(
                position,
                unreflected=unreflected,
                filled_in_lifetime=position.filled_in_lifetime + filled,
            )
        )
    fired = state.fires.get(attempt.order.attempt.trigger_id)
    if fired is not None and fired.arming == attempt.order.attempt.arming:
        turn.put_fire(
            replace(
                fired,
                filled=fired.filled + filled,
                filled_quote=fired.filled_quote + quote,
                refusals=0,
            )
        )


def settle(turn: Turn, attempt: AttemptRecord) -> None:
    """After evidence: end the firing, go on with the rest, or wait for proof."""
    state = turn.state
    key = attempt.order.attempt
    fired = state.fires.get(key.trigger_id)
    if attempt.is_ended:
        wake_position(turn, attempt, but=key.trigger_id)
    if fired is None or fired.arming != key.arming or fired.attempts != key.n:
        return
    if not attempt.is_ended:
        return
    record = state.triggers[key.trigger_id]
    if attempt.state is AttemptState.FILLED and _is_complete(turn, fired, attempt):
        await_proof(turn, record, fired)
        return
    if attempt.state is AttemptState.CANCELLED and not _may_retry(turn, record, fired):
        return
    delay = 0
    if attempt.filled < attempt.order.quantity:
        fired = _climb(turn, record, fired)
        if attempt.filled == ZERO:
            fired = replace(fired, refusals=fired.refusals + 1)
            delay = delay_ns(RefusalKind.LIQUIDITY, fired.refusals, None)
    retry_in(turn, fired, delay)
    if not delay:
        ask_slot(turn, record)


def _is_complete(turn: Turn, fired: FireRecord, attempt: AttemptRecord) -> bool:
    """Whether a filled attempt leaves its firing nothing more to close."""
    position = turn.state.position(attempt.key)
    if fired.target is not None:
        return fired.filled >= fired.target or position.live <= ZERO
    # A whole-position close goes on with what is left, unless the position
    # does not show this fill although it should: then proof comes first.
    return position.live <= ZERO or position.quantity >= attempt.position_before


def _may_retry(turn: Turn, record: TriggerRecord, fired: FireRecord) -> bool:
    """A take-profit whose resting close was taken back goes on watch again."""
    if record.definition.is_stop or record.definition.close is None:
        return True
    if record.definition.close.order is OrderType.MARKET:
        return True
    rearm_after_budget(turn, record, fired, "its limit close was cancelled")
    return False


def wake_position(turn: Turn, attempt: AttemptRecord, *, but: str) -> None:
    """Firings of the position that waited for this attempt may go on."""
    for fired in turn.state.fires_on(attempt.key):
        if fired.trigger_id != but and fired.held_by:
            ask_slot(turn, turn.state.triggers[fired.trigger_id])


def await_proof(turn: Turn, record: TriggerRecord, fired: FireRecord) -> None:
    """All is filled: the firing ends when the position shows it (behaviour 100).

    A report that is newer than the fill by the venue's slack is believed even
    if it shows no reduction: then somebody added to the position meanwhile.
    """
    state = turn.state
    last = state.attempts[AttemptKey(record.id, fired.arming, fired.attempts)]
    position = state.position(last.key)
    slack_ns = state.capabilities[fired.account].lag_slack_ns
    is_shown = not position.unreflected and (
        position.quantity < last.position_before
        or position.ts_venue_ns >= last.ts_filled_venue_ns + slack_ns
    )
    if not is_shown:
        due_ns = turn.now_ns + state.policies.confirm_after_ns
        turn.put_fire(replace(fired, confirm_ns=due_ns, held_by=""))
        turn.at(Timer(due_ns, TimerKind.CONFIRM, record.id, record.arming))
        return
    if fired.target is None and position.live > ZERO:
        # The position grew meanwhile: a whole-position close takes it all.
        retry_in(turn, replace(fired, confirm_ns=0), 0)
        ask_slot(turn, record)
        return
    end_fire(turn, record, fired, TriggerCause.FILLED, DoneReason.FILLED)


def on_refused(turn: Turn, refused: AttemptRefused) -> None:
    attempt = turn.state.attempts.get(refused.attempt)
    if attempt is None or attempt.state not in (
        AttemptState.SENT,
        AttemptState.IN_DOUBT,
    ):
        return
    _refuse(
        turn,
        attempt,
        refused.kind,
        refused.code,
        refused.message,
        refused.retry_after_ns,
    )


def _refuse(
    turn: Turn,
    attempt: AttemptRecord,
    kind: RefusalKind,
    code: str,
    message: str,
    retry_after_ns: int | None,
) -> None:
    """End the attempt and follow the refusal's row in the table."""
    state, order = turn.state, attempt.order
    after = replace(
        attempt,
        state=next_attempt_state(attempt.state, AttemptCause.REFUSED),
        refusal=f"{code}: {message}" if message != code else code,
        ts_changed_ns=turn.now_ns,
    )
    turn.put_attempt(after)
    record = state.triggers.get(order.attempt.trigger_id)
    response = RESPONSES[kind]
    turn.fact(
        FactKind.ORDER_REFUSED,
        record,
        fired=True,
        attempt=order.attempt.n,
        client_order_id=order.client_order_id,
        refusal=kind.value,
        code=code,
        message=message,
        alert=response.alerts,
    )
    wake_position(turn, after, but=order.attempt.trigger_id)
    fired = state.fires.get(order.attempt.trigger_id)
    if record is None or fired is None or fired.arming != order.attempt.arming:
        return
    fired = replace(fired, refusals=fired.refusals + 1)
    turn.put_fire(fired)
    if response.syncs_clock:
        turn.intend(SyncClock(order.account))
    if response.proves_position:
        turn.intend(ProvePosition(order.account, order.symbol))
    if response.refreshes_instrument:
        turn.intend(RefreshInstrument(order.account, order.symbol))
    if response.cancels_ours:
        cancel_working(turn, attempt.key, spare=record.id)
    if response.escalates:
        fired = _climb(turn, record, fired)
    retry_in(turn, fired, delay_ns(kind, fired.refusals, retry_after_ns))
    if turn.state.fires[record.id].due_ns <= turn.now_ns:
        ask_slot(turn, record)


def _climb(turn: Turn, record: TriggerRecord, fired: FireRecord) -> FireRecord:
    """Escalate limit, wider, market; only a stop does."""
    close = record.definition.close
    assert close is not None
    is_limit = close.order is OrderType.LIMIT
    if not record.definition.is_stop or not is_limit or fired.stage >= _MOST_STAGES:
        return fired
    stage = fired.stage + 1
    if stage == 1 and close.slippage_limit is None:
        stage = _MOST_STAGES
    climbed = replace(fired, stage=stage)
    turn.put_fire(climbed)
    to = "a wider limit" if stage == 1 else "market"
    turn.fact(FactKind.ORDER_ESCALATED, record, fired=True, to=to)
    return climbed


def on_unanswered(turn: Turn, lost: AttemptUnanswered) -> None:
    """A timeout is a question, not an answer."""
    attempt = turn.state.attempts.get(lost.attempt)
    if attempt is None or attempt.state not in (AttemptState.SENT, AttemptState.SIGNED):
        return
    doubtful = replace(
        attempt,
        state=next_attempt_state(attempt.state, AttemptCause.UNANSWERED),
        ts_changed_ns=turn.now_ns,
    )
    turn.put_attempt(doubtful)
    turn.fact(
        FactKind.ORDER_IN_DOUBT,
        turn.state.triggers.get(lost.attempt.trigger_id),
        fired=True,
        attempt=lost.attempt.n,
        client_order_id=attempt.order.client_order_id,
        why=lost.why,
    )
    ask_resolution(turn, doubtful)


def ask_resolution(turn: Turn, attempt: AttemptRecord) -> None:
    """Ask what became of an attempt now, and again until it is known."""
    order = attempt.order
    turn.intend(ResolveAttempt(order.attempt, order.account, order.symbol))
    turn.at(
        Timer(
            turn.now_ns + turn.state.policies.resolve_every_ns,
            TimerKind.RESOLVE,
            order.attempt.trigger_id,
            order.attempt.arming,
            order.attempt.n,
        )
    )


def on_nothing_found(turn: Turn, nothing: NothingFound) -> None:
    """End a doubt by absence; only a read after expiry and slack can do that."""
    attempt = turn.state.attempts.get(nothing.attempt)
    if attempt is None or attempt.state is not AttemptState.IN_DOUBT:
        return
    order = attempt.order
    slack_ns = turn.state.capabilities[order.account].lag_slack_ns
    if nothing.read_started_venue_ns < attempt.expires_venue_ns + slack_ns:
        return
    expired = replace(
        attempt,
        state=next_attempt_state(attempt.state, AttemptCause.NOT_FOUND),
        ts_changed_ns=turn.now_ns,
    )
    turn.put_attempt(expired)
    record = turn.state.triggers.get(order.attempt.trigger_id)
    turn.fact(
        FactKind.ORDER_RESOLVED,
        record,
        fired=True,
        attempt=order.attempt.n,
        found=False,
    )
    settle(turn, expired)


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
        fired = turn.state.fires.get(key.trigger_id)
        if fired is not None and fired.arming == key.arming:
            turn.put_fire(
                replace(fired, fee=fired.fee + fill.fee, fee_asset=fill.fee_asset)
            )
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


def resume_unended(turn: Turn, key: AttemptKey) -> None:
    """After a start: what was signed or sent before it is in doubt."""
    attempt = turn.state.attempts[key]
    if attempt.state in (AttemptState.SIGNED, AttemptState.SENT):
        why = "the daemon stopped before the answer"
        on_unanswered(turn, AttemptUnanswered(key, why, turn.now_ns))
    elif not attempt.is_ended:
        ask_resolution(turn, attempt)
