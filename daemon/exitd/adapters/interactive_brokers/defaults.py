"""Where the gateway is, how long it may take, and what of this is proven."""

from types import MappingProxyType

VENUE = "Interactive Brokers"
URL = "https://localhost:5000/v1/api"
DEADLINE_S = 10.0
POLL_S = 6.0
#: The broker takes questions about orders and trades once in five seconds.
PAUSE_S = 5.0

#: What the gateway asks and exitd confirms, unless the table says otherwise: risks of
#: market and stop orders, a stop that fills at once, no market data at the broker, a
#: cap price, and that cash quantities are estimates. Sizes, values and prices out of
#: bounds are never among them.
CONFIRMED = (
    "o354",
    "o403",
    "o10151",
    "o10152",
    "o10153",
    "o10164",
    "o10223",
    "o10331",
)

#: What another client proves by speaking to the same gateway as exitd, and what nothing
#: here can prove: only the broker itself.
PROVEN = (
    "order bodies, brackets among them",
    "the questions before an order and their answers",
    "cancelling",
    "the list of orders",
    "positions and their pages",
)
UNPROVEN = MappingProxyType(
    {
        "session": "how a brokerage session is lost, and what is answered then",
        "duplicates": "that an order's cOID is refused for 24 hours, with which words",
        "positions": "how soon a position shows a fill",
        "refusals": "the words of refusals",
        "streams": "the frames of prices and orders",
        "inactive": "whether an order that is Inactive can still work",
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
