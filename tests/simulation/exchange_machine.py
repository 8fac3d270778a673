"""The daemon at the simulated Backpack: the class of venues with a request window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.runtime.steady import SteadyClock
from exitd.secret import Secret
from simulation.kinds import ACCOUNT
from simulation.machine import Machine
from simulation.wire import SimulatedCarrier

if TYPE_CHECKING:
    from simulation.world import World

LAG_SLACK_NS = 3_000_000_000


def ping_s(seed: int) -> float:
    """Say how often a feed asks for a sign of life: seldom in most worlds.

    Nothing else happens as often in a world, so nothing else costs as much.
    """
    return 1.0 if seed % 4 == 0 else 2.5


class ExchangeMachine(Machine):
    """A machine of a `World`."""

    def __init__(self, world: World, path: Path) -> None:
        super().__init__(world, path)
        self.network = world.network
        self._keys = world.api_key, Secret(world.api_secret)
        self._window_ms = world.window_ms
        self._ping_s = ping_s(world.seed)

    def venue_and_feed(self, clock: SteadyClock) -> tuple[BackpackVenue, BackpackFeed]:
        key, secret = self._keys
        venue = BackpackVenue(
            ACCOUNT,
            key=key,
            secret=secret,
            clock=clock,
            url="http://127.0.0.1:1",
            ws_url="ws://127.0.0.1:1",
            window_ms=self._window_ms,
            deadline_s=5.0,
            lag_slack_ns=LAG_SLACK_NS,
            transport=SimulatedCarrier(self.network),
            connect=self.network.connect,
        )
        feed = BackpackFeed(
            ACCOUNT,
            clock=clock,
            url="http://127.0.0.1:1",
            ws_url="ws://127.0.0.1:1",
            venue_clock=venue.clock,
            ping_s=self._ping_s,
            transport=SimulatedCarrier(self.network),
            connect=self.network.connect,
        )
        return venue, feed
