"""Asking Backpack for its time.

Signed requests carry the venue's time, so that a wrong clock on this machine does not
matter.
"""

from __future__ import annotations

from exitd.adapters.network.rest import RestClient, date_s, is_cached
from exitd.adapters.network.venue_clock import VenueClock
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock


async def sync_clock(rest: RestClient, clock: Clock, venue_clock: VenueClock) -> int:
    """Ask for the venue's time; returns its offset to our wall clock.

    The first answer comes over a new connection, whose handshakes are part of its way,
    so that is asked once more.

    Raises:
        VenueUnavailable: There was no usable answer; the last one is kept.
    """
    is_first = not venue_clock.is_synced
    await _measure(rest, clock, venue_clock)
    if is_first:
        await _measure(rest, clock, venue_clock)
    return venue_clock.offset_ns


async def _measure(rest: RestClient, clock: Clock, venue_clock: VenueClock) -> None:
    started_ns = clock.monotonic_ns()
    reply = await rest.read("/api/v1/time")
    ended_ns = clock.monotonic_ns()
    text = reply.body.strip()
    if reply.status != 200 or not text.isdigit() or is_cached(reply):
        raise VenueUnavailable(
            f"Backpack's answer about its time cannot be used: {text[:40]!r}",
            status=reply.status,
        )
    venue_clock.measured(int(text), started_ns, ended_ns, date_s(reply))
