"""Where Alpaca is, and how long it may take."""

VENUE = "Alpaca"
URL = "https://paper-api.alpaca.markets"
WS_URL = "wss://paper-api.alpaca.markets/stream"
DATA_URL = "https://data.alpaca.markets"
DATA_WS_URL = "wss://stream.data.alpaca.markets"
DATA_FEED = "iex"

DEADLINE_S = 5.0
#: The list of all assets is some six megabytes.
LISTING_DEADLINE_S = 30.0
LISTING_BYTES_MAX = 64 * 1024 * 1024

#: How long the same request may be sent again before it counts as never sent.
WINDOW_MS = 10_000
