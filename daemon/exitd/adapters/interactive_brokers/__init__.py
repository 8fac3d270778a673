"""Interactive Brokers by its Client Portal Web API, as its gateway serves it."""
