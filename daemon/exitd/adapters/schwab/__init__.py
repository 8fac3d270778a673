"""Charles Schwab by its Trader API for individuals."""
