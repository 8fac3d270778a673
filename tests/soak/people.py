"""People in a soak: they read, follow, arm by the API, and edit the files."""

from __future__ import annotations

import copy
import signal
import threading
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from random import Random

import httpx

from exitd.client import Address, Client, DaemonRefused, calls
from exitd.errors import ExitdError
from soak.home import BTC, OPENING, SOL, Home
from soak.trouble import BY_THE_LOAD, Troubles

FACTS_READ = 25
#: Of those that were armed by the API, so many are there at a time.
ARMED_MOST = 5


class People:
    """What they do, one thing at a time; one more follows the facts.

    Args:
        done: What is counted of it.
    """

    def __init__(
        self, home: Home, chance: Random, troubles: Troubles, done: Counter[str]
    ) -> None:
        self._home, self._chance = home, chance
        self._troubles, self._done = troubles, done
        self._socket = str(Path(home.house.folder) / "exitd.sock")
        self._client = Client(Address(socket=self._socket))
        self._plain = httpx.Client(
            base_url="http://exitd", transport=httpx.HTTPTransport(uds=self._socket)
        )
        self._reads = cycle(self._kinds_of_reads())
        self._edits = cycle((self._edit, self._edit, self._spoil, self._mend))
        self._armed: list[str] = []
        self._rearmed: Counter[str] = Counter()
        self._is_over = threading.Event()
        self._follower = threading.Thread(target=self._follow)

    def come(self) -> None:
        self._follower.start()

    def leave(self) -> None:
        self._is_over.set()

    def close(self) -> None:
        """End all connections; who follows the facts ends with the daemon."""
        self.leave()
        self._client.close()
        self._plain.close()
        if self._follower.ident is not None:
            self._follower.join()

    def is_ready(self) -> bool:
        try:
            return self._client.ask(calls.ready()).ready
        except ExitdError:
            return False

    def read(self) -> None:
        """Read something, the next time something else."""
        next(self._reads)()
        self._done["reads"] += 1

    def _kinds_of_reads(self) -> tuple[Callable[[], object], ...]:
        ask = self._client.ask

        def pages() -> None:
            after = ""
            while True:
                page = ask(calls.search(limit=200, after=after))
                after = page.next or ""
                if not after:
                    return

        def plain(path: str) -> Callable[[], object]:
            return lambda: self._plain.get(path).raise_for_status()

        return (
            lambda: ask(calls.status()),
            pages,
            lambda: ask(calls.positions()),
            lambda: ask(calls.feeds()),
            lambda: ask(calls.explain("sol/b07")),
            lambda: ask(calls.show("btc/q0003")),
            plain("/-/healthy"),
            lambda: ask(calls.plan()),
            lambda: ask(calls.facts(limit=100)),
            plain("/docs"),
            lambda: ask(calls.order_if_fired("btc/whole")),
        )

    def rearm(self) -> None:
        """Put those of the busy stops on watch again that have fired."""
        fired = Counter(
            fire_id.rpartition("#")[0] for fire_id in list(self._home.journal.dones)
        )
        for name in fired:
            if name.startswith("sol/b") and fired[name] > self._rearmed[name]:
                try:
                    self._client.ask(calls.rearm(name))
                except DaemonRefused:
                    # It may be crossed just now: the next time.
                    self._done["re-arms refused"] += 1
                    continue
                self._rearmed[name] = fired[name]
                self._done["re-arms"] += 1

    def arm(self) -> None:
        """Arm by the API, change it, pause it, and take the oldest off again."""
        words = {
            "account": "backpack",
            "symbol": SOL,
            "side": "long",
            "stop_loss": f"{self._chance.uniform(30, 60):.2f}",
            # Of no other: what does exactly the same is refused.
            "close": f"0.{self._chance.randrange(20, 99)}",
        }
        name = self._client.ask(calls.arm([words])).triggers[0].id
        own = f"{61 + self._done['armed by the API'] % 2_000 / 100:.2f}"
        self._client.ask(calls.amend(name, {"level": own}))
        self._client.ask(calls.pause(name))
        self._client.ask(calls.resume(name))
        self._armed.append(name)
        if len(self._armed) > ARMED_MOST:
            self._client.ask(calls.cancel(self._armed.pop(0)))
        self._done["armed by the API"] += 1

    def edit(self) -> None:
        """Change the files: two edits, one that is wrong, and what mends it."""
        next(self._edits)()

    def _edit(self) -> None:
        """Change a take-profit, add one or take one away: nothing has to wait."""
        edited = copy.deepcopy(self._home.positions)
        exits = edited["btc"]["exits"]
        far = f"{float(OPENING[BTC]) * self._chance.uniform(5, 9):.0f}"
        exits["q0001"] = {"take_profit": far, "close": "0.01"}
        if self._chance.random() < 0.5:
            exits["more"] = {"take_profit": far, "close": "0.03"}
        self._home.write(edited)
        if self._chance.random() < 0.5:
            self._home.signal(signal.SIGHUP)
        self._done["edits"] += 1

    def _spoil(self) -> None:
        self._troubles.note("bad file", BY_THE_LOAD["bad file"])
        self._home.house.positions_file.write_text("positions: {sol: {exits: [")
        self._done["bad files"] += 1

    def _mend(self) -> None:
        self._troubles.note("bad file", BY_THE_LOAD["bad file"])
        self._home.write(self._home.positions)

    def _follow(self) -> None:
        """Follow the facts like a page that is opened and closed again."""
        while not self._is_over.is_set():
            try:
                with Client(Address(socket=self._socket)) as client:
                    for number, _ in enumerate(client.follow(), 1):
                        if number >= FACTS_READ or self._is_over.is_set():
                            break
                self._done["followers"] += 1
            except ExitdError:
                self._is_over.wait(0.5)
