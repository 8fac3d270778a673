"""Where Backpack is, and how long it may take."""

VENUE = "Backpack"
URL = "https://api.backpack.exchange"
WS_URL = "wss://ws.backpack.exchange"
WINDOW_MS = 5_000
DEADLINE_S = 5.0
