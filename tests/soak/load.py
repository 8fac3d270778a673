"""What a soak does all the while: prices, dips, trouble, lifetimes, and people."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from random import Random
from time import monotonic

import httpx

from exitd.errors import ExitdError
from soak.home import BUSY, ETH, HELD, OPENING, SOL, Home
from soak.machine import Processor
from soak.people import People
from soak.trouble import BY_THE_LOAD, Troubles

#: A step sends one price for each market.
STEP_S = 0.05
DIP_LASTS_S = 1.0
#: How often it is asked whether the daemon had to wait for a processor.
MACHINE_S = 1.0


class Load:
    """One thread that does everything in turn.

    Attributes:
        done: What was done, and how often.
        odd: What failed of it, which it must not.
    """

    def __init__(self, home: Home, chance: Random) -> None:
        self._home = home
        self._chance = chance
        self.troubles = Troubles(home.exchange, chance)
        self.done: Counter[str] = Counter()
        self.odd: list[str] = []
        self._people = People(home, chance, self.troubles, self.done)
        self._prices = {symbol: float(price) for symbol, price in OPENING.items()}
        self._dip_until_s = 0.0
        self._dip = ""
        #: What is done from when on, and how often, both in seconds.
        self._note_machine: Callable[[], None] = lambda: None
        self._every: list[tuple[float, float, Callable[[], None]]] = [
            (0.0, STEP_S, self._move),
            (2.0, 8.0, self._begin_dip),
            (6.0, 8.0, self._people.rearm),
            (1.0, 1.0, self._people.read),
            (3.0, 4.0, self._people.arm),
            (11.0, 20.0, self._people.edit),
            (15.0, 20.0, self.troubles.begin),
            (5.0, 1.0, self.troubles.step),
            (50.0, 120.0, self._close_by_hand),
            (70.0, 120.0, self._open_by_hand),
        ]

    def run(
        self, until_s: float, look: Callable[[], None], look_every_s: float
    ) -> None:
        """Go on until then, on the monotonic clock; ends early with the daemon."""
        self._people.come()
        began_s = monotonic()
        plan = [[began_s + first, every, do] for first, every, do in self._every]
        self._note_machine = self._noting_machine()
        plan.append([began_s, MACHINE_S, self._note_machine])
        plan.append([began_s, look_every_s, look])
        pause = threading.Event()
        while (now_s := monotonic()) < until_s and self._home.is_up():
            for item in plan:
                due_s, every_s, do = item
                if due_s <= now_s:
                    item[0] = max(due_s + every_s, now_s)
                    self._tried(do)
            pause.wait(max(0.0, min(item[0] for item in plan) - monotonic()))

    def _tried(self, do: Callable[[], None]) -> None:
        """Do something; what fails of it is odd, and the soak goes on."""
        try:
            do()
        except (ExitdError, httpx.HTTPError) as error:
            self.odd.append(f"{type(error).__name__}: {error}")

    def calm(self) -> None:
        """End all that goes wrong, and put everything back."""
        self._people.leave()
        self._tried(self.troubles.end)
        self._tried(self._home.exchange.clear_faults)
        self._tried(lambda: self._home.write(self._home.positions))
        self._tried(lambda: self._home.hold(ETH, HELD[ETH]))
        self._prices = {symbol: float(price) for symbol, price in OPENING.items()}
        self._dip_until_s = 0.0
        self._move()

    def keep_moving(self, is_so: Callable[[], bool], within_s: float) -> bool:
        """Go on with prices alone until something holds; False if it never does."""
        pause = threading.Event()
        until_s = monotonic() + within_s
        while monotonic() < until_s:
            if is_so():
                return True
            self._move()
            self._note_machine()
            pause.wait(STEP_S)
        return is_so()

    def is_ready(self) -> bool:
        return self._people.is_ready()

    def close(self) -> None:
        self._people.close()

    def executed(self) -> Counter[str]:
        """Give how much each of our closes has executed at the exchange."""
        return Counter(row["executedQuantity"] for row in self._home.house.ledger())

    def said(self) -> str:
        return json.dumps(dict(self.done))

    def _move(self) -> None:
        """Let each price walk a little around where it began."""
        rows = []
        for symbol, opening in OPENING.items():
            base = float(opening)
            walked = self._prices[symbol] + self._chance.gauss(0, base / 4_000)
            self._prices[symbol] = min(max(walked, base * 0.99), base * 1.01)
            price = f"{self._prices[symbol]:.2f}"
            if symbol == SOL and monotonic() < self._dip_until_s:
                price = self._dip
            rows.append({"symbol": symbol, "mark": price, "index": price})
        self._home.exchange.post("/sim/prices", {"prices": rows})
        self.done["prices"] += len(rows)

    def _begin_dip(self) -> None:
        """Cross some of the busy stops, now and then all of them."""
        deep = len(BUSY) if self._chance.random() < 0.05 else 8
        self._dip = BUSY[len(BUSY) - 1 - self._chance.randrange(deep)]
        self._dip_until_s = monotonic() + DIP_LASTS_S
        self.troubles.note("price step", BY_THE_LOAD["price step"])
        self.done["dips"] += 1

    def _close_by_hand(self) -> None:
        """End a lifetime at the exchange: its exits wait for the next one."""
        self._home.hold(ETH, "0")

    def _open_by_hand(self) -> None:
        self.troubles.note("reopened", BY_THE_LOAD["reopened"])
        self._home.hold(ETH, HELD[ETH])
        self.done["lifetimes"] += 1

    def _noting_machine(self) -> Callable[[], None]:
        processor, last_s = Processor(self._home.pid), monotonic()

        def note() -> None:
            nonlocal last_s
            now_s = monotonic()
            if now_s - last_s >= MACHINE_S / 2:
                self.troubles.note_machine(processor.waited_s(), now_s - last_s)
                last_s = now_s

        return note
