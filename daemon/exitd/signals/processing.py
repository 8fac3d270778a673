"""Processing: one payload from its fields to its order, as the format's library."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from exitd.signals.model import Json, Signal, Validation


class Response(Struct, frozen=True, kw_only=True):
    """`errors` are sentences of the format; without any it is a success."""

    success: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Processed(Struct, frozen=True, kw_only=True):
    """`platform_order` is None when no order can be made for the platform."""

    response: Response
    signal: Signal
    validation: Validation
    platform_order: Json | None


def process(
    payload: Mapping[str, object], fill_price: Decimal | None = None
) -> Processed:
    """Normalise, validate, analyse and transform an alert; *fill_price* per unit."""
    raise NotImplementedError
