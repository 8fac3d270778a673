"""Which account an alert trades on, among those that its route allows."""

from collections.abc import Mapping

from exitd.configuration.webhook import Route
from exitd.signals.model import Signal
from exitd.signals.platforms.schwab import TD_AMERITRADE


def account_of(
    signal: Signal, name: str, route: Route, kinds: Mapping[str, str]
) -> tuple[str, str]:
    """Choose by `accountId` and `metadata.brokerPlatform`; else the route's first.

    Args:
        kinds: The type of each account under `venues:`.

    Returns:
        The account, and why there is none: one of the two is empty.
    """
    place = f"webhook.routes.{name}"
    chosen = list(route.venues)
    named = signal.account_id
    if named is not None:
        account = route.account_ids.get(named, named)
        if account not in chosen:
            return "", (
                f"accountId '{named}' is none of the accounts of {place} "
                f"({', '.join(chosen)}); name it under {place}.account_ids"
            )
        chosen = [account]
    platform = signal.broker_platform
    if platform is not None:
        fitting = [account for account in chosen if kinds.get(account) == platform]
        if not fitting:
            known = ", ".join(f"{a}: {kinds.get(a, 'unknown')}" for a in chosen)
            if platform == TD_AMERITRADE.platform:
                return "", (
                    f"brokerPlatform '{platform}' trades no more: its API ended on 10 "
                    "May 2024; write schwab, or leave brokerPlatform out"
                )
            return "", (
                f"brokerPlatform '{platform}' is none that {place} trades on "
                f"({known}); add an account of it to {place}.venues"
            )
        chosen = fitting
    return chosen[0], ""
