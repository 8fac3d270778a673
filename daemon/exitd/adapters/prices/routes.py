"""Which watched sources a stream's frames are for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from exitd.core.market import PriceKind, PriceSource


class Route(Struct):
    """Who is to be told what of one stream."""

    symbol: str
    mark: PriceSource | None = None
    index: PriceSource | None = None
    last: PriceSource | None = None
    bid: PriceSource | None = None
    ask: PriceSource | None = None
    running: PriceSource | None = None
    closed: PriceSource | None = None


def routes_of(
    sources: Iterable[PriceSource], stream_of: Callable[[PriceSource], str]
) -> dict[str, Route]:
    """Give the route of each stream that carries one of *sources*, by its name."""
    routes: dict[str, Route] = {}
    for source in sources:
        route = routes.setdefault(stream_of(source), Route(source.symbol))
        setattr(route, _place(source), source)
    return routes


def _place(source: PriceSource) -> str:
    """Name the field of a route that holds this source."""
    if source.kind is PriceKind.LAST_CLOSE:
        return "closed" if source.closed else "running"
    return source.kind.value
