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
from exitd.core.state import Accepted
from exitd.ports.notices import Notice
from simulation.chain.acts import ActWatch
from simulation.chain.blocks import BLOCK_S, GWEI, Chain, Sent, address_of
from simulation.chain.choices import SIZE, Happens, draw
from simulation.chain.contract import LIMIT, WEI, Row, State, asked, liquidated
from simulation.chain.machine import KEY, ChainMachine
from simulation.chain.node import SOUND, SimNode
from simulation.chain.solver import Solver
from simulation.chain.verdict import check
from simulation.chain.wire import CALM, ChainNetwork
from simulation.ground import Ground
from simulation.prices import ENTRY
from simulation.violation import Violation
from simulation.virtual_time import START_NS, VirtualLoop

#: The doubt of a close ends with its deadline; the next one may have another.
HEALED_S = 300.0
SETTLES_S = 10.0
_PRICE_EVERY_S = 4.0
_FEE = GWEI // 100
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
        self.choices = draw(rng)
        super().__init__(seed, virtual, rng, self.choices.skew_ms)
        self.history = history
        self.has_real_store = self.choices.has_real_store
        self.stalls = self.choices.stalls
        self.watch.trails.is_prompt = not (self.choices.stalls or self.choices.disk)
        self.policies = Policies()
        self.sign = 1 if self.choices.side is Side.LONG else -1
        self.price = ENTRY
        self.has_prices = True
        self.is_traded_by_hand = False
        self.acts = ActWatch(self)
        self.counted |= {"transactions": 0, "transactions outbid": 0}
        self._fee_goal = 1
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
            self._move_fee()
            chain.mine((START_NS // 10**9) + round(self.virtual.now_s))
            for mined in chain.head.mined:
                self._tell_mined(mined)
            self.solver.turn()

    def _made(self, making: asyncio.Task[None]) -> None:
        if not making.cancelled() and making.exception() is not None:
            self.bugs.append(making.exception())

    def _tell_mined(self, mined: Any) -> None:
        if self.history is None:
            return
        said = "ok" if mined.succeeded else "reverted"
        what = mined.deed.name if mined.deed else f"nonce {mined.sent.nonce}"
        names = ", ".join(event.name for event in mined.events)
        self.say("block", f"{self.chain.head.number} {what} {said} {names}")

    def _move_fee(self) -> None:
        """Let the base fee come nearer to where it goes, an eighth at the most."""
        goal, fee = self._fee_goal * _FEE, self.chain.base_fee
        eighth = fee // 8
        self.chain.base_fee = min(max(goal, fee - eighth), fee + eighth)

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
                self._trouble(value)
            else:
                self._happen(what, value)
        await self._show_prices_until(started_s + choices.end_s + HEALED_S)

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
        self.chain.least_tip, self._fee_goal = 0, 1
        self.solver.patience, self.solver.parts = (1, 2), 0.0
        self._set_feed(True)

    def _trouble(self, trouble: Happens) -> None:
        value = trouble.value
        happens: dict[str, Callable[[], None]] = {
            "moods": lambda: self._set_moods(*value),
            "down": lambda: self.network.down.add(value),
            "up": lambda: self.network.down.discard(value),
            "reorg": lambda: self._reorganise(value),
            "drop": lambda: self._drop(value),
            "fees": lambda: setattr(self, "_fee_goal", value),
            "tip": lambda: setattr(self.chain, "least_tip", value * 10**6),
            "halt": lambda: setattr(self.chain, "is_halted", value),
            "nonce": self._use_nonce,
            "sleep": lambda: setattr(self.solver, "sleeps", value),
            "feed": lambda: self._set_feed(value),
            "owner": lambda: self._close_by_owner(*value),
            "liquidate": lambda: self._liquidate(value),
        }
        happens[trouble.what]()

    def _set_moods(self, number: int, moods: Any) -> None:
        self.network.nodes[number].moods = moods or SOUND

    def _reorganise(self, depth: int) -> None:
        """Undo some blocks; one of the nodes may believe in them for a while."""
        chain, nodes = self.chain, self.network.nodes
        if len(chain.blocks) <= depth + 1:
            return
        before = list(chain.blocks)
        chain.undo(depth)
        if self.rng.random() < 0.4:
            node = self.rng.choice(nodes)
            node.held = before
            self.virtual.call_later(
                self.rng.uniform(1, 8), lambda: setattr(node, "held", None)
            )
        for block in chain.blocks[-depth:]:
            for mined in block.mined:
                self._tell_mined(mined)

    def _drop(self, what: str) -> None:
        """Forget what waits: those that make blocks alone, or the nodes as well."""
        self.chain.pool.clear()
        if what == "all":
            for node in self.network.nodes:
                node.known.clear()

    def _use_nonce(self) -> None:
        """Somebody else signs with the same key, and is first."""
        chain = self.chain
        nonce = chain.state.nonce
        hash_ = f"0x{self.rng.getrandbits(256):064x}"
        fee = 10_000 * GWEI
        chain.pool[nonce] = Sent(hash_, CLOSER, nonce, fee, fee, CLOSER, b"")

    def _set_feed(self, is_up: bool) -> None:
        self.has_prices = is_up
        self.machine.feed.is_down = not is_up
        self._price(self.price)
        if not is_up:
            self.machine.feed.drop()

    def _close_by_owner(self, quote_id: int, parts: int) -> None:
        """Ask for a close at a front-end, as its owner may at any time."""
        self.is_traded_by_hand = True

        def act(state: State, ts_s: int) -> Any:
            row = state.quotes[quote_id]
            quantity = row.open // parts // 10**17 * 10**17
            worst = int((self.price - self.sign) * WEI)
            return asked(state, row, worst, quantity, LIMIT, ts_s + 20, ts_s)

        self.chain.do(f"owner closes {quote_id}", act)

    def _liquidate(self, quote_id: int) -> None:
        self.is_traded_by_hand = True
        self.chain.do(
            f"liquidate {quote_id}",
            lambda state, ts_s: liquidated(state, quote_id, ts_s),
        )

    def _price(self, price: Decimal) -> None:
        self.price = self.solver.price = price
        if self.has_prices:
            self.watch.trails.shown.append((self.virtual.now_s, price))
        self.machine.feed.show(price)

    def noticed(self, notice: Notice) -> None:
        self.say("notice", str(notice))

    def _note_sent(self, sent: Sent) -> None:
        self.acts.note(sent)
