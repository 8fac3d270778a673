"""Queries keep to the venue's limits, and let closes go first."""

from __future__ import annotations

import asyncio

import pytest

from exitd.core.inputs import PositionReport
from exitd.core.intents import Priority
from exitd.core.trigger import CancelScope
from exitd.errors import VenueUnavailable
from exitd.runtime.budget import RateBudget
from exitd.runtime.pacing import PacedVenue
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, S, StreamlessVenue, in_virtual_time
from simulation.virtual_time import VirtualClock


def paced(budget: RateBudget, history: RateBudget | None) -> PacedVenue:
    clock = VirtualClock(asyncio.get_running_loop())
    venue = StreamlessVenue(clock, ACCOUNT)
    venue.hold(SOL, "10")
    return PacedVenue(venue, budget, history, clock, Priority.QUERY)


def now_ns() -> int:
    return round(asyncio.get_running_loop().time() * S)


@in_virtual_time
async def test_given_a_history_budget_then_history_waits_for_it_and_the_rest_does_not():
    venue = paced(RateBudget(6_000, 100, 10), RateBudget(30, 2, 0))

    await venue.orders_since(0)
    await venue.fills_since(0)
    assert now_ns() == 0
    for _ in range(20):
        await venue.positions()
    assert now_ns() == 0

    await venue.orders_since(0, SOL)
    assert now_ns() == 2 * S


@in_virtual_time
async def test_given_no_history_budget_then_one_budget_for_all():
    venue = paced(RateBudget(60, 3, 0), None)

    await venue.orders_since(0)
    await venue.open_orders()
    await venue.instruments()
    assert now_ns() == 0

    await venue.sync_clock()
    assert now_ns() == S


@in_virtual_time
async def test_given_a_pause_then_queries_and_cancels_wait_for_its_end():
    budget = RateBudget(600, 10, 2)
    venue = paced(budget, None)
    budget.pause(7 * S)

    await venue.cancel_orders(SOL, CancelScope.ALL)
    assert now_ns() == 7 * S

    await venue.cancel_order(SOL, client_order_id=1)
    assert (await venue.positions(SOL))[0].quantity == 10
    assert (venue.account, venue.capabilities.reduce_only) == (ACCOUNT, True)


class LimitedVenue(StreamlessVenue):
    """Answers the first query for positions with a 429."""

    retry_after_s: int | None = 7
    is_limited = True

    async def positions(self, symbol: str | None = None) -> tuple[PositionReport, ...]:
        if self.is_limited:
            self.is_limited = False
            raise VenueUnavailable(
                "too many requests", status=429, retry_after_s=self.retry_after_s
            )
        return await super().positions(symbol)


@pytest.mark.parametrize(("asked_s", "waits_s"), [(7, 7), (None, 1), (86_400, 60)])
@in_virtual_time
async def test_b093_given_a_limited_query_then_queries_wait_and_closes_do_not(
    asked_s: int | None, waits_s: int
):
    clock = VirtualClock(asyncio.get_running_loop())
    venue = LimitedVenue(clock, ACCOUNT)
    venue.retry_after_s = asked_s
    budget = RateBudget(600, 10, 2)
    asking = PacedVenue(venue, budget, None, clock, Priority.QUERY)
    with pytest.raises(VenueUnavailable):
        await asking.positions()

    assert budget.take(Priority.STOP, clock.monotonic_ns())
    await asking.positions()

    assert now_ns() == waits_s * S
