"""One account's access to Alpaca: keys, clocks, connections and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from exitd.adapters.alpaca.defaults import (
    DEADLINE_S,
    LISTING_BYTES_MAX,
    LISTING_DEADLINE_S,
    VENUE,
)
from exitd.adapters.alpaca.known import ORDERS_MAX, KnownOrders
from exitd.adapters.alpaca.wire import WireAsset
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import Carrying, RestClient
from exitd.adapters.network.venue_clock import VenueClock
from exitd.core.attempt import RefusalKind
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.venue import Prepared, Refusal
from exitd.runtime.newest import Newest
from exitd.secret import Secret

Query = Mapping[str, str | int | bool]


class StoredRequest(Struct, frozen=True):
    """A request as it is stored: complete but for the keys, which are no part of it."""

    path: str
    body: str


_STORED = msgspec.json.Decoder(StoredRequest)


class Session:
    """What the parts of one venue share.

    `crypto` gives the symbol of a crypto market by its name without the slash, as
    positions have it, `coin_steps` its price step; `prices` the last one known of what
    is held. `assets` is what is listed, by Alpaca's id, as of `ts_listed_ns`
    (monotonic; None before). `unanswered` are client ids that were sent and not
    answered, by this process.
    """

    def __init__(
        self,
        account: str,
        *,
        key: Secret,
        secret: Secret,
        clock: Clock,
        url: str,
        data_url: str,
        window_ns: int,
        deadline_s: float = DEADLINE_S,
        transport: Carrying | None = None,
    ) -> None:
        self.account = account
        self.clock = clock
        self.venue_clock = VenueClock(clock)
        self.window_ns = window_ns
        self.known = KnownOrders()
        self.crypto: dict[str, str] = {}
        self.coin_steps: dict[str, Decimal] = {}
        self.prices: dict[str, Decimal] = {}
        self.assets: dict[str, WireAsset] = {}
        self.ts_listed_ns: int | None = None
        self.unanswered: Newest[str, None] = Newest(ORDERS_MAX)
        self.ts_born_ns = clock.now_ns()
        self._key, self._secret = key, secret
        self.rest = RestClient(
            url, venue=VENUE, deadline_s=deadline_s, transport=transport
        )
        self.listing = RestClient(
            url,
            venue=VENUE,
            deadline_s=LISTING_DEADLINE_S,
            transport=transport,
            bytes_max=LISTING_BYTES_MAX,
        )
        self.data = RestClient(
            data_url, venue=VENUE, deadline_s=deadline_s, transport=transport
        )

    @property
    def keys(self) -> tuple[Secret, Secret]:
        return self._key, self._secret

    def headers(self) -> dict[str, str]:
        return {
            "APCA-API-KEY-ID": self._key.reveal(),
            "APCA-API-SECRET-KEY": self._secret.reveal(),
        }

    async def read(self, path: str, query: Query | None = None) -> Reply:
        return await self.rest.read(path, query, self.headers())

    async def read_data(self, path: str, query: Query | None = None) -> Reply:
        return await self.data.read(path, query, self.headers())

    def prepare(
        self, body: Mapping[str, object], window_ns: int | None = None
    ) -> Prepared:
        """Make an order's request, to be stored and sent as it is."""
        now_ns = self.venue_clock.now_ns()
        until_ns = now_ns + (window_ns or self.window_ns)
        stored = StoredRequest("/v2/orders", msgspec.json.encode(body).decode())
        return Prepared(msgspec.json.encode(stored), now_ns, until_ns)

    async def transmit(self, prepared: Prepared) -> Reply | Refusal:
        """Send exactly what was prepared.

        Without a connection nothing leaves this machine: a definite no.

        Raises:
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        stored = _STORED.decode(prepared.body)
        headers = {**self.headers(), "Content-Type": "application/json"}
        try:
            return await self.rest.call(
                "POST", stored.path, headers, stored.body.encode()
            )
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))

    async def delete(self, path: str) -> Reply:
        return await self.rest.call("DELETE", path, self.headers(), None)

    async def close(self) -> None:
        await self.rest.close()
        await self.listing.close()
        await self.data.close()


def order_path(venue_order_id: str) -> str:
    return f"/v2/orders/{quote(venue_order_id, safe='')}"
