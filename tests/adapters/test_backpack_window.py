"""A window of its own holds for who asked for it, and for nobody else's close."""

import msgspec
import pytest

from exitd.adapters.backpack.signing import throwaway_keys
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.attempt import AttemptKey
from exitd.core.units import NS_PER_MS
from exitd.ports.window import requests_valid_for, window_or
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


def signed_for(venue: BackpackVenue, trigger_id: str) -> tuple[str, int]:
    """The window that is sent, and the one that an answer is waited for."""
    prepared = venue.prepare(close(attempt=AttemptKey(trigger_id, 1, 1)))
    headers = msgspec.json.decode(prepared.body)["headers"]
    lasts_ns = prepared.expires_venue_ns - prepared.ts_signed_venue_ns
    return headers["X-Window"], lasts_ns // NS_PER_MS


async def test_given_window_for_a_trigger_when_closes_are_signed_then_only_its_own(
    venue: BackpackVenue,
):
    with requests_valid_for(200, "trg_1"):
        own = signed_for(venue, "trg_1")
        other = signed_for(venue, "sol-core/sl")

    assert own == ("200", 200)
    assert other == ("5000", 5_000)
    assert signed_for(venue, "trg_1") == ("5000", 5_000)


async def test_given_window_for_reads_when_a_stop_is_signed_then_the_accounts_own(
    venue: BackpackVenue,
):
    with requests_valid_for(200):
        assert window_or(5_000) == 200
        assert signed_for(venue, "sol-core/sl") == ("5000", 5_000)
    with requests_valid_for(None):
        assert window_or(5_000) == 5_000
