"""Validating: what is wrong with a signal, and what is odd about it."""

from exitd.core.ticket import AssetClass
from exitd.signals.model import Normalised, Validation


def validate(
    normalised: Normalised,
    *,
    needs_auth_key: bool = True,
    platform: str | None = None,
    asset_class: AssetClass | None = None,
    is_strict: bool = True,
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

    Returns:
        Every error and every warning, each in the order of its number.
    """
    raise NotImplementedError
