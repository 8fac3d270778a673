"""Asking Alpaca for its time, which says too whether its market is open."""

from __future__ import annotations

from exitd.adapters.alpaca.rest import decoded
from exitd.adapters.alpaca.session import Session
from exitd.adapters.alpaca.wire import CLOCK, instant_ns
from exitd.adapters.network.rest import date_s, is_cached
from exitd.core.units import NS_PER_MS
from exitd.errors import VenueUnavailable


async def sync_clock(session: Session) -> int:
    """Ask for the venue's time; returns its offset to our wall clock.

    The first answer comes over a new connection, whose handshakes are part of its way,
    so that is asked once more.

    Raises:
        VenueUnavailable: There was no usable answer; the last one is kept.
    """
    is_first = not session.venue_clock.is_synced
    await _measure(session)
    if is_first:
        await _measure(session)
    return session.venue_clock.offset_ns


async def _measure(session: Session) -> None:
    clock = session.clock
    started_ns = clock.monotonic_ns()
    reply = await session.read("/v2/clock")
    ended_ns = clock.monotonic_ns()
    shown = decoded(reply, CLOCK, "its clock", session.venue_clock.now_ns())
    if is_cached(reply):
        raise VenueUnavailable("Alpaca's clock came out of a cache", status=200)
    try:
        venue_ns = instant_ns(shown.timestamp)
    except ValueError as exc:
        raise VenueUnavailable(f"Alpaca's clock shows {exc}", status=200) from exc
    session.venue_clock.measured(
        venue_ns // NS_PER_MS, started_ns, ended_ns, date_s(reply)
    )
