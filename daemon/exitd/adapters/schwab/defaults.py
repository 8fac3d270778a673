"""Where Schwab is, and how long it may take."""

VENUE = "Schwab"
URL = "https://api.schwabapi.com"
DEADLINE_S = 10.0
POLL_S = 6.0
QUOTES_S = 4.0
