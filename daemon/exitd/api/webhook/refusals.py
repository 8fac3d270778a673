"""Why an alert is not taken; each is one sentence, and what to do about it."""

from exitd.runtime.problems import ControlError
from exitd.signals.model import Validation


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


class TooOften(ControlError):
    status = 429


class Invalid(ControlError):
    """Every error of the alert, in the order of the format."""

    status = 422

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        first, *rest = validation.errors
        more = f" (and {len(rest)} more)" if rest else ""
        super().__init__("invalid", f"{first.message}{more}", first.remedy)


def unauthorized() -> Unauthorized:
    return Unauthorized(
        "unauthorized",
        "there is no such route, or its auth_key is another",
        "compare both with `exitd webhook url`",
    )
