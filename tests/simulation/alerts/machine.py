"""The daemon at the simulated Alpaca, with its inbox: venues that take an id once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exitd.adapters.alpaca.feed import AlpacaFeed
from exitd.adapters.alpaca.venue import AlpacaVenue
from exitd.configuration.webhook import Route
from exitd.runtime.signals.carrying import Carrier
from exitd.runtime.signals.inbox import Inbox
from exitd.runtime.steady import SteadyClock
from exitd.runtime.supervise import backoff
from exitd.secret import Secret
from fakes.sessions import FakeSessions
from simulation.exchange_machine import ping_s
from simulation.machine import Machine
from simulation.wire import SimulatedCarrier

if TYPE_CHECKING:
    from simulation.alerts.world import AlertWorld

ACCOUNT, ROUTE = "alpaca", "tv"
KEYS = (Secret("PKTEST"), Secret("secret-of-the-tests"))
URL, WS_URL = "http://127.0.0.1:1", "ws://127.0.0.1:1"


class AlertMachine(Machine):
    """A machine of an `AlertWorld`."""

    def __init__(self, world: AlertWorld, path: Path) -> None:
        super().__init__(world, path)
        self.network = world.network
        self.inbox: Inbox
        # One world of four is of alerts, always with the same remainder.
        self._ping_s = ping_s(world.seed // 4)
        wanted = {
            "auth_key": {"env": "KEY"},
            "mode": "live",
            "venues": [ACCOUNT],
            "allow": ["open", "close"],
            "exits": world.choices.exits,
            "entry_age": "15s",
        }
        self._routes = {ROUTE: Route.model_validate(wanted)}

    def venue_and_feed(self, clock: SteadyClock) -> tuple[AlpacaVenue, AlpacaFeed]:
        key, secret = KEYS
        venue = AlpacaVenue(
            ACCOUNT,
            key=key,
            secret=secret,
            clock=clock,
            url=URL,
            ws_url=f"{WS_URL}/stream",
            data_url=URL,
            transport=SimulatedCarrier(self.network),
            connect=self.network.connect,
        )
        feed = AlpacaFeed(
            ACCOUNT,
            key=key,
            secret=secret,
            clock=clock,
            data_url=URL,
            data_ws_url=WS_URL,
            venue_clock=venue.clock,
            ping_s=self._ping_s,
            transport=SimulatedCarrier(self.network),
            connect=self.network.connect,
        )
        return venue, feed

    async def go_on(self) -> None:
        """Take up the inbox where the crash left it."""
        clock = self.loop.clock
        carrier = Carrier(
            loop=self.loop,
            store=self.disk,
            accounts={ACCOUNT: self.account},
            routes=self._routes,
            kinds={ACCOUNT: "alpaca"},
            sessions=FakeSessions,
            is_live=True,
        )
        self.inbox = Inbox(
            self._routes,
            carry_out=carrier.carry_out,
            store=self.disk,
            clock=clock,
            spawn=self.spawn,
            tell=self.world.heard.tell,
            submit=self.loop.submit,
            waits=lambda: backoff(self.world.rng.random),
        )
        await carrier.load()
        await self.inbox.load()
        self.inbox.open()
