"""The request limits of the exchange: 2000 a minute, 30 for historical ranges."""

from __future__ import annotations

from collections import deque

from exitd.simulator.refusal import Refused

PER_MINUTE = 2_000
HISTORICAL_PER_MINUTE = 30
_MINUTE_US = 60_000_000
HISTORICAL = frozenset({"/api/v1/klines", "/api/v1/trades/history"})


class RateLimiter:
    """Counts requests of the last minute for each account or address."""

    def __init__(self, is_on: bool) -> None:
        self.is_on = is_on
        self._seen: dict[tuple[str, bool], deque[int]] = {}

    def check(self, who: str, path: str, now_us: int) -> None:
        """
        Count one request.

        Raises:
            Refused: 429, the limit of the last minute is used up.
        """
        if not self.is_on:
            return
        historical = path in HISTORICAL
        seen = self._seen.setdefault((who, historical), deque())
        while seen and seen[0] <= now_us - _MINUTE_US:
            seen.popleft()
        if len(seen) >= (HISTORICAL_PER_MINUTE if historical else PER_MINUTE):
            raise Refused(429, "TOO_MANY_REQUESTS", "You have exceeded the rate limit")
        seen.append(now_us)
