"""Backpack's word of maintenance, and its list of markets out of a cache."""

from __future__ import annotations

import pytest

from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.market import BookState
from exitd.errors import VenueUnavailable
from exitd.secret import Secret
from fakes.answers import json
from fakes.backpack_reading import KEY, SEED, SOL, venue
from fakes.clocks import ManualClock
from simulator.rig import Rig, running

STATUS = "/api/v1/status"


def at(rig: Rig) -> BackpackVenue:
    return BackpackVenue(
        "bp", key=KEY, secret=Secret(SEED), clock=ManualClock(), url=rig.url
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"message": None, "status": "Ok"}, ""),
        ({"status": "Maintenance"}, "it is in maintenance"),
        ({"message": " until 9 ", "status": "Maintenance"}, "it is in maintenance: "),
        ({"message": None, "status": "Degraded"}, None),
    ],
)
async def test_b092_given_a_status_then_only_maintenance_says_that_nothing_is_taken(
    answer: dict[str, str | None], said: str | None
):
    found = await venue({STATUS: json(answer)}).maintenance()

    assert found == (f"{said}until 9" if said and said.endswith(": ") else said)


async def test_given_no_status_then_an_error_and_not_ok():
    with pytest.raises(VenueUnavailable):
        await venue({STATUS: json({"code": "X"}, 503)}).maintenance()


async def test_b092_given_the_simulated_exchange_in_maintenance_then_it_says_so():
    async with running() as rig:
        here = at(rig)
        before = await here.maintenance()
        await rig.sim("status", status="Maintenance", message="back soon")
        during = await here.maintenance()
        await here.close()

    assert (before, during) == ("", "it is in maintenance: back soon")


async def test_b092_given_a_cached_list_then_a_closed_book_is_old_and_an_open_is_not():
    async with running(quirks={"cdn_age_s": 300}) as rig:
        here = at(rig)
        await rig.sim("market-state", symbol=SOL, state="Closed")
        fresh = {i.symbol: i for i in await here.instruments()}
        await rig.sim("market-state", symbol=SOL, state="Open")
        await rig.sim("clock", skew_ms=60_000)
        cached = {i.symbol: i for i in await here.instruments()}
        await here.close()

    assert fresh[SOL].book_state is BookState.CLOSED
    assert not fresh[SOL].is_cached
    assert cached[SOL].book_state is BookState.CLOSED, "which it is not any more"
    assert cached[SOL].is_cached
    others = [i for i in cached.values() if i.symbol != SOL]
    assert not any(instrument.is_cached for instrument in others)
