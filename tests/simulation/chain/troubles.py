"""What goes wrong with nodes and blocks, and what others do on the chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.chain.blocks import GWEI, Sent
from simulation.chain.choices import Happens
from simulation.chain.contract import LIMIT, WEI, State, asked, liquidated
from simulation.chain.deep import depth_of
from simulation.chain.node import SOUND

if TYPE_CHECKING:
    from simulation.chain.world import ChainWorld

_FEE = GWEI // 100


class Troubles:
    """The troubles of one world; `fee_goal` is where its base fee goes."""

    def __init__(self, world: ChainWorld) -> None:
        self.fee_goal = 1
        self._world = world

    def move_fee(self) -> None:
        """Let the base fee come nearer to where it goes, an eighth at the most."""
        goal, fee = self.fee_goal * _FEE, self._world.chain.base_fee
        eighth = fee // 8
        self._world.chain.base_fee = min(max(goal, fee - eighth), fee + eighth)

    def begin(self, trouble: Happens) -> None:
        value = trouble.value
        happens: dict[str, Callable[[], None]] = {
            "moods": lambda: self._set_moods(*value),
            "down": lambda: self._world.network.down.add(value),
            "up": lambda: self._world.network.down.discard(value),
            "reorg": lambda: self._reorganise(value),
            "deep": lambda: self._undo_read(*value),
            "drop": lambda: self._drop(value),
            "fees": lambda: setattr(self, "fee_goal", value),
            "tip": lambda: setattr(self._world.chain, "least_tip", value * 10**6),
            "halt": lambda: setattr(self._world.chain, "is_halted", value),
            "nonce": self._use_nonce,
            "sleep": lambda: setattr(self._world.solver, "sleeps", value),
            "feed": lambda: self._world.set_feed(value),
            "owner": lambda: self._close_by_owner(*value),
            "liquidate": lambda: self._liquidate(value),
        }
        happens[trouble.what]()

    def _set_moods(self, number: int, moods: Any) -> None:
        self._world.network.nodes[number].moods = moods or SOUND

    def _reorganise(self, depth: int) -> None:
        """Undo some blocks; one of the nodes may believe in them for a while."""
        chain, nodes = self._world.chain, self._world.network.nodes
        if len(chain.blocks) <= depth + 1:
            return
        before = list(chain.blocks)
        chain.undo(depth)
        if self._world.rng.random() < 0.4:
            node = self._world.rng.choice(nodes)
            node.held = before
            self._world.virtual.call_later(
                self._world.rng.uniform(1, 8), lambda: setattr(node, "held", None)
            )
        for block in chain.blocks[-depth:]:
            for mined in block.mined:
                self._world.tell_mined(mined)

    def _undo_read(self, wanted: int, is_forgotten: bool) -> None:
        """Undo blocks that were read; nodes may have forgotten what was in them."""
        world = self._world
        depth = depth_of(world.chain, wanted, world.choices.confirmations)
        if not depth:
            return
        world.counted["read blocks undone"] += depth
        world.say("undone", depth)
        self._reorganise(depth)
        if is_forgotten:
            self._drop("all")

    def _drop(self, what: str) -> None:
        """Forget what waits: those that make blocks alone, or the nodes as well."""
        self._world.chain.pool.clear()
        if what == "all":
            for node in self._world.network.nodes:
                node.known.clear()

    def _use_nonce(self) -> None:
        """Somebody else signs with the same key, and is first."""
        chain = self._world.chain
        nonce = chain.state.nonce
        hash_ = f"0x{self._world.rng.getrandbits(256):064x}"
        fee = 10_000 * GWEI
        chain.pool[nonce] = Sent(
            hash_, chain.closer, nonce, fee, fee, chain.closer, b""
        )

    def _close_by_owner(self, quote_id: int, parts: int) -> None:
        """Ask for a close at a front-end, as its owner may at any time."""
        self._world.is_traded_by_hand = True

        def act(state: State, ts_s: int) -> Any:
            row = state.quotes[quote_id]
            quantity = row.open // parts // 10**17 * 10**17
            worst = int((self._world.price - self._world.sign) * WEI)
            return asked(state, row, worst, quantity, LIMIT, ts_s + 20, ts_s)

        self._world.chain.do(f"owner closes {quote_id}", act)

    def _liquidate(self, quote_id: int) -> None:
        self._world.is_traded_by_hand = True
        self._world.chain.do(
            f"liquidate {quote_id}",
            lambda state, ts_s: liquidated(state, quote_id, ts_s),
        )
