"""Previewing: one alert, and all that would come of it, as a document."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from exitd.signals.analysing import analyse, analysis_json
from exitd.signals.findings import findings_json, validation_json
from exitd.signals.model import Json, Signal, Validation
from exitd.signals.normalising import normalise
from exitd.signals.platforms.alpaca import ALPACA
from exitd.signals.transforming import (
    TRANSFORMS,
    documented_alpaca_order,
    transformed,
)
from exitd.signals.validating import validate

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` holds what each platform would be sent, or its `error`."""

    signal: Signal
    validation: Validation
    analysis: Json
    orders: dict[str, Json]


def preview(
    payload: Mapping[str, object],
    *,
    fill_price: Decimal | None = None,
    documented: bool = False,
) -> Preview:
    """
    Look at an alert without receiving it.

    Args:
        payload: What `read_body` gave.
        fill_price: What its order was filled at, on average, above zero.
        documented: Show Alpaca's stop-limit orders as the format's page does.
    """
    normalised = normalise(payload)
    signal = normalised.signal
    validation = validate(normalised)
    orders = {name: transformed(signal, validation, name) for name in TRANSFORMS}
    if documented:
        orders[ALPACA.platform] = transformed(
            signal, validation, ALPACA.platform, transform=documented_alpaca_order
        )
    return Preview(
        signal=signal,
        validation=validation,
        analysis=analysis_json(analyse(signal, fill_price)),
        orders=orders,
    )


def preview_json(seen: Preview) -> str:
    """Write a preview as one JSON object; its numbers have their exact digits."""
    document: Json = {
        "normalized": seen.signal,
        "validation": validation_json(seen.validation),
        "findings": findings_json(seen.validation),
        "analysis": seen.analysis,
        **seen.orders,
    }
    return _ENCODER.encode(document).decode()


def part_json(part: object) -> str:
    """Write a part of a preview by itself."""
    return _ENCODER.encode(part).decode()
