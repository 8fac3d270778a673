"""Worlds that nobody watched for a while, for tests of the core."""

from __future__ import annotations

from core.trailing_world import armed
from core.worlds import MARK, D, S, World
from exitd.core.hole_inputs import HoleFilled, HoleFound, SeenCandle, SourcesSeen
from exitd.core.market import PriceSource
from exitd.core.policy import Policies
from exitd.core.trigger import TriggerDefinition

MINUTE = 60 * S


def down(world: World, ns: int = 10 * MINUTE, source: PriceSource = MARK) -> int:
    """Let nobody watch for a while; gives when the first whole candle of it begins."""
    since_ns = world.now_ns
    world.later(ns)
    world.do(HoleFound(source, since_ns, world.now_ns))
    return since_ns


def candles(
    since_ns: int, *prices: tuple[str, str] | tuple[str, str, str]
) -> tuple[SeenCandle, ...]:
    """One candle a minute, each from a low to a high, and its close where given."""
    return tuple(
        SeenCandle(
            since_ns + n * MINUTE,
            since_ns + (n + 1) * MINUTE,
            D(high),
            D(low),
            D(close[0]) if close else None,
        )
        for n, (low, high, *close) in enumerate(prices)
    )


def fill(
    world: World, told: tuple[SeenCandle, ...], source: PriceSource = MARK
) -> None:
    """Show candles to all that were on watch, in as many turns as that takes."""
    book = world.engine.state.book(source)
    for _ in range(len(book.hole_watch) + 1):
        world.do(HoleFilled(source, told, world.later()))
        if not book.hole_ns:
            return
    raise AssertionError("the hole was never closed")


def restarted(
    *definitions: TriggerDefinition, policies: Policies | None = None
) -> World:
    world = armed(*definitions, policies=policies)
    world.mark("100")
    world.do(SourcesSeen(((MARK, world.now_ns),), world.later()))
    world.restart()
    return world
