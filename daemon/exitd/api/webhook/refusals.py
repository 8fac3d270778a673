"""Why an alert is not taken; each is one sentence, and what to do about it."""

from exitd.runtime.problems import ControlError
from exitd.signals.model import Validation

_SEVERAL = "`exitd webhook preview` says what to do about each"


class NoSuchPath(ControlError):
    status = 404


class WrongMethod(ControlError):
    status = 405


class NotFromThere(ControlError):
    status = 403


class Unreadable(ControlError):
    status = 400


class Unauthorized(ControlError):
    """The same for a route that is not there and a key that is not right."""

    status = 401


class Invalid(ControlError):
    """Every error of the alert, in the order of the format.

    The sentence has them all: it is what the log holds and what people are told, and
    senders do not show the answer.
    """

    status = 422

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        first, *rest = validation.errors
        sentence = "; ".join(error.message for error in validation.errors)
        remedy = _SEVERAL if rest else first.remedy[:1].lower() + first.remedy[1:]
        super().__init__("invalid", sentence, remedy)


def unauthorized() -> Unauthorized:
    return Unauthorized(
        "unauthorized",
        "there is no such route, or its auth_key is another",
        "compare both with `exitd webhook url`",
    )
