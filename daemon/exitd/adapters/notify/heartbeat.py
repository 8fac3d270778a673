"""The heartbeat: a URL that is fetched while all is well.

Whoever serves it raises the alarm when it stops, which also covers the death of this
machine. Nothing of the URL is logged: it is a secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError
from exitd.logs import Event, log
from exitd.secret import Secret

DEADLINE_S = 10.0


class Heartbeat:
    """Fetches *url* every *interval_ns* while *is_ready* says so.

    Raises:
        ConfigurationError: It is no HTTP URL.
    """

    def __init__(
        self,
        url: Secret,
        *,
        interval_ns: int,
        is_ready: Callable[[], bool],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        try:
            self._url = httpx.URL(url.reveal())
        except httpx.InvalidURL:
            raise ConfigurationError(_NO_URL) from None
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ConfigurationError(_NO_URL)
        self._interval_s = interval_ns / NS_PER_S
        self._is_ready = is_ready
        self._deadline_s = deadline_s

    async def run(self) -> None:
        """Beat until cancelled."""
        async with httpx.AsyncClient(timeout=self._deadline_s) as http:
            while True:
                if self._is_ready():
                    await self._beat(http)
                await asyncio.sleep(self._interval_s)

    async def _beat(self, http: httpx.AsyncClient) -> None:
        try:
            # The timeouts of httpx start again with each byte that arrives.
            async with asyncio.timeout(self._deadline_s):
                answer = await http.get(self._url)
        except TimeoutError:
            log(Event.HEARTBEAT_FAILED, reason=f"no answer in {self._deadline_s:g} s")
        except httpx.HTTPError as exc:
            # Its text may hold the address; its name says enough.
            log(Event.HEARTBEAT_FAILED, reason=type(exc).__name__)
        else:
            if answer.is_error:
                reason = f"answered {answer.status_code}"
                log(Event.HEARTBEAT_FAILED, reason=reason)


_NO_URL = (
    "heartbeat: its secret is no HTTP URL; write one such as https://hc-ping.com/…"
)
