"""One seed of the chain: quotes of a solver, and one key that closes them by nonces.

First everything goes wrong that the seed draws; then it heals, and within some minutes
every hit must have had its effect: once, and not never.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from exitd.core.inputs import Arm
from exitd.core.policy import Policies
from exitd.core.position import Side
from exitd.core.records import MarketGone
from exitd.core.state import Accepted
from exitd.ports.notices import Notice
from simulation.chain.acts import ActWatch
from simulation.chain.blocks import BLOCK_S, Chain, Sent, address_of
from simulation.chain.choices import ACCOUNT, SIZE, Happens, draw
from simulation.chain.contract import LIQUIDATED, WEI, Row, State
from simulation.chain.deep import with_deep
from simulation.chain.machine import KEY, ChainMachine
from simulation.chain.node import SOUND, SimNode
from simulation.chain.solver import Solver
from simulation.chain.troubles import Troubles
from simulation.chain.verdict import check
from simulation.chain.wire import CALM, ChainNetwork
from simulation.failures import Failures
from simulation.ground import FORGETS_EVERY, Ground, policies_of
from simulation.prices import ENTRY
from simulation.violation import Violation
from simulation.virtual_time import START_NS, VirtualLoop

#: The doubt of a close ends with its deadline; the next one may have another.
HEALED_S = 300.0
SETTLES_S = 8.0
_PRICE_EVERY_S = 4.0
#: So long after its end nothing is left of a quote that is soon forgotten.
OUTLIVED_S = 60.0
#: Each answer to what became of a close is a dozen questions to nodes.
RESOLVE_NS = 2_000_000_000
CLOSER = address_of(KEY)


class ChainWorld(Ground):
    """Everything of one seed of the chain."""

    def __init__(
        self,
        seed: int,
        virtual: VirtualLoop,
        folder: Path,
        history: list[str] | None = None,
    ) -> None:
        rng = Random(seed)
        self.choices = with_deep(draw(rng), seed)
        #: What the other classes draw; the chain has troubles of its own.
        self.failures = Failures()
        super().__init__(seed, virtual, rng, self.choices.skew_ms)
        self.history = history
        self.has_real_store = self.choices.has_real_store
        self.stalls = self.choices.stalls
        self.watch.trails.is_prompt = not (self.choices.stalls or self.choices.disk)
        self.policies = Policies(resolve_every_ns=RESOLVE_NS, **policies_of(seed))
        self.sign = 1 if self.choices.side is Side.LONG else -1
        self.price = ENTRY
        self.has_prices = True
        self.is_traded_by_hand = False
        self.acts = ActWatch(self)
        self.watch.on_market_gone = self._check_ended
        self.counted |= {"transactions": 0, "transactions outbid": 0}
        self.counted["read blocks undone"] = 0
        self.troubles = Troubles(self)
        self._folder = folder
        self._falls: list[asyncio.Task[None]] = []
        self.chain: Chain
        self.network: ChainNetwork
        self.solver: Solver
        self.machine: ChainMachine

    async def run(self) -> None:
        self.virtual.set_exception_handler(self.note_bug)
        self._begin_chain()
        making = asyncio.ensure_future(self._make_blocks())
        making.add_done_callback(self._made)
        self.machine = ChainMachine(self, self._folder / "exitd.db")
        await self.machine.start()
        await self._arm()
        await self._live()
        if self.choices.quotes > 1 and self.seed % FORGETS_EVERY == 0:
            await self._outlive()
        check(self)
        await self.machine.crash()
        making.cancel()

    def _begin_chain(self) -> None:
        choices, rng = self.choices, self.rng
        side = 0 if choices.side is Side.LONG else 1
        size, price = int(SIZE) * WEI, int(ENTRY) * WEI
        quotes = {
            number: Row(number, side, size, price, 100 * WEI)
            for number in range(1, choices.quotes + 1)
        }
        now_s = START_NS // 1_000_000_000
        self.chain = Chain(CLOSER, State(quotes), now_s, rng)
        nodes = [SimNode(self.chain, choices.forms, rng) for _ in range(2)]
        self.network = ChainNetwork(nodes, rng)
        self.network.on_sent = self._note_sent
        self.solver = Solver(self.chain, rng)
        self.solver.price = ENTRY

    async def _make_blocks(self) -> None:
        """A block every two seconds, at the second that it says."""
        chain = self.chain
        while True:
            await asyncio.sleep(BLOCK_S - self.virtual.now_s % BLOCK_S)
            if chain.is_halted:
                continue
            self.troubles.move_fee()
            chain.mine((START_NS // 10**9) + round(self.virtual.now_s))
            for mined in chain.head.mined:
                self.tell_mined(mined)
            self.solver.turn()

    def _made(self, making: asyncio.Task[None]) -> None:
        if not making.cancelled() and making.exception() is not None:
            self.bugs.append(making.exception())

    def tell_mined(self, mined: Any) -> None:
        if self.history is None:
            return
        said = "ok" if mined.succeeded else "reverted"
        what = mined.deed.name if mined.deed else f"nonce {mined.sent.nonce}"
        names = ", ".join(event.name for event in mined.events)
        self.say("block", f"{self.chain.head.number} {what} {said} {names}")

    async def _arm(self) -> None:
        machine, choices = self.machine, self.choices
        for number in range(1, choices.quotes + 1):
            await machine.follow(number)
        state = machine.loop.engine.state
        for _ in range(20):
            if sum(p.is_open for p in state.positions.values()) == choices.quotes:
                break
            await asyncio.sleep(0.5)
        now_ns = machine.loop.clock.now_ns()
        reply = await machine.loop.command(
            Arm(definitions=choices.triggers, now_ns=now_ns)
        )
        assert isinstance(reply, Accepted), reply
        machine.account.prices.watch_sources()

    async def _live(self) -> None:
        """Walk the path, break things, then let everything heal and settle."""
        choices = self.choices
        self.solver.patience, self.solver.parts = choices.patience, choices.parts
        happenings: list[tuple[float, str, Any]] = [
            (1.0, "faults", True),
            (choices.end_s, "faults", False),
            *((at_s, "price", shown.price) for at_s, shown in choices.path),
            *((at_s, "crash", None) for at_s in choices.crashes_s),
            *((t.at_s, t.what, t) for t in choices.troubles if t.at_s < choices.end_s),
            *choices.disk,
        ]
        started_s = self.virtual.now_s
        for at_s, what, value in sorted(happenings, key=lambda h: h[:2]):
            await asyncio.sleep(max(0.0, started_s + at_s - self.virtual.now_s))
            self.say(what, value.value if isinstance(value, Happens) else value)
            if what == "crash":
                self._crash()
            elif isinstance(value, Happens):
                self.troubles.begin(value)
            else:
                self._happen(what, value)
        await self._show_prices_until(started_s + choices.end_s + HEALED_S)

    async def _outlive(self) -> None:
        """Let the quotes end one after the other, and be forgotten.

        What was done last on the account stays, and the quote that it was done on.
        """
        for number in self.chain.state.quotes:
            self.troubles.begin(Happens(0.0, "liquidate", number))
            end_s = self.virtual.now_s + OUTLIVED_S
            while self.virtual.now_s < end_s:
                await asyncio.sleep(_PRICE_EVERY_S)
                self._price(self.price)
        state = self.machine.loop.engine.state
        last = state.triggers[state.last_done[ACCOUNT]].definition.symbol
        for key in state.positions:
            if key.symbol != last:
                raise Violation(f"{key} ended long ago, and is not forgotten")

    def _check_ended(self, gone: MarketGone) -> None:
        """What is forgotten has ended in the newest block too."""
        number = int(gone.symbol.partition("#")[2])
        row = self.chain.state.quotes[number]
        if row.open and row.status != LIQUIDATED:
            raise Violation(f"{gone.symbol} is forgotten, and {row.open} of it is open")

    def _crash(self) -> None:
        self._falls.append(
            asyncio.ensure_future(self.machine.fall(self.rng.uniform(0.05, 3.0)))
        )

    async def _show_prices_until(self, end_s: float) -> None:
        _, last = self.choices.path[-1]
        ways = itertools.cycle((Decimal("0.01"), Decimal(0)))
        soonest_s = end_s - HEALED_S + SETTLES_S
        while (left_s := end_s - self.virtual.now_s) > 0:
            if self.virtual.now_s > soonest_s and self._is_settled():
                return
            await asyncio.sleep(min(_PRICE_EVERY_S, left_s))
            self._price(last.price + next(ways))

    def _is_settled(self) -> bool:
        if not self.machine.is_up:
            return False
        try:
            check(self)
        except Violation:
            return False
        return True

    def _happen(self, what: str, value: Any) -> None:
        happens: dict[str, Callable[[Any], None]] = {
            "price": self._price,
            "faults": self._set_faults,
            "disk": lambda kind: self.machine.set_disk(kind),
        }
        happens[what](value)

    def _set_faults(self, are_on: bool) -> None:
        if are_on:
            self.network.set_rates(self.choices.reads, self.choices.sends)
            return
        self.network.set_rates(CALM, CALM)
        self.network.down.clear()
        for node in self.network.nodes:
            node.moods, node.held = SOUND, None
        self.chain.is_halted = self.solver.sleeps = False
        self.chain.least_tip, self.troubles.fee_goal = 0, 1
        self.solver.patience, self.solver.parts = (1, 2), 0.0
        self.set_feed(True)

    def set_feed(self, is_up: bool) -> None:
        self.has_prices = is_up
        self.machine.feed.is_down = not is_up
        self._price(self.price)
        if not is_up:
            self.machine.feed.drop()

    def _price(self, price: Decimal) -> None:
        self.price = self.solver.price = price
        if self.has_prices:
            self.watch.trails.shown.append((self.virtual.now_s, price))
        self.machine.feed.show(price)

    def noticed(self, notice: Notice) -> None:
        self.say("notice", str(notice))

    def _note_sent(self, sent: Sent) -> None:
        self.acts.note(sent)
