"""HTTP to a venue: one request, one answer, no second try.

No client stands between, which leaves out redirects, cookies and retries: none of them
is wanted on a signed order.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import httpx

from exitd.adapters.network.carriers import (
    NotConnected,
    TransportCarrier,
    WireCarrier,
)
from exitd.adapters.network.lanes import (
    BODY_BYTES_MAX,
    Call,
    Carrier,
    Lane,
    Reply,
)
from exitd.errors import OutcomeUnknown, VenueUnavailable

CONNECT_SHARE = 0.5

#: What may carry requests instead of connections of our own.
Carrying = httpx.AsyncBaseTransport | Carrier


class RestClient:
    """Speaks to one base address.

    Args:
        url: Such as `https://api.backpack.exchange`.
        venue: What people call it.
        deadline_s: Total time of a call, connecting and reading included.
        transport: What carries the requests, a carrier or an httpx transport; by
            default connections of our own.
        bytes_max: How large an answer may be.
        tls: How certificates are judged; by default they are checked.
    """

    def __init__(
        self,
        url: str,
        *,
        venue: str,
        deadline_s: float,
        transport: Carrying | None = None,
        bytes_max: int = BODY_BYTES_MAX,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._url = url.rstrip("/")
        self._venue = venue
        self._deadline_s = deadline_s
        self._given = transport
        self._bytes_max = bytes_max
        self._lane = Lane(self._carrier())

    async def read(
        self,
        path: str,
        query: Mapping[str, str | int | bool] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for something.

        Raises:
            VenueUnavailable: No whole answer came; a read may simply be repeated.
        """
        if query:
            path = f"{path}?{urlencode({k: _in_url(v) for k, v in query.items()})}"
        try:
            return await self.call("GET", path, headers or {}, None)
        except OutcomeUnknown as exc:
            raise VenueUnavailable(str(exc)) from exc

    async def call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply:
        """Send one request as it is, and read its answer.

        Raises:
            VenueUnavailable: No connection came about, so nothing was sent.
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        what = f"{method} {path.partition('?')[0]}"
        given = {"Accept-Encoding": "identity", **headers}
        request = Call(method, self._url + path, given, body, what, self._bytes_max)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._lane.exchange(request)
        except (TimeoutError, httpx.HTTPError, OSError) as exc:
            if isinstance(exc, NotConnected):
                raise VenueUnavailable(
                    f"no connection to {self._url} came about: {exc};"
                    " check the network and the address"
                ) from exc
            if isinstance(exc, TimeoutError):
                raise OutcomeUnknown(
                    f"{self._venue} did not answer {what} within {self._deadline_s:g} s"
                ) from exc
            raise OutcomeUnknown(
                f"the connection to {self._venue} broke during {what}: {exc}"
            ) from exc

    def _carrier(self) -> Carrier:
        connect_s = self._deadline_s * CONNECT_SHARE
        if isinstance(self._given, httpx.AsyncBaseTransport):
            return TransportCarrier(self._given, connect_s)
        if self._given is not None:
            return self._given
        return WireCarrier(connect_s, self._tls)

    async def drop_connections(self) -> None:
        """Use new connections from now on: an old one answers another's question.

        Calls under way end on the old ones undisturbed.
        """
        if self._given is None:
            old, self._lane = self._lane, Lane(self._carrier())
            await old.retire()

    async def close(self) -> None:
        await self._lane.close()


def age_s(reply: Reply) -> int:
    """How long a cache held this answer, in seconds; 0 when it came from the venue."""
    age = reply.headers.get("age", "").strip()
    if age:
        return int(age) if age.isascii() and age.isdigit() else 1
    # CloudFront says so even where it leaves out the age.
    return 1 if reply.headers.get("x-cache", "").lower().startswith("hit") else 0


def date_s(reply: Reply) -> int | None:
    """When the server says that it answered, in whole seconds; None if it does not."""
    try:
        dated = parsedate_to_datetime(reply.headers.get("date", ""))
        return None if dated.tzinfo is None else int(dated.timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def is_cached(reply: Reply) -> bool:
    """Whether an answer is too old to be a price: a cache had it for a second."""
    return age_s(reply) > 0


def _in_url(value: str | int | bool) -> str | int:
    return str(value).lower() if isinstance(value, bool) else value
