"""What the exchange says when it refuses: status, code and message of the body."""

from __future__ import annotations


class Refused(Exception):
    """
    A request that the exchange answers with an error body.

    Attributes:
        status: HTTP status.
        code: The `code` of the body, upper snake case.
        message: The `message` of the body.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def invalid_request(message: str) -> Refused:
    """A request that could not be read: 400 INVALID_CLIENT_REQUEST."""
    return Refused(400, "INVALID_CLIENT_REQUEST", message)


def invalid_order(message: str) -> Refused:
    """An order that breaks a rule of the exchange: 400 INVALID_ORDER."""
    return Refused(400, "INVALID_ORDER", message)


def not_found(message: str = "Not Found") -> Refused:
    """What was asked for does not exist: 404 RESOURCE_NOT_FOUND."""
    return Refused(404, "RESOURCE_NOT_FOUND", message)
