"""What people are told of prices that nobody saw, or that are not believed."""

from collections.abc import Mapping

from exitd.core.events import Fact
from exitd.core.events import FactKind as K


def unseen_sentence(fact: Fact, f: Mapping[str, str]) -> str:
    """Say such a fact; *f* are its fields as text."""
    who = fact.trigger_id
    match fact.kind:
        case K.TRIGGER_UNCERTAIN:
            return (
                f"{who}: nobody knows what its price did while nobody watched: "
                f"{f['why']}"
            )
        case K.TRIGGER_MISSED:
            then = "it fires now" if fact.fields["fires"] else "nothing was sent"
            return (
                f"{who}: its level {f['level']} was crossed while nobody watched, in a "
                f"candle from {f['low']} to {f['high']}; {then}"
            )
        case K.PRICE_UNWATCHED:
            return (
                f"{fact.symbol}: nobody watched for a while; {f['missed']} exits were "
                f"crossed and nothing was sent, {f['fires']} fire now, and of "
                f"{f['unsure']} nobody knows; `exitd ls` shows which"
            )
        case _:
            return (
                f"{fact.symbol}: a price of {f['observed']} was held back, as the "
                f"{f['witness']} beside it does not bear it out"
            )
