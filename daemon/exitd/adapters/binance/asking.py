"""Asking Binance by REST, within its limits, and reading what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from exitd.adapters.binance.weight import WeightBudget
from exitd.adapters.network.lanes import Reply
from exitd.adapters.network.rest import RestClient, is_cached
from exitd.adapters.network.venue_clock import VenueClock
from exitd.errors import NoSuchMarket, VenueUnavailable
from exitd.ports.clock import Clock

UNKNOWN_SYMBOL = "-1121"
# The weight in this answer's header is documented to be wrong.
MISCOUNTED = "/fapi/v1/ticker/bookTicker"

T = TypeVar("T")


class _Told(Struct, frozen=True):
    code: int | str = ""
    msg: str = ""


class _Time(Struct, frozen=True, rename="camel"):
    server_time: int


_TIME = msgspec.json.Decoder(_Time)


class Asking:
    """Public reads; nothing is signed."""

    def __init__(self, rest: RestClient, clock: Clock, weight_per_minute: int) -> None:
        self._rest = rest
        self._clock = clock
        self.budget = WeightBudget(clock, weight_per_minute)

    async def read(
        self,
        path: str,
        query: Mapping[str, str | int],
        decoder: msgspec.json.Decoder[T],
        what: str,
        *,
        weight: int,
    ) -> tuple[T, bool]:
        """Ask for something; gives it, and whether a cache had it for a while.

        Raises:
            VenueUnavailable: No whole answer came, it is a refusal, or the limits
                leave no room; `code` is Binance's own.
            NoSuchMarket: It has no symbol of this name.
        """
        self.budget.take(weight)
        reply = await self._rest.read(path, query)
        self.budget.learn(reply, counts=path != MISCOUNTED)
        if reply.status != 200:
            raise _refused(reply, what)
        try:
            return decoder.decode(reply.body), is_cached(reply)
        except (msgspec.DecodeError, ValueError) as exc:
            raise VenueUnavailable(
                f"Binance's answer about {what} cannot be read: {exc}", status=200
            ) from exc

    async def sync_clock(self, venue_clock: VenueClock) -> None:
        """Measure the venue's clock.

        Raises:
            VenueUnavailable: There was no usable answer; the last one is kept.
        """
        is_first = not venue_clock.is_synced
        await self._measure(venue_clock)
        if is_first:
            # The handshakes of a new connection are part of the first one's way.
            await self._measure(venue_clock)

    async def _measure(self, venue_clock: VenueClock) -> None:
        started_ns = self._clock.monotonic_ns()
        time, is_old = await self.read("/fapi/v1/time", {}, _TIME, "its time", weight=1)
        ended_ns = self._clock.monotonic_ns()
        if is_old or time.server_time <= 0:
            raise VenueUnavailable("Binance's answer about its time cannot be used")
        venue_clock.measured(time.server_time, started_ns, ended_ns)

    async def close(self) -> None:
        await self._rest.close()


def _refused(reply: Reply, what: str) -> VenueUnavailable:
    try:
        told = msgspec.json.decode(reply.body, type=_Told)
    except (msgspec.DecodeError, ValueError):
        told = _Told(msg=reply.body[:200].decode("utf-8", "replace").strip())
    code = str(told.code)
    why = f"{code or reply.status} {told.msg[:200]}".strip()
    if reply.status == 451:
        why = "451, it does not serve this region"
    kind = NoSuchMarket if code == UNKNOWN_SYMBOL else VenueUnavailable
    return kind(
        f"Binance refused to give {what}: {why}",
        code=code or None,
        status=reply.status,
    )
