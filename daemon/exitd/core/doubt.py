"""Attempts that nobody answered for: a timeout is a question, not an answer."""

from msgspec.structs import replace

from exitd.core.attempt import (
    AttemptRecord,
    AttemptState,
    Capabilities,
    Dedupe,
    Expiry,
)
from exitd.core.events import FactKind
from exitd.core.inputs import AttemptUnanswered, NothingFound
from exitd.core.intents import ResendClose, ResolveAttempt
from exitd.core.lifecycle import AttemptCause, next_attempt_state
from exitd.core.settling import settle
from exitd.core.shrinking import shrink
from exitd.core.state import Timer, TimerKind
from exitd.core.turn import Turn
from exitd.core.under_way import AT_VENUE


def on_unanswered(turn: Turn, lost: AttemptUnanswered) -> None:
    """Take in that no usable answer came; one that came before it counts."""
    attempt = turn.state.attempts.get(lost.attempt)
    if attempt is not None and attempt.state in (
        AttemptState.SIGNED,
        AttemptState.SENT,
    ):
        _doubt(turn, attempt, AttemptCause.UNANSWERED, lost.why)


def _doubt(turn: Turn, attempt: AttemptRecord, cause: AttemptCause, why: str) -> None:
    doubtful = replace(
        attempt,
        state=next_attempt_state(attempt.state, cause),
        ts_changed_ns=turn.now_ns,
    )
    turn.put_attempt(doubtful)
    key = attempt.order.attempt
    turn.fact(
        FactKind.ORDER_IN_DOUBT,
        turn.state.triggers.get(key.trigger_id),
        fired=True,
        attempt=key.n,
        client_order_id=attempt.order.client_order_id,
        why=why,
    )
    ask_resolution(turn, doubtful)


def ask_resolution(turn: Turn, attempt: AttemptRecord) -> None:
    """Ask what became of an attempt now, and again until it is known.

    Where a nonce, or an id that is taken once for ever, lets the same bytes act once at
    the most, they are sent again each time: that settles it sooner than waiting for
    them to expire. With an id only while they are valid: then an absence can be proven.
    """
    order = attempt.order
    key = order.attempt
    capabilities = turn.state.capabilities.get(order.account)
    if capabilities is None:
        # Its account is no longer there; the question says so where it arrives.
        turn.intend(ResolveAttempt(key, order.account, order.symbol))
        return
    is_doubtful = attempt.state is AttemptState.IN_DOUBT
    if is_doubtful and _may_send_again(turn, attempt, capabilities):
        turn.intend(
            ResendClose(
                order,
                attempt.signed,
                attempt.ts_signed_venue_ns,
                attempt.expires_venue_ns,
            )
        )
    turn.intend(ResolveAttempt(key, order.account, order.symbol))
    due_ns = turn.now_ns + turn.state.policies.resolve_every_ns
    turn.at(Timer(due_ns, TimerKind.RESOLVE, key.trigger_id, key.arming, key.n))


def _may_send_again(
    turn: Turn, attempt: AttemptRecord, capabilities: Capabilities
) -> bool:
    if capabilities.expiry is Expiry.NONCE:
        return True
    if capabilities.dedupe is not Dedupe.ALWAYS:
        return False
    ahead_ns = turn.state.ahead_ns.get(attempt.order.account, 0)
    return turn.now_ns + ahead_ns < attempt.expires_venue_ns


def on_nothing_found(turn: Turn, nothing: NothingFound) -> None:
    """End a doubt by absence; only a read after expiry and slack can do that.

    Of a close that worked, an absence begins one.
    """
    attempt = turn.state.attempts.get(nothing.attempt)
    if attempt is None:
        return
    if attempt.state in AT_VENUE:
        _on_vanished(turn, attempt)
        return
    if attempt.state is not AttemptState.IN_DOUBT:
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
    turn.fact(
        FactKind.ORDER_RESOLVED,
        turn.state.triggers.get(order.attempt.trigger_id),
        fired=True,
        attempt=order.attempt.n,
        found=False,
    )
    settle(turn, expired)
    shrink(turn, attempt.key)


def _on_vanished(turn: Turn, attempt: AttemptRecord) -> None:
    """Ask again for a close that was taken, and is not there any more.

    Blocks can be undone, and its nonce makes sure that asking again does nothing twice.
    Elsewhere what was taken stays so, and a history that lags says no more than that.
    """
    capabilities = turn.state.capabilities[attempt.order.account]
    age_ns = turn.now_ns - attempt.ts_changed_ns
    is_young = 0 <= age_ns < capabilities.lag_slack_ns
    if capabilities.expiry is Expiry.NONCE and not is_young:
        why = "its venue took it, and does not show it any more"
        _doubt(turn, attempt, AttemptCause.VANISHED, why)


def resume_unended(turn: Turn, attempt: AttemptRecord) -> None:
    """After a start: what was signed or sent before it is in doubt."""
    if attempt.state in (AttemptState.SIGNED, AttemptState.SENT):
        why = "the daemon stopped before the answer"
        _doubt(turn, attempt, AttemptCause.UNANSWERED, why)
    elif not attempt.is_ended:
        ask_resolution(turn, attempt)
