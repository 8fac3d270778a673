"""Validating: what is wrong with a signal, and what is odd about it."""

from exitd.core.ticket import AssetClass
from exitd.signals.model import Normalised, Validation
from exitd.signals.oddities import warnings_of
from exitd.signals.platforms.known import DEFAULT_PLATFORM
from exitd.signals.rules import errors_of


def validate(
    normalised: Normalised,
    *,
    needs_auth_key: bool = True,
    platform: str | None = None,
    asset_class: AssetClass | None = None,
    is_strict: bool = True,
    may_be_native: bool = True,
) -> Validation:
    """
    Check a signal by the rules E1 to E20 and W1 to W11 of the format.

    Args:
        needs_auth_key: False behind a door that has compared the key already.
        platform: The broker that the warnings are about (`alpaca`,
            `interactive_brokers`, `td_ameritrade`, `schwab`); else the one that the
            alert names, else `alpaca`.
        asset_class: What the ticker is; else it is read from the ticker.
        is_strict: False lets a stop-limit order have equal prices, as brokers do.
        may_be_native: False where exitd holds the exits whatever the broker can.

    Returns:
        Every error and every warning: first what could not be read, then each in the
        order of its number.
    """
    signal = normalised.signal
    about = platform or signal.broker_platform or DEFAULT_PLATFORM
    return Validation(
        errors=tuple(
            errors_of(normalised, needs_auth_key=needs_auth_key, is_strict=is_strict)
        ),
        warnings=tuple(
            warnings_of(
                signal,
                platform=about,
                asset_class=asset_class,
                may_be_native=may_be_native,
            )
        ),
    )
