"""What the broker asks before it takes an order, and what exitd answers.

The questions are its safety prompts: price out of bounds, size too large. Only those
whose message ids a person has allowed are confirmed. Every other is declined, which
discards the order, and somebody is told what was asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection

import msgspec

from exitd.adapters.interactive_brokers.defaults import VENUE
from exitd.adapters.interactive_brokers.refusals import (
    BY_QUESTION,
    DUPLICATE,
    IN_DOUBT,
    NO_SESSION,
    Duplicate,
    judge,
)
from exitd.adapters.interactive_brokers.session import Session, said
from exitd.adapters.interactive_brokers.wire import PLACED, WirePlaced, text_in
from exitd.adapters.network.lanes import Reply
from exitd.core.attempt import RefusalKind
from exitd.errors import OutcomeUnknown, VenueError, VenueUnavailable
from exitd.ports.venue import Refusal

ROUNDS_MAX = 20

Placed = tuple[WirePlaced, ...]


async def answered(
    session: Session, reply: Reply, allowed: Collection[str]
) -> Placed | Refusal | Duplicate:
    """Answer questions until the broker has taken or refused an order.

    Args:
        session: Where the answers go.
        reply: What the broker said to the order itself.
        allowed: The message ids that are confirmed.

    Raises:
        OutcomeUnknown: It cannot be told what became of it.
    """
    for _ in range(ROUNDS_MAX):
        read = _read(reply)
        if not isinstance(read, tuple):
            return read
        question = next((row for row in read if row.id), None)
        if question is None:
            return _taken(read)
        if not _may_confirm(question, allowed):
            return await _declined(session, question)
        reply = await _reply(session, question.id, confirmed=True)
    return Refusal(
        RefusalKind.INVALID,
        "QUESTIONS",
        f"{VENUE} goes on asking after {ROUNDS_MAX} answers; the order is not sent",
    )


def _may_confirm(question: WirePlaced, allowed: Collection[str]) -> bool:
    """Whether all that is asked has been allowed; what has no id never is."""
    ids = question.messageIds
    return bool(ids) and all(one in allowed for one in ids)


async def _declined(session: Session, question: WirePlaced) -> Refusal:
    """Answer no. The order needs a yes to live, so nothing else can come of it."""
    asked = " ".join(" ".join(question.message).split())[:300]
    ids = ", ".join(question.messageIds) or "no message id"
    session.declined(
        f"an order was not sent, because {VENUE} asked ({ids}): {asked}; whether to"
        " confirm it is said under confirmed in venues/interactive_brokers.yaml"
    )
    # Without an answer it waits until the gateway forgets it.
    with contextlib.suppress(VenueError):
        await _reply(session, question.id, confirmed=False)
    kinds = [BY_QUESTION.get(one) for one in question.messageIds]
    kind = next((known for known in kinds if known is not None), RefusalKind.INVALID)
    return Refusal(kind, ids, asked)


async def _reply(session: Session, question_id: str, *, confirmed: bool) -> Reply:
    body = msgspec.json.encode({"confirmed": confirmed})
    try:
        return await session.call("POST", f"iserver/reply/{question_id}", body)
    except VenueUnavailable as exc:
        # The order was not sent, but its question stands: what was asked is not known
        # to be answered.
        raise OutcomeUnknown(str(exc)) from exc


def _read(reply: Reply) -> Placed | Refusal | Duplicate:
    told = said(reply)
    if reply.status == 200 and not told:
        try:
            return tuple(PLACED.decode(reply.body))
        except (msgspec.DecodeError, ValueError) as exc:
            raise OutcomeUnknown(
                f"the answer of {VENUE} to an order cannot be read: {exc}", status=200
            ) from exc
    return refusal_of(reply)


def refusal_of(reply: Reply) -> Refusal | Duplicate:
    """Read a definite no, or that the order is there already.

    Raises:
        OutcomeUnknown: The answer does not say that nothing was done.
    """
    told = said(reply)
    verdict = judge(reply.status, told)
    if verdict == IN_DOUBT:
        raise OutcomeUnknown(
            f"{VENUE} answered {reply.status} to an order: {told}", status=reply.status
        )
    if verdict == DUPLICATE:
        return DUPLICATE
    if verdict == NO_SESSION:
        return Refusal(RefusalKind.UNAUTHORIZED, "NO_SESSION", told)
    assert isinstance(verdict, RefusalKind)
    return Refusal(verdict, str(reply.status), told)


def _taken(rows: Placed) -> Placed | Refusal:
    """Give what was taken; a row without a number is a refusal in its clothes."""
    if not rows:
        raise OutcomeUnknown(f"{VENUE} answered nothing to an order")
    first = rows[0]
    if text_in(first.order_id) in ("", "-1") or first.order_status == "Failed":
        why = first.text or first.order_status or "no reason given"
        return Refusal(RefusalKind.INVALID, "FAILED", why[:200])
    return rows
