"""The class of a chain's nonce: SYMMIO, on a chain and nodes in this process."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from pathlib import Path
from time import monotonic

import httpx

from chain.deployed import ETHER, Deployed
from crashes.case import Running, Unready
from crashes.warm import Warm
from e2e.chain_house import MARKET, OPENING_PRICE, ChainHouse, LiveChain, order
from exitd.cli.demo.exchange import ExchangeProcess
from exitd.client import calls
from exitd.errors import ExitdError

CLOSE_PENDING = 5
#: Places in what the contract gives of a quote.
QUANTITY, CLOSED = 9, 10
#: Fewer than a daemon allows in a minute.
LOGINS, LOGIN_AGAIN_S = 4, 4.0
#: To ask the chain costs as much as a block of it.
ANSWERS_EVERY_S = 0.3
#: Of a quote of 100: after it is filled, a second close could be asked for.
STOP = order("stop_loss", "1.8", "1.62", quantity="40")


class ChainCase:
    """One chain and one source of prices; each fire has a quote of its own."""

    expected = ("40",)

    def __init__(self, folder: Path) -> None:
        script = folder / "prices.json"
        markets = {"markets": {MARKET: {"opening_price": OPENING_PRICE}}}
        script.write_text(json.dumps(markets))
        self._live = LiveChain()
        self._exchange = ExchangeProcess(script, cadence_ms=200)
        self._exchange.wait_ready()
        self._house: ChainHouse
        self._quote = 0
        self._trigger = ""
        self._answered_s = 0.0

    def open(self, folder: Path) -> None:
        self.mend()
        self._house = ChainHouse(folder, self._exchange, self._live)
        self._house.price(OPENING_PRICE)
        if self._quote:
            self._live.do(self._end)
        self._quote = self._live.do(lambda chain: chain.open())
        self._live.catch_up()

    def _end(self, chain: Deployed) -> None:
        """Close what is left of the last quote: daemons ask for all that are open."""
        if chain.status(self._quote) == CLOSE_PENDING:
            chain.fill(self._quote, "40", "1.74")
        quote = chain.quote(self._quote)
        left = format(Decimal(quote[QUANTITY] - quote[CLOSED]) / ETHER, "f")
        chain.ask_close(self._quote, left, "1.7")
        chain.fill(self._quote, left, "1.74")

    def start(self, warm: Warm) -> Running:
        house = self._house
        log = house.folder / "log"
        return Running(warm, house.config, house.environment, log).until_ready()

    def arm(self, daemon: Running) -> None:
        try:
            self._log_in()
            self._house.arm(self._quote, STOP).raise_for_status()
        except httpx.HTTPError as error:
            raise Unready(str(error)) from error
        daemon.until(lambda: daemon.has("trigger.armed"), "armed")
        armed = [line for line in daemon.lines() if line["event"] == "trigger.armed"]
        self._trigger = armed[-1]["trigger_id"]

    def _log_in(self) -> None:
        """Log in; nodes on a busy machine may not say in time whose the account is."""
        for _ in range(LOGINS - 1):
            if self._house.log_in().is_success:
                return
            threading.Event().wait(LOGIN_AGAIN_S)
        self._house.log_in().raise_for_status()

    def trap(self, trouble: str) -> None:
        if trouble == "not_mined":
            self._live.do(lambda _: setattr(self._live.pool, "is_mining", False))
        elif trouble == "lost_reply":
            for node in self._live.nodes:
                self._live.do(lambda _, node=node: setattr(node, "loses_reply", True))

    def cross(self) -> None:
        self._house.price("1.75")

    def answer(self) -> None:
        """Be the solver: fill what the contract was asked to close."""
        quote = self._quote
        if monotonic() - self._answered_s < ANSWERS_EVERY_S:
            return
        self._answered_s = monotonic()

        def filled(chain: Deployed) -> None:
            if chain.status(quote) == CLOSE_PENDING:
                chain.fill(quote, "40", "1.74")

        self._live.do(filled)

    def mend(self) -> None:
        def mended(_: object) -> None:
            for node in self._live.nodes:
                node.is_down = node.loses_reply = False
            self._live.pool.is_mining = True
            self._live.pool.mine()

        self._live.do(mended)

    def is_done(self) -> bool:
        try:
            with self._house.client() as client:
                return client.ask(calls.show(self._trigger)).trigger.is_done
        except ExitdError:
            return False

    def closed(self) -> tuple[str, ...]:
        return ("40",) * self._live.closes(self._quote)

    def shut(self) -> None:
        self._house.close()

    def close(self) -> None:
        self._exchange.close()
        self._live.close()
