"""Where the gateway is, how long it may take, and what it may be told."""

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
