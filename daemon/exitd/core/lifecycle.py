"""Every transition of a trigger, an attempt and an entry; nothing else decides one.

A pair that is missing from its table is the error. The diagrams in the docs
are drawn from these tables.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from exitd.core.attempt import AttemptState as A
from exitd.core.entry import EntryState as E
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
    VANISHED = "not shown any more"
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
        # The blocks that had it were undone.
        (A.WORKING, K.VANISHED): A.IN_DOUBT,
        (A.PARTIALLY_FILLED, K.VANISHED): A.IN_DOUBT,
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


class EntryCause(StrEnum):
    SIGNED = "signed"
    SENT = "sent"
    ACCEPTED = "accepted"
    PARTLY_FILLED = "partly filled"
    FILLED = "filled"
    REFUSED = "refused"
    PUT_BACK = "refused for now"
    CANCELLED = "cancelled"
    LAPSED = "its time is over"
    UNANSWERED = "unanswered"
    NOT_FOUND = "not found after its window"
    WITHDRAWN = "taken back"


N = EntryCause
_SEEN = (
    (N.ACCEPTED, E.WORKING),
    (N.PARTLY_FILLED, E.PARTIALLY_FILLED),
    (N.FILLED, E.FILLED),
    (N.CANCELLED, E.CANCELLED),
    (N.LAPSED, E.EXPIRED),
)
ENTRY_TRANSITIONS: Mapping[tuple[E, EntryCause], E] = MappingProxyType(
    {
        (E.WANTED, N.SIGNED): E.SIGNED,
        (E.WANTED, N.REFUSED): E.REFUSED,
        (E.WANTED, N.LAPSED): E.EXPIRED,
        # Nothing of it has left, or the broker has just said no to it.
        **{
            (before, N.WITHDRAWN): E.CANCELLED
            for before in (E.WANTED, E.SIGNED, E.SENT)
        },
        (E.SIGNED, N.SENT): E.SENT,
        **{
            (before, cause): after
            for before in (E.SIGNED, E.SENT, E.IN_DOUBT)
            for cause, after in ((N.REFUSED, E.REFUSED), *_SEEN)
        },
        (E.SIGNED, N.PUT_BACK): E.WANTED,
        (E.SENT, N.PUT_BACK): E.WANTED,
        (E.SIGNED, N.UNANSWERED): E.IN_DOUBT,
        (E.SENT, N.UNANSWERED): E.IN_DOUBT,
        (E.IN_DOUBT, N.NOT_FOUND): E.EXPIRED,
        **{(E.WORKING, cause): after for cause, after in _SEEN},
        # A broker takes an order in and refuses it a moment later.
        (E.WORKING, N.REFUSED): E.REFUSED,
        **{(E.PARTIALLY_FILLED, cause): after for cause, after in _SEEN[1:]},
        # A late fill races with the end of an order: it is counted.
        (E.CANCELLED, N.PARTLY_FILLED): E.CANCELLED,
        (E.CANCELLED, N.CANCELLED): E.CANCELLED,
        (E.CANCELLED, N.LAPSED): E.CANCELLED,
        (E.CANCELLED, N.FILLED): E.FILLED,
        # Evidence outweighs an absence, and even a refusal.
        **{
            (before, cause): after
            for before in (E.EXPIRED, E.REFUSED)
            for cause, after in _SEEN
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


def next_entry_state(state: E, cause: EntryCause) -> E:
    """Give the state after *cause*; a pair outside the table is a `CoreError`."""
    try:
        return ENTRY_TRANSITIONS[state, cause]
    except KeyError:
        raise CoreError(f"an entry that is {state} cannot take '{cause}'") from None


def diagram() -> str:
    """Draw the tables as one Markdown page with three Mermaid diagrams."""
    triggers = ((b, c, a) for (b, c), a in TRIGGER_TRANSITIONS.items())
    attempts = ((b, c, a) for (b, c), a in ATTEMPT_TRANSITIONS.items())
    entries = ((b, c, a) for (b, c), a in ENTRY_TRANSITIONS.items())
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
            "## Entry",
            "",
            *_mermaid(E.WANTED, entries),
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
