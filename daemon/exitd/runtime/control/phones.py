"""What a token of scope `phone` may change: it may be lost with the phone.

It pauses take-profits and resumes what was paused. Whoever finds it cannot take a stop
away, sell anything, or arm what would.
"""

from exitd.core.condition import FixedLevel
from exitd.core.trigger import TriggerDefinition
from exitd.runtime.callers import Caller
from exitd.runtime.problems import Forbidden

PHONE = "phone"


def may_pause(definition: TriggerDefinition) -> bool:
    """Whether it closes once the price has come to the favourable side."""
    closes = definition.side is not None and definition.close is not None
    at_level = isinstance(definition.condition, FixedLevel)
    return closes and at_level and not definition.is_stop


def refuse_phone(by: Caller, definition: TriggerDefinition) -> None:
    """Let a phone pause take-profits only.

    Raises:
        Forbidden: *by* is a phone, and this is something else.
    """
    if by.is_phone and not may_pause(definition):
        raise Forbidden(
            "scope",
            f"a token of scope {PHONE} may pause take-profits, and {definition.id} is"
            " none",
            "use a token of scope trade",
        )
