"""Two quotes on a chain, each a market of its own, and time to forget them."""

from __future__ import annotations

from msgspec.structs import replace

from core.worlds import (
    ACCOUNT,
    SYMBOL,
    WINDOW_NS,
    World,
    instrument,
    stop,
    trail,
)
from exitd.core.attempt import Capabilities
from exitd.core.inputs import (
    InstrumentReport,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.past_inputs import ForgetDone
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side

KEPT = Policies().done_kept_ns
CHAIN = Capabilities(window_ns=WINDOW_NS, hedge_mode=True, ends_markets=True)
MARKET, OTHER = (ACCOUNT, SYMBOL), (ACCOUNT, "OTHER")
OTHER_MARK = PriceSource(*OTHER, PriceKind.MARK)
OTHER_LONG = PositionKey(*OTHER, Side.LONG)
BINANCE = PriceSource("binance", "SOLUSDT", PriceKind.MARK)


def on_chain(**changed) -> World:
    """A quote of 10, and another one that stays open and was done with the last."""
    world = World(capabilities=CHAIN, **changed)
    world.do(InstrumentReport(instrument("OTHER"), world.now_ns))
    world.position("10", key=OTHER_LONG)
    return world


def elsewhere(id: str, level: str = "50", **changed):
    made = stop(id, level, symbol="OTHER", source=OTHER_MARK)
    return replace(made, **changed)


def forget(world: World):
    return world.do(ForgetDone(world.later()))


def long_after(world: World) -> None:
    """Let all that is over be so for long, also what was forgotten meanwhile."""
    world.arm(elsewhere("last"))
    world.cancel("last")
    for _ in range(4):
        world.wait(KEPT)
        forget(world)


def is_known(world: World, market: tuple[str, str] = MARKET) -> bool:
    state = world.engine.state
    kept = [
        market in state.instruments,
        market in state.market_ends.due,
        any((k.account, k.symbol) == market for k in state.positions),
    ]
    assert len(set(kept)) == 1, "all of a market goes at once"
    return kept[0]


def gone(**changed) -> World:
    world = on_chain(**changed)
    world.arm(stop("sl", "90", size="5"), trail("runner", "20"))
    world.mark("101", "102", "90")
    world.fill()
    world.position("0")
    long_after(world)
    assert not is_known(world)
    return world
