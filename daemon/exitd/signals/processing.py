"""Processing: one payload from its fields to its order, as the format's library."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from exitd.signals.analysing import Analysis, analyse
from exitd.signals.faults import unreadable
from exitd.signals.fields import amount
from exitd.signals.model import Json, Normalised, Signal, Validation
from exitd.signals.normalising import normalise
from exitd.signals.platforms.known import DEFAULT_PLATFORM
from exitd.signals.reading import UnreadableBody, no_object, read_body
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
    payload: Mapping[str, object] | str | bytes,
    fill_price: Decimal | float | None = None,
) -> Processed:
    """
    Normalise, validate, analyse and transform an alert.

    Args:
        payload: A body as it came, text or bytes: it is read as strictly as at the
            door. Or what `read_body` gave, or any fields by their names. One that is
            not one JSON object has that as its only error.
        fill_price: The average price of its fills, above zero, when there are any.

    Raises:
        ValueError: *fill_price* is no price.
    """
    fill = None if fill_price is None else amount("fill_price", fill_price)
    normalised, validation = _read(payload)
    signal = normalised.signal
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


def _read(payload: object) -> tuple[Normalised, Validation]:
    try:
        normalised = normalise(_fields(payload))
    except UnreadableBody as error:
        # Nothing of it can be used: that its fields are missing would be untrue.
        return normalise({}), Validation(errors=(unreadable(error),))
    return normalised, validate(normalised)


def _fields(payload: object) -> Mapping[str, object]:
    if isinstance(payload, str):
        payload = payload.encode("utf-8", "surrogatepass")
    if isinstance(payload, bytes):
        return read_body(payload)
    if not isinstance(payload, Mapping):
        raise no_object(payload)
    return payload
