"""Telling somebody."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class AlertLevel(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Struct, frozen=True, kw_only=True):
    """One thing a person should know.

    `topic` is an event name (`order.filled`, `position.unprotected`); alerts of
    one `topic` and `about` are throttled together. `cleared` ends an earlier one.
    """

    level: AlertLevel
    topic: str
    about: str
    text: str
    cleared: bool = False


class Delivered(Struct, frozen=True):
    """What became of a message to one target: `reason` is empty when it arrived."""

    target: str
    reason: str


class Alerts(Protocol):
    def tell(self, alert: Alert) -> None:
        """Hand over and return at once; never raises, never waits."""
        ...

    async def test(self) -> tuple[Delivered, ...]:
        """Send one message to each target, and say what became of each."""
        ...
