"""A thousand alerts, one in ten of them twice, and the daemon is killed twice."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter

import pytest

from e2e.house import DaemonProcess, House
from e2e.tradingview import Senders
from e2e.webhook_house import add_webhook, alert

pytestmark = pytest.mark.e2e

UNIQUE, TWICE = 1_000, 100
KILLED_AT = (300, 700)


class Killer:
    """Kills the daemon when so many alerts were answered, and starts it again."""

    def __init__(self, home: House) -> None:
        self._home = home
        self._left = list(KILLED_AT)
        self._lock = threading.Lock()
        self.daemon: DaemonProcess = home.start()

    def after_each(self, answered: int) -> None:
        with self._lock:
            if self._left and answered >= self._left[0]:
                del self._left[0]
                self.daemon.kill()
                self.daemon = self._home.start()


def _stored(home: House) -> Counter[str]:
    """Count the alerts in the inbox by how they stand."""
    with sqlite3.connect(home.folder / "state" / "exitd.db") as base:
        rows = base.execute("SELECT client_order_id, state FROM signals").fetchall()
    base.close()
    assert len({name for name, _ in rows}) == len(rows), "one alert is there twice"
    return Counter(state for _, state in rows)


def test_b111_given_two_kills_among_a_thousand_alerts_then_each_is_carried_out_once(
    home: House,
):
    dice = random.Random(3)
    unique = [alert(number) for number in range(UNIQUE)]
    bodies = unique + dice.sample(unique, TWICE)
    dice.shuffle(bodies)
    port = add_webhook(home)
    killer = Killer(home)
    senders = Senders(port)

    senders.send(bodies, killer.after_each)
    home.until(lambda: not _stored(home)["accepted"], "all of them are carried out")

    assert senders.lost == []
    assert senders.resent > 0
    firsts = [one for one in senders.answers if not one["duplicate"]]
    assert len(senders.answers) == UNIQUE + TWICE
    assert sum(_stored(home).values()) == UNIQUE
    # A kill between the commit and the answer makes the one that is sent again a
    # duplicate of what nobody heard of; never is one taken twice.
    assert UNIQUE - 2 * 8 <= len(firsts) <= UNIQUE
    ended: Counter[str] = Counter()
    for daemon in home.daemons:
        for event in ("webhook.carried_out", "webhook.refused"):
            ended.update(line["webhook_id"] for line in daemon.log.of(event))
    assert max(ended.values()) == 1
    assert killer.daemon.stop() == 0
