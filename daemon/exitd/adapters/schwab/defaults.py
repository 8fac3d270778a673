"""Where Schwab is, how long it may take, and what of this is proven."""

from types import MappingProxyType

VENUE = "Schwab"
URL = "https://api.schwabapi.com"
DEADLINE_S = 10.0
POLL_S = 6.0
QUOTES_S = 4.0

#: What another client proves: schwab-py writes the very same order bodies.
PROVEN = ("order bodies: all types, TRIGGER and OCO strategies, instructions, prices",)
#: What nothing here can prove, only the broker itself.
UNPROVEN = MappingProxyType(
    {
        "tokens": "how tokens are refreshed and refused",
        "location": "the order's number in the Location header",
        "orders": "statuses and executions of orders",
        "positions": "positions, and how soon they show a fill",
        "transactions": "executions among the transactions",
        "refusals": "the words of refusals",
        "quotes": "quotes, and which of them are live",
        "lookup": "that an order nobody answered for is found by its terms",
    }
)


def why_not_live() -> str:
    """Say why no account of this kind may trade; empty once all of it is proven."""
    if not UNPROVEN:
        return ""
    return (
        "this venue was never tried against the broker itself; not proven are "
        + "; ".join(UNPROVEN.values())
    )
