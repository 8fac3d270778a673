"""What a venue has answered where its documents say nothing: asked once, then kept.

An answer never takes a protection away: what it says can make exitd more careful, and
is shown to people. What was not asked, or not answered, stays unknown.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec import Struct

UNKNOWN = "unknown"


class Question(StrEnum):
    """What is asked, in the order in which people read it."""

    EXPIRED_REQUEST = "expired_request"
    DUPLICATE_WHILE_OPEN = "duplicate_while_open"
    DUPLICATE_AFTERWARDS = "duplicate_afterwards"
    OVERSIZE_REDUCE_ONLY = "oversize_reduce_only"
    RESTING_REDUCE_ONLY = "resting_reduce_only"
    UNKNOWN_CANCEL = "unknown_cancel"
    HISTORY_LAG = "history_lag"


#: The questions as people read them.
ASKED = {
    Question.EXPIRED_REQUEST: "a request that has expired",
    Question.DUPLICATE_WHILE_OPEN: "the client id of an open order, again",
    Question.DUPLICATE_AFTERWARDS: "the client id of an ended order, again",
    Question.OVERSIZE_REDUCE_ONLY: "a reduce-only order above the position",
    Question.RESTING_REDUCE_ONLY: "a resting reduce-only order",
    Question.UNKNOWN_CANCEL: "a cancel of an order that is not there",
    Question.HISTORY_LAG: "an order in the history",
}


class VenueAnswer(Struct, frozen=True, kw_only=True):
    """One answer.

    `answer` is one word of those in docs/operating.md, `detail` what the venue said or
    why nothing is known. `number_ns` is set where the answer is a time. `ts_ns` is when
    it was asked, by this machine's clock.
    """

    question: Question
    answer: str
    detail: str = ""
    number_ns: int | None = None
    ts_ns: int = 0

    @property
    def is_known(self) -> bool:
        return self.answer != UNKNOWN


def note_of(account: str) -> str:
    """Name the note that keeps the answers of an account's venue."""
    return f"answers:{account}"


def encoded(answers: Iterable[VenueAnswer]) -> bytes:
    return msgspec.json.encode(list(answers))


def decoded(note: bytes | None) -> tuple[VenueAnswer, ...]:
    """Read what is kept; nothing, where it is of another version of exitd."""
    if note is None:
        return ()
    try:
        return msgspec.json.decode(note, type=tuple[VenueAnswer, ...])
    except msgspec.DecodeError:
        return ()


def joined(
    before: Iterable[VenueAnswer], now: Iterable[VenueAnswer]
) -> tuple[VenueAnswer, ...]:
    """Give one answer to each question: the newer, but unknown never hides a known."""
    found = {one.question: one for one in before}
    for one in now:
        if one.is_known or one.question not in found:
            found[one.question] = one
    return tuple(
        found.get(question)
        or VenueAnswer(question=question, answer=UNKNOWN, detail="never asked")
        for question in Question
    )
