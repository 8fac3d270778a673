"""Prices of Schwab, by asking for quotes."""

from __future__ import annotations

from exitd.adapters.polling.prices import PolledFeed
from exitd.adapters.schwab.defaults import QUOTES_S
from exitd.adapters.schwab.venue import SchwabVenue
from exitd.ports.clock import Clock


def schwab_feed(
    name: str, venue: SchwabVenue, *, clock: Clock, every_s: float = QUOTES_S
) -> PolledFeed:
    """Make the feed of an account, in the login of its venue."""
    return PolledFeed(name, venue.queries.ticks, clock=clock, every_s=every_s)
