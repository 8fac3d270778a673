"""Why a command could not be done, in one small tree.

    ControlError          never raised itself
    ├── NotFound          404  there is no such thing, or not in this account
    ├── Conflict          409  it does not fit what is there now
    ├── Unusable          422  what was asked for cannot be
    ├── Unauthenticated   401  nobody knows who asks
    ├── Forbidden         403  who asks may not do this
    ├── TooMany           429  who asks has asked too often
    ├── VenueFailed       502  the venue said no, or did not answer
    ├── NotReady          503  ask again shortly
    └── NoRoom            507  the disk is full

The codes are stable: programs go by them, people by the sentence.
"""

from typing import Self

from exitd.core.state import Refused
from exitd.errors import ExitdError


class ControlError(ExitdError):
    """
    A command that was not done.

    Attributes:
        code: Stable, `snake_case`.
        status: The HTTP status that it is answered with.
        sentence: One sentence that names the place.
        remedy: What to do about it, empty where the sentence says it.
        field: The part of what was sent that is wrong, such as `tighten.at`; the
            sentence begins with it. Empty where it is not one part.
        retry_after_s: When to ask again, where that helps.
        why: What is written down of it and never answered; empty where that is `code`.
    """

    status = 400

    def __init__(
        self,
        code: str,
        sentence: str,
        remedy: str = "",
        *,
        field: str = "",
        retry_after_s: int | None = None,
        why: str = "",
    ) -> None:
        self._bare = sentence
        sentence = f"{field}: {sentence}" if field else sentence
        super().__init__(f"{sentence}; {remedy}" if remedy else sentence)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.field = field
        self.retry_after_s = retry_after_s
        self.why = why

    def within(self, place: str) -> Self:
        """Give the same of a part of something larger, such as `triggers.1`."""
        field = f"{place}.{self.field}" if self.field else place
        return type(self)(
            self.code,
            self._bare,
            self.remedy,
            field=field,
            retry_after_s=self.retry_after_s,
            why=self.why,
        )


class NotFound(ControlError):
    status = 404


class Conflict(ControlError):
    status = 409


class Unusable(ControlError):
    status = 422


class Unauthenticated(ControlError):
    status = 401


class Forbidden(ControlError):
    status = 403


class TooMany(ControlError):
    status = 429


class VenueFailed(ControlError):
    status = 502


class NotReady(ControlError):
    status = 503


class NoRoom(ControlError):
    status = 507


_UNUSABLE = frozenset(
    {
        "bad_close",
        "bad_condition",
        "below_minimum",
        "expired",
        "off_step",
        "too_near",
        "unknown_symbol",
    }
)


def from_refusal(refused: Refused) -> ControlError:
    """Give the engine's refusal its place in the tree; its remedy stands after `;`."""
    sentence, _, remedy = refused.sentence.partition("; ")
    if refused.code in ("unknown", "unknown_entry"):
        return NotFound(refused.code, sentence, remedy)
    if refused.code in _UNUSABLE:
        return Unusable(refused.code, sentence, remedy)
    return Conflict(refused.code, sentence, remedy)
