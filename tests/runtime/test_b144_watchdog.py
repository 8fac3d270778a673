"""systemd is told that the daemon lives only while its evaluation loop turns."""

from __future__ import annotations

import asyncio
from pathlib import Path

from exitd.app.application import Application
from exitd.settings import Settings
from runtime.desk import S, in_virtual_time
from simulation.virtual_time import let_pass


class Pings:
    """The service manager's side."""

    ping_interval_ns = S
    heard = 0

    def ping(self) -> None:
        self.heard += 1


class Turning:
    """The one thing of the daemon that the watchdog looks at."""

    turns = True

    def is_turning(self) -> bool:
        return self.turns


@in_virtual_time
async def test_b144_given_a_stall_then_the_watchdog_is_not_fed_until_it_turns_again():
    application = Application(Path("config"), Settings())
    service, daemon = Pings(), Turning()
    application.service, application.daemon = service, daemon
    feeding = asyncio.ensure_future(application._feed_watchdog())
    await let_pass(5.5)
    assert service.heard == 6

    daemon.turns = False
    await let_pass(10)
    assert service.heard == 6

    daemon.turns = True
    await let_pass(3)
    assert service.heard == 9
    feeding.cancel()


@in_virtual_time
async def test_given_no_watchdog_is_asked_for_then_nothing_is_told():
    application = Application(Path("config"), Settings())
    service = Pings()
    service.ping_interval_ns = None
    application.service = service

    await application._feed_watchdog()

    assert service.heard == 0
