"""Where Binance's USD-M futures are, and how long they may take."""

VENUE = "Binance"
URL = "https://fapi.binance.com"
WS_URL = "wss://fstream.binance.com"
DEADLINE_S = 5.0
