"""Which venues were never tried against the broker itself, and what that leaves open.

Such a venue works on paper: live prices and a simulated account. Live it is refused
until all of this has been seen at the broker and its line here has gone.
"""

from collections.abc import Mapping
from types import MappingProxyType

UNPROVEN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # Proven by ibind, which speaks to the same gateway: order bodies, brackets,
        # the questions before an order, cancels, the list of orders, positions.
        "interactive_brokers": MappingProxyType(
            {
                "session": "how a session is lost, and what is answered then",
                "duplicates": "that a cOID is refused for a day, and in which words",
                "positions": "how soon a position shows a fill",
                "inactive": "whether an order that is Inactive can still work",
                "refusals": "the words of refusals",
                "streams": "the frames of the price stream",
            }
        ),
        # Proven by schwab-py, whose builders write the same: order bodies.
        "schwab": MappingProxyType(
            {
                "tokens": "how tokens are refreshed and refused",
                "location": "the order's number in the Location header",
                "orders": "the statuses and executions of orders",
                "positions": "how soon a position shows a fill",
                "transactions": "executions among the transactions",
                "lookup": "that an order nobody answered for is found by its terms",
                "refusals": "the words of refusals",
                "quotes": "which quotes are live",
            }
        ),
    }
)


def why_not_live(type_name: str) -> str:
    """Say why an account of this type may not trade; empty where it may."""
    open_points = UNPROVEN.get(type_name)
    if not open_points:
        return ""
    return (
        f"{type_name} was never tried against the broker itself, so it cannot trade"
        f" live; not proven: {'; '.join(open_points.values())}. Write mode: paper, or"
        " remove this account"
    )
