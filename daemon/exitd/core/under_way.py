"""The closes of one position that are not over yet: an index, never the truth.

Ten thousand firings of one position must not cost a walk over all of them for
each reply; so their sums are kept as attempts change.
"""

from decimal import Decimal

from exitd.core.attempt import AttemptKey, AttemptRecord, AttemptState, TimeInForce
from exitd.core.units import ZERO

#: States of an attempt that the venue has not answered for.
UNANSWERED = frozenset({AttemptState.SIGNED, AttemptState.SENT, AttemptState.IN_DOUBT})
AT_VENUE = frozenset({AttemptState.WORKING, AttemptState.PARTIALLY_FILLED})


def is_resting(attempt: AttemptRecord) -> bool:
    """Whether the venue holds this order until it fills or is taken back."""
    return attempt.state in AT_VENUE and attempt.order.time_in_force is TimeInForce.GTC


class UnderWay:
    """What may still take from a position, and who waits for it.

    `unresolved` is what open attempts may still fill, in base units;
    `unanswered` the part of it that the venue has not answered for. `resting` are
    attempts that the venue holds until they fill. `waiting` are firings on hold, or
    filled and not yet shown by the position.
    """

    __slots__ = (
        "attempts",
        "in_doubt",
        "resting",
        "unanswered",
        "unresolved",
        "waiting",
    )

    def __init__(self) -> None:
        self.attempts: dict[AttemptKey, None] = {}
        self.in_doubt = 0
        self.resting: dict[AttemptKey, None] = {}
        self.unanswered = ZERO
        self.unresolved = ZERO
        self.waiting: dict[str, None] = {}

    def replace(
        self, before: AttemptRecord | None, after: AttemptRecord | None
    ) -> None:
        """Count an attempt as it is now instead of as it was."""
        if before is not None and not before.is_ended:
            self._count(before, -1)
            del self.attempts[before.order.attempt]
            self.resting.pop(before.order.attempt, None)
        if after is not None and not after.is_ended:
            self._count(after, 1)
            self.attempts[after.order.attempt] = None
            if is_resting(after):
                self.resting[after.order.attempt] = None

    def _count(self, attempt: AttemptRecord, sign: int) -> None:
        unresolved: Decimal = attempt.unresolved * sign
        self.unresolved += unresolved
        if attempt.state in UNANSWERED:
            self.unanswered += unresolved
        if attempt.state is AttemptState.IN_DOUBT:
            self.in_doubt += sign
