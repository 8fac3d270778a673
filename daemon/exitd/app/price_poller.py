"""What asks a venue for a price where no stream of it is watched."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

from exitd.core.market import PriceSource
from exitd.runtime.prices import WatchedFeed


def poller(
    feeds: Mapping[str, WatchedFeed],
) -> Callable[[PriceSource], Awaitable[Decimal | None]]:
    """Make what asks a feed for one price by REST."""

    async def poll(source: PriceSource) -> Decimal | None:
        feed = feeds.get(source.feed)
        tick = await feed.poll(source) if feed is not None else None
        return None if tick is None else tick.price

    return poll
