"""What the exchange says when it does not do something."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An answer with an error: its HTTP status, code, message and whatever else."""

    def __init__(self, status: int, code: int, message: str, **extras: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **extras}


def wrong(message: str, **extras: Any) -> Refused:
    """Say that a field is missing or does not go with another."""
    return Refused(422, 40010001, message, **extras)


def unfit(message: str, **extras: Any) -> Refused:
    """Say that an order is complete and cannot be taken as it is."""
    return Refused(422, 42210000, message, **extras)


def forbidden(message: str, **extras: Any) -> Refused:
    return Refused(403, 40310000, message, **extras)


def missing(message: str) -> Refused:
    return Refused(404, 40410000, message)
