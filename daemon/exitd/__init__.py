"""exitd holds take-profits and stop-losses on your own machine and fires them."""

__version__ = "0.1.0"
