"""Every transition of a trigger and of an attempt; nothing else decides a state.

A pair that is missing from its table is the error. The diagrams in the docs
are drawn from these tables.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from exitd.core.attempt import AttemptState as A
from exitd.core.trigger import TriggerState as T
from exitd.errors import CoreError


class TriggerCause(StrEnum):
    POSITION_OPENED = "position opened"
    PRICE_ON_RIGHT_SIDE = "price on the right side"
    CROSSED_AT_OPEN = "crossed at open"
    REARMED = "rearmed"
    HIT = "hit"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LIFETIME_ENDED = "lifetime ended"
    TEMPLATE_RESET = "template reset"
    FILLED = "filled"
    ACTED = "acted"
    POSITION_GONE = "position gone"
    BUDGET_SPENT = "budget spent"
    ABANDONED = "abandoned"


class AttemptCause(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    PARTLY_FILLED = "partly filled"
    FILLED = "filled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNANSWERED = "unanswered"
    NOT_FOUND = "not found after its window"


C = TriggerCause
TRIGGER_TRANSITIONS: Mapping[tuple[T, TriggerCause], T] = MappingProxyType(
    {
        (T.WAITING, C.POSITION_OPENED): T.ARMED,
        (T.WAITING, C.PRICE_ON_RIGHT_SIDE): T.ARMED,
        (T.WAITING, C.CROSSED_AT_OPEN): T.WAITING,
        (T.WAITING, C.TEMPLATE_RESET): T.WAITING,
        (T.WAITING, C.CANCELLED): T.DONE,
        (T.WAITING, C.EXPIRED): T.DONE,
        (T.WAITING, C.LIFETIME_ENDED): T.DONE,
        (T.ARMED, C.HIT): T.FIRING,
        (T.ARMED, C.CROSSED_AT_OPEN): T.WAITING,
        (T.ARMED, C.TEMPLATE_RESET): T.WAITING,
        (T.ARMED, C.CANCELLED): T.DONE,
        (T.ARMED, C.EXPIRED): T.DONE,
        (T.ARMED, C.LIFETIME_ENDED): T.DONE,
        (T.FIRING, C.FILLED): T.DONE,
        (T.FIRING, C.ACTED): T.DONE,
        (T.FIRING, C.POSITION_GONE): T.DONE,
        (T.FIRING, C.BUDGET_SPENT): T.ARMED,
        (T.FIRING, C.EXPIRED): T.DONE,
        (T.FIRING, C.ABANDONED): T.DONE,
        (T.DONE, C.TEMPLATE_RESET): T.WAITING,
        (T.DONE, C.REARMED): T.ARMED,
    }
)

K = AttemptCause
_EVIDENCE = (
    (K.ACCEPTED, A.WORKING),
    (K.PARTLY_FILLED, A.PARTIALLY_FILLED),
    (K.FILLED, A.FILLED),
    (K.CANCELLED, A.CANCELLED),
)
ATTEMPT_TRANSITIONS: Mapping[tuple[A, AttemptCause], A] = MappingProxyType(
    {
        (A.SIGNED, K.SENT): A.SENT,
        **{
            (before, cause): after
            for before in (A.SIGNED, A.SENT, A.IN_DOUBT)
            for cause, after in ((K.REFUSED, A.REFUSED), *_EVIDENCE)
        },
        (A.SIGNED, K.UNANSWERED): A.IN_DOUBT,
        (A.SENT, K.UNANSWERED): A.IN_DOUBT,
        (A.IN_DOUBT, K.NOT_FOUND): A.EXPIRED,
        (A.WORKING, K.ACCEPTED): A.WORKING,
        (A.WORKING, K.PARTLY_FILLED): A.PARTIALLY_FILLED,
        (A.WORKING, K.FILLED): A.FILLED,
        (A.WORKING, K.CANCELLED): A.CANCELLED,
        (A.PARTIALLY_FILLED, K.PARTLY_FILLED): A.PARTIALLY_FILLED,
        (A.PARTIALLY_FILLED, K.FILLED): A.FILLED,
        (A.PARTIALLY_FILLED, K.CANCELLED): A.CANCELLED,
        # A cancel and a fill race at the venue: the late fill is counted.
        (A.CANCELLED, K.PARTLY_FILLED): A.CANCELLED,
        (A.CANCELLED, K.CANCELLED): A.CANCELLED,
        (A.CANCELLED, K.FILLED): A.FILLED,
        # Evidence outweighs an absence, and even a refusal: it is counted.
        **{
            (before, cause): after
            for before in (A.EXPIRED, A.REFUSED)
            for cause, after in _EVIDENCE
        },
    }
)


def next_trigger_state(state: T, cause: TriggerCause) -> T:
    """Give the state after *cause*; a pair outside the table is a `CoreError`."""
    try:
        return TRIGGER_TRANSITIONS[state, cause]
    except KeyError:
        raise CoreError(f"a trigger that is {state} cannot take '{cause}'") from None


def next_attempt_state(state: A, cause: AttemptCause) -> A:
    """Give the state after *cause*; a pair outside the table is a `CoreError`."""
    try:
        return ATTEMPT_TRANSITIONS[state, cause]
    except KeyError:
        raise CoreError(f"an attempt that is {state} cannot take '{cause}'") from None


def diagram() -> str:
    """Draw both tables as one Markdown page with two Mermaid diagrams."""
    triggers = ((b, c, a) for (b, c), a in TRIGGER_TRANSITIONS.items())
    attempts = ((b, c, a) for (b, c), a in ATTEMPT_TRANSITIONS.items())
    return "\n".join(
        [
            "# Life cycles",
            "",
            "Drawn from the tables in `exitd.core.lifecycle`; a test keeps this page",
            "equal to them. What has no arrow here is an error.",
            "",
            "## Trigger",
            "",
            *_mermaid(T.WAITING, triggers),
            "",
            "## Attempt",
            "",
            *_mermaid(A.SIGNED, attempts),
            "",
        ]
    )


def _mermaid(first: str, arrows: Iterable[tuple[str, str, str]]) -> list[str]:
    causes: dict[tuple[str, str], list[str]] = {}
    for before, cause, after in arrows:
        causes.setdefault((before, after), []).append(str(cause))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for (before, after), why in causes.items():
        lines.append(f"    {before} --> {after}: {', '.join(why)}")
    return [*lines, "```"]
