"""A thousand alerts of a sender like TradingView, and a daemon that is killed twice."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from e2e.alpaca_house import AlpacaHouse, alpaca_house
from e2e.webhook_house import KEY, post
from fakes.memory import folder_in_memory

pytestmark = pytest.mark.e2e

ALERTS, UNIQUE = 1_000, 900
SENDS_MAX = 4
AT_ONCE = 8


def entry(number: int) -> bytes:
    body = {
        "ticker": "AAPL",
        "direction": "long",
        "auth_key": KEY,
        "orderType": "market",
        "qty": 1,
        "positionIntent": "buy_to_open",
        "stopLossTarget": 100,
        "clientOrderId": f"alert-{number}",
    }
    return json.dumps(body).encode()


class Sender:
    """Sends from several places at once; sends again what got no answer or a 5xx.

    As TradingView behind a proxy sees it: a daemon that is gone is a 502. It waits
    before it sends again; here until the daemon is back.
    """

    def __init__(self, port: int, bodies: list[bytes]) -> None:
        self.answers: list[dict[str, Any]] = []
        self.refused: list[tuple[int, Any]] = []
        self.again = 0
        self.is_up = threading.Event()
        self._changed = threading.Condition()
        self._port = port
        self._left: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        for body in bodies:
            self._left.put(body)
        self._threads = [threading.Thread(target=self._work) for _ in range(AT_ONCE)]

    def start(self) -> None:
        self.is_up.set()
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) >= count, 60)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()

    def _work(self) -> None:
        while True:
            try:
                body = self._left.get_nowait()
            except queue.Empty:
                return
            self._send(body)

    def _send(self, body: bytes) -> None:
        status, said = 0, None
        for _ in range(SENDS_MAX):
            assert self.is_up.wait(60)
            status, said = post(self._port, body)
            if status == 200:
                with self._changed:
                    self.answers.append(said)
                    self._changed.notify_all()
                return
            if 0 < status < 500:
                break
            self.again += 1
        self.refused.append((status, said))


def bodies() -> list[bytes]:
    """Make the alerts in the order in which they are sent, one in ten of them twice."""
    numbers = list(range(UNIQUE))
    chance = Random(1)
    numbers += chance.sample(range(UNIQUE), ALERTS - UNIQUE)
    chance.shuffle(numbers)
    return [entry(number) for number in numbers]


def test_b088_b111_given_a_thousand_alerts_and_two_kills_then_each_is_traded_once():
    # A kill takes nothing from a disk, in memory or not; the machine goes on.
    with folder_in_memory() as folder, alpaca_house(Path(folder)) as house:
        house.alpaca.do("price", symbol="AAPL", price="150")
        daemon = house.start()
        sender = Sender(house.port, bodies())
        sender.start()
        for answered in (300, 600):
            sender.wait_for(answered)
            sender.is_up.clear()
            daemon.kill()
            daemon = house.start()
            sender.is_up.set()
        sender.join()

        assert sender.refused == []
        assert sender.again > 0
        assert len(sender.answers) == ALERTS
        assert sum(not said["duplicate"] for said in sender.answers) <= UNIQUE
        daemon.log.wait("position.changed", quantity=str(UNIQUE))
        assert daemon.stop() == 0
        assert stored(house) == {"carried_out": UNIQUE}
        assert traded(house) == {f"alert-{n}": 1 for n in range(UNIQUE)}
        assert house.alpaca.state()["positions"] == {"AAPL": str(UNIQUE)}


def stored(house: AlpacaHouse) -> dict[str, int]:
    """Count the alerts in the inbox by how they ended; none of them is there twice."""
    with closing(sqlite3.connect(house.folder / "state" / "exitd.db")) as base:
        rows = base.execute("SELECT client_order_id, state FROM signals").fetchall()
    assert len({name for name, _ in rows}) == len(rows)
    return Counter(state for _, state in rows)


def traded(house: AlpacaHouse) -> dict[str, int]:
    """Count the orders of each client id that the exchange has taken."""
    found: dict[str, int] = {}
    for order in house.alpaca.state()["orders"]:
        name = order["client_order_id"]
        found[name] = found.get(name, 0) + 1
    return found
