"""One account's signed access: key, window, clocks and connection together."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exitd.adapters.backpack.rest import JSON_TYPE
from exitd.adapters.backpack.signing import Parameters, Signer
from exitd.adapters.backpack.time_sync import sync_clock
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient
from exitd.adapters.network.venue_clock import VenueClock
from exitd.core.attempt import RefusalKind
from exitd.core.units import NS_PER_MS
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.venue import Prepared, Refusal


class StoredRequest(Struct, frozen=True):
    """A signed request as it is stored: complete, and without the secret."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


_STORED = msgspec.json.Decoder(StoredRequest)


class Session(Struct, frozen=True, kw_only=True):
    account: str
    rest: RestClient
    signer: Signer
    clock: Clock
    venue_clock: VenueClock
    window_ms: int

    def with_window(self, window_ns: int) -> Session:
        return replace(self, window_ms=window_ns // NS_PER_MS)

    async def sync_clock(self) -> int:
        return await sync_clock(self.rest, self.clock, self.venue_clock)

    async def read(self, instruction: str, path: str, parameters: Parameters) -> Reply:
        headers = self.signer.headers(
            instruction, parameters, self._timestamp_ms(), self.window_ms
        )
        return await self.rest.read(path, parameters, headers)

    def prepare(
        self,
        method: str,
        instruction: str,
        path: str,
        parameters: Parameters,
        age_ns: int = 0,
    ) -> Prepared:
        """Sign a request with a body, ready to be stored and sent.

        With *age_ns* it is signed for that long ago, never for the future.
        """
        assert age_ns >= 0
        timestamp_ms = self._timestamp_ms() - age_ns // NS_PER_MS
        headers = self.signer.headers(
            instruction, parameters, timestamp_ms, self.window_ms
        )
        headers["Content-Type"] = JSON_TYPE
        body = msgspec.json.encode(parameters).decode()
        stored = msgspec.json.encode(StoredRequest(method, path, headers, body))
        expires_ns = (timestamp_ms + self.window_ms) * NS_PER_MS
        # We may read the venue's clock wrongly by this much, in either direction.
        expires_ns += self.venue_clock.uncertainty_ns
        return Prepared(stored, timestamp_ms * NS_PER_MS, expires_ns)

    async def transmit(self, prepared: Prepared) -> Reply | Refusal:
        """Send exactly what was prepared.

        Without a connection nothing leaves this machine: a definite no.

        Raises:
            OutcomeUnknown: Sent, or perhaps sent, and no whole answer came.
        """
        stored = _STORED.decode(prepared.body)
        try:
            return await self.rest.call(
                stored.method, stored.path, stored.headers, stored.body.encode()
            )
        except VenueUnavailable as exc:
            return Refusal(RefusalKind.BUSY, "NOT_SENT", str(exc))

    def _timestamp_ms(self) -> int:
        return self.venue_clock.now_ns() // NS_PER_MS
