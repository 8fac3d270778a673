"""What trails missed while nobody watched, asked of the venue's candles."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import MARK, World, started
from core.builders import trail as trail_of
from exitd.core.inputs import Arm, IfCrossed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.ports.feed import Candle
from exitd.runtime.holes import fill_hole, seen_in

MINUTE_NS = 60 * NS_PER_S
HOUR_NS = 60 * MINUTE_NS


def bar(ts_ns: int, high: str, low: str, close: str | None = "126") -> Candle:
    open_ns = ts_ns - ts_ns % MINUTE_NS
    return Candle(
        open_ns,
        open_ns + MINUTE_NS,
        Decimal(high),
        Decimal(low),
        Decimal(close) if close is not None else None,
    )


async def arm_trail(world: World, source: PriceSource = MARK) -> None:
    definition = trail_of("t", "5", source=source)
    now_ns = world.daemon.clock.now_ns()
    await world.daemon.loop.command(
        Arm(definitions=(definition,), if_crossed=IfCrossed.REFUSE, now_ns=now_ns)
    )
    await world.until(lambda: world.feed.push(source, "100"))
    assert world.feed.push(source, "120")


def stop_of(world: World, source: PriceSource = MARK) -> Decimal | None:
    trailed = world.daemon.loop.engine.state.book(source).trailed("t")
    return trailed[1] if trailed is not None else None


async def reconnect(world: World) -> None:
    runs = world.feed.runs
    world.feed.drop()
    await world.until(lambda: world.feed.runs > runs)


async def test_b056_given_the_candle_it_began_in_when_reconnected_then_uncertain(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm_trail(world)
        now_ns = world.daemon.clock.now_ns()
        # What the candle in which the trail began says may be older than the trail.
        world.feed.bars[MARK] = (bar(now_ns, "150", "90"),)

        await reconnect(world)
        await world.until(
            lambda: list(world.daemon.loop.engine.state.uncertain) == ["t"]
        )

        assert stop_of(world) == 115


async def test_b056_given_a_candle_that_began_later_then_the_high_in_it_counts(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm_trail(world)
        now_ns = world.daemon.clock.now_ns()
        asked: list[PriceSource] = []

        async def candles(
            source: PriceSource, from_ns: int, to_ns: int
        ) -> tuple[Candle, ...]:
            asked.append(source)
            empty = bar(now_ns + 2 * MINUTE_NS, "999", "1", None)
            return bar(now_ns, "150", "90"), bar(now_ns + MINUTE_NS, "130", "99"), empty

        await fill_hole(
            world.daemon.loop, MARK, candles, now_ns, now_ns + 2 * MINUTE_NS
        )

        assert stop_of(world) == 125
        assert [source.candle for source in asked] == ["1m"]


def uncertain(world: World) -> str:
    told = [a.text for a in world.heard.alerts if a.topic == "trigger.uncertain"]
    return told[0] if told else ""


@pytest.mark.parametrize(
    ("source", "hole_ns", "why"),
    [
        (MARK, 31 * 24 * HOUR_NS, "more than 30 days"),
        (replace(MARK, kind=PriceKind.BID), MINUTE_NS, "no candles of the bid"),
        (MARK, HOUR_NS, "no candles of all of it"),
    ],
)
async def test_b056_given_no_candles_of_all_of_it_then_said(
    tmp_path: Path, source: PriceSource, hole_ns: int, why: str
):
    async with started(tmp_path) as world:
        await arm_trail(world, source)
        now_ns = world.daemon.clock.now_ns()

        async def candles(
            source: PriceSource, from_ns: int, to_ns: int
        ) -> tuple[Candle, ...]:
            return (bar(now_ns, "130", "99"),)

        await fill_hole(world.daemon.loop, source, candles, now_ns - hole_ns, now_ns)

        await world.until(lambda: why in uncertain(world))


async def test_b056_given_no_candles_when_reconnected_then_uncertain_and_told(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm_trail(world)
        world.feed.has_candles = False

        await reconnect(world)
        await world.until(
            lambda: any(a.topic == "trigger.uncertain" for a in world.heard.alerts)
        )

        (told,) = [a for a in world.heard.alerts if a.topic == "trigger.uncertain"]
        assert "the venue gave no candles" in told.text
        assert stop_of(world) == 115


@pytest.mark.parametrize(("closed", "high"), [(False, "130"), (True, "126")])
def test_given_closed_candles_then_only_their_close_was_seen(closed, high):
    source = PriceSource("main", "SOL", PriceKind.LAST_CLOSE, "1m", closed)

    seen = seen_in(source, bar(HOUR_NS, "130", "110"))

    assert seen.high == Decimal(high)
