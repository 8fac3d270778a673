"""What became of messages to those who are told, as programs see it."""

from msgspec import Struct


class DeliveryView(Struct, frozen=True, kw_only=True):
    """What became of a test message: `reason` is empty when it arrived."""

    target: str
    reason: str


class DeliveriesView(Struct, frozen=True):
    deliveries: tuple[DeliveryView, ...]
