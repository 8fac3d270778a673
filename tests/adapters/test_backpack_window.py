"""A window of its own holds for who asked for it, and for nobody else's close."""

import msgspec
import pytest

from exitd.adapters.backpack.signing import throwaway_keys
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.attempt import CloseOrder
from exitd.core.units import NS_PER_MS
from fakes.backpack_orders import close
from fakes.clocks import ManualClock


@pytest.fixture
async def venue():
    key, secret = throwaway_keys()
    made = BackpackVenue(
        "main", key=key.reveal(), secret=secret, clock=ManualClock(), window_ms=5_000
    )
    yield made
    await made.close()


def signed_for(venue: BackpackVenue, order: CloseOrder) -> tuple[str, int]:
    """The window that is sent, and the one that an answer is waited for."""
    prepared = venue.prepare(order)
    headers = msgspec.json.decode(prepared.body)["headers"]
    lasts_ns = prepared.expires_venue_ns - prepared.ts_signed_venue_ns
    return headers["X-Window"], lasts_ns // NS_PER_MS


async def test_given_window_of_a_close_when_signed_then_its_own(venue: BackpackVenue):
    assert signed_for(venue, close(window_ns=200 * NS_PER_MS)) == ("200", 200)
    assert signed_for(venue, close()) == ("5000", 5_000)


async def test_given_venue_with_a_window_when_signing_then_the_first_keeps_its_own(
    venue: BackpackVenue,
):
    other = venue.with_window(200 * NS_PER_MS)

    assert signed_for(other, close()) == ("200", 200)
    assert signed_for(other, close(window_ns=NS_PER_MS)) == ("1", 1)
    assert signed_for(venue, close()) == ("5000", 5_000)
