"""Processing: one payload from its fields to its order, as the format's library."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from exitd.signals.analysing import Analysis, analyse
from exitd.signals.fields import amount
from exitd.signals.model import Json, Signal, Validation
from exitd.signals.normalising import normalise
from exitd.signals.platforms.known import DEFAULT_PLATFORM
from exitd.signals.transforming import TRANSFORMS, transformed
from exitd.signals.validating import validate


class Response(Struct, frozen=True, kw_only=True):
    """`errors` are sentences of the format; without any it is a success."""

    success: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Processed(Struct, frozen=True, kw_only=True):
    """
    What became of a payload.

    `platform_order` is what the platform that the alert names would be sent (`alpaca`
    without a name); None when it can take no such order, and `transform_error` then
    says why, also of a valid alert.
    """

    response: Response
    signal: Signal
    validation: Validation
    analysis: Analysis
    platform_order: Json | None = None
    transform_error: str | None = None


def process(
    payload: Mapping[str, object], fill_price: Decimal | float | None = None
) -> Processed:
    """
    Normalise, validate, analyse and transform an alert.

    Args:
        payload: What `read_body` gave, or any fields by their names.
        fill_price: The average price of its fills, above zero, when there are any.

    Raises:
        ValueError: *fill_price* is no price.
    """
    fill = None if fill_price is None else amount("fill_price", fill_price)
    normalised = normalise(payload)
    signal = normalised.signal
    validation = validate(normalised)
    platform = signal.broker_platform or DEFAULT_PLATFORM
    made: Json = {"error": f"no order can be made for '{platform}'"}
    if platform in TRANSFORMS:
        made = transformed(signal, validation, platform)
    error = made.get("error")
    return Processed(
        response=Response(
            success=validation.valid,
            errors=tuple(finding.message for finding in validation.errors),
            warnings=tuple(finding.message for finding in validation.warnings),
        ),
        signal=signal,
        validation=validation,
        analysis=analyse(signal, fill),
        platform_order=None if error is not None else made,
        transform_error=str(error) if error is not None else None,
    )
