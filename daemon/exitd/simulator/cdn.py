"""
The cache in front of public REST: answers that are older than they look.

The real exchange serves market data through one; how long it keeps marks and candles
is not known, so the age is a switch.
"""

from __future__ import annotations

from exitd.simulator.requests import Reply, Request

#: What is cached; recorded headers exist for tickers, markets and open interest.
CACHED = frozenset(
    f"/api/v1/{name}"
    for name in (
        "markets",
        "markPrices",
        "klines",
        "ticker",
        "tickers",
        "trades",
        "openInterest",
    )
)


Url = tuple[str, tuple[tuple[str, str], ...]]


class EdgeCache:
    """Keeps whole replies by URL."""

    def __init__(self) -> None:
        self._kept: dict[Url, tuple[int, Reply]] = {}

    def find(self, request: Request, now_us: int, age_s: int) -> Reply | None:
        """A reply that is at most *age_s* old, with its Age; None to ask the origin."""
        found = self._kept.get((request.path, tuple(request.query)))
        if found is None or not age_s:
            return None
        kept_us, reply = found
        age = (now_us - kept_us) // 1_000_000
        return with_headers(reply, age_s, age) if 0 <= age < age_s else None

    def keep(self, request: Request, reply: Reply, now_us: int, age_s: int) -> Reply:
        """Remember *reply*; returns it with the headers of a fresh one."""
        if not age_s:
            return reply
        if reply.status == 200:
            self._kept[request.path, tuple(request.query)] = (now_us, reply)
        return with_headers(reply, age_s, None)


def with_headers(reply: Reply, age_s: int, age: int | None) -> Reply:
    headers = [*reply.headers, ("Cache-Control", f"public, s-maxage={age_s}")]
    if age is not None:
        headers.append(("Age", str(age)))
    return Reply(reply.status, reply.body, reply.content_type, tuple(headers))
