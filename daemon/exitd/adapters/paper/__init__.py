"""A simulated account in front of live prices: nothing is sent."""
