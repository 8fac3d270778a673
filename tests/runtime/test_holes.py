"""What trails missed while nobody watched, asked of the venue's candles."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import ACCOUNT, MARK, SOL, World, started
from core.builders import D, stop
from core.builders import trail as trail_of
from exitd.cli.wording import condition_lines, shown_state
from exitd.core.condition import Missed
from exitd.core.hole_inputs import HoleFilled, HoleFound, SeenCandle
from exitd.core.inputs import Arm, IfCrossed
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerDefinition, TriggerRecord
from exitd.core.units import NS_PER_S
from exitd.ports.feed import Candle
from exitd.runtime.holes import fill_hole, seen_in

MINUTE_NS = 60 * NS_PER_S
HOUR_NS = 60 * MINUTE_NS


def bar(
    ts_ns: int, high: str, low: str, close: str | None = "126", *, minutes: int = 1
) -> Candle:
    open_ns = ts_ns - ts_ns % MINUTE_NS
    return Candle(
        open_ns,
        open_ns + minutes * MINUTE_NS,
        Decimal(high),
        Decimal(low),
        Decimal(close) if close is not None else None,
    )


async def arm(world: World, *definitions: TriggerDefinition) -> None:
    now_ns = world.daemon.clock.now_ns()
    await world.daemon.loop.command(
        Arm(definitions=definitions, if_crossed=IfCrossed.REFUSE, now_ns=now_ns)
    )


async def arm_trail(world: World, source: PriceSource = MARK) -> None:
    await arm(world, trail_of("t", "5", source=source))
    await world.until(lambda: world.feed.push(source, "100"))
    assert world.feed.push(source, "120")


def stop_of(world: World, source: PriceSource = MARK) -> Decimal | None:
    trailed = world.daemon.loop.engine.state.book(source).trailed("t")
    return trailed[1] if trailed is not None else None


async def reconnect(world: World) -> None:
    runs = world.feed.runs
    world.feed.drop()
    await world.until(lambda: world.feed.runs > runs)


def alerts(world: World, topic: str) -> list[str]:
    return [a.text for a in world.heard.alerts if a.topic == topic]


def impatient(world: World) -> World:
    """Say at once what nobody knows."""
    holes = world.daemon.accounts[ACCOUNT].prices.holes
    holes.soon_s, holes.first_price_s = (), 0
    return world


async def test_b056_given_the_candle_it_began_in_when_reconnected_then_uncertain(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm_trail(world)
        now_ns = world.daemon.clock.now_ns()
        # What the candle in which the trail began says may be older than the trail.
        world.feed.bars[MARK] = (bar(now_ns, "150", "90", minutes=10),)

        await reconnect(impatient(world))
        await world.until(lambda: "it began in" in trigger(world).unseen)

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
            return bar(now_ns, "150", "90"), bar(now_ns + MINUTE_NS, "130", "99")

        hole(world, now_ns, now_ns + MINUTE_NS)
        assert await fill_hole(world.daemon.loop, MARK, candles) == ""

        assert stop_of(world) == 125
        assert [source.candle for source in asked] == ["1m"]


def hole(
    world: World, since_ns: int, until_ns: int, source: PriceSource = MARK
) -> None:
    world.daemon.loop.handle(HoleFound(source, since_ns, until_ns))


def trigger(world: World, id: str = "t") -> TriggerRecord:
    return world.daemon.loop.engine.state.triggers[id]


@pytest.mark.parametrize(
    ("source", "hole_ns", "why"),
    [
        (MARK, 31 * 24 * HOUR_NS, "more than 30 days"),
        (replace(MARK, kind=PriceKind.BID), MINUTE_NS, "no candles of the bid"),
    ],
)
async def test_b056_given_no_candles_can_be_had_then_said_for_good(
    tmp_path: Path, source: PriceSource, hole_ns: int, why: str
):
    async with started(tmp_path) as world:
        await arm_trail(world, source)
        now_ns = world.daemon.clock.now_ns()
        hole(world, now_ns - hole_ns, now_ns, source)

        assert await fill_hole(world.daemon.loop, source, nothing) == ""

        await world.until(lambda: why in trigger(world).unseen)
        assert world.daemon.loop.engine.state.book(source).hole_ns == 0


async def nothing(source: PriceSource, from_ns: int, to_ns: int) -> tuple[Candle, ...]:
    return ()


@pytest.mark.parametrize(
    ("starts", "kind", "is_whole"),
    [
        ([-1, 0, 1], PriceKind.MARK, True),
        ([-1, 1], PriceKind.MARK, False),
        ([0, 1], PriceKind.MARK, False),
        ([-1, 0], PriceKind.MARK, False),
        ([-1, 0, 1], PriceKind.LAST, True),
        ([], PriceKind.LAST, False),
    ],
)
async def test_given_bars_of_a_part_of_a_hole_then_it_stays_open(
    tmp_path: Path, starts: list[int], kind: PriceKind, is_whole: bool
):
    async with started(tmp_path) as world:
        source = replace(MARK, kind=kind)
        await arm_trail(world, source)
        now_ns = world.daemon.clock.now_ns()
        middle_ns = now_ns - now_ns % MINUTE_NS + MINUTE_NS // 2
        bars = tuple(bar(middle_ns + n * MINUTE_NS, "121", "120") for n in starts)

        async def candles(
            source: PriceSource, from_ns: int, to_ns: int
        ) -> tuple[Candle, ...]:
            return bars

        hole(world, middle_ns - MINUTE_NS, middle_ns + MINUTE_NS, source)
        reason = await fill_hole(world.daemon.loop, source, candles)

        assert (reason == "") is is_whole
        assert (world.daemon.loop.engine.state.book(source).hole_ns == 0) is is_whole


@pytest.mark.parametrize(
    ("kind", "is_whole"), [(PriceKind.MARK, False), (PriceKind.LAST, True)]
)
async def test_given_a_bar_without_prices_then_only_of_trades_it_says_something(
    tmp_path: Path, kind: PriceKind, is_whole: bool
):
    async with started(tmp_path) as world:
        source = replace(MARK, kind=kind)
        await arm_trail(world, source)
        now_ns = world.daemon.clock.now_ns()

        async def candles(
            source: PriceSource, from_ns: int, to_ns: int
        ) -> tuple[Candle, ...]:
            return (bar(now_ns, "121", "120", None), bar(now_ns + MINUTE_NS, "9", "9"))

        hole(world, now_ns, now_ns + 1, source)

        reason = await fill_hole(world.daemon.loop, source, candles)

        assert (reason == "") is is_whole


async def test_given_closed_candles_then_those_of_its_own_length_are_asked_for(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        source = PriceSource(ACCOUNT, SOL, PriceKind.LAST_CLOSE, "15m", closed=True)
        await arm(world, stop("t", "95", source=source))
        now_ns = world.daemon.clock.now_ns()
        since_ns = now_ns - HOUR_NS
        asked: list[tuple[str, int]] = []

        async def candles(
            source: PriceSource, from_ns: int, to_ns: int
        ) -> tuple[Candle, ...]:
            asked.append((source.candle, from_ns))
            opens = range(from_ns, now_ns, 15 * MINUTE_NS)
            return tuple(
                Candle(ns, ns + 15 * MINUTE_NS, D("200"), D("1"), D("96"))
                for ns in opens
            )

        hole(world, since_ns, now_ns, source)
        reason = await fill_hole(world.daemon.loop, source, candles)

        assert reason == ""
        assert asked == [("15m", since_ns - 15 * MINUTE_NS)]
        assert trigger(world).missed_ns == 0, "their wicks are not what it watches"


async def test_b056_given_no_candles_when_reconnected_then_uncertain_and_told_once(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm_trail(impatient(world))
        world.feed.has_candles = False

        await reconnect(world)
        await world.until(lambda: alerts(world, "trigger.uncertain") != [])

        (told,) = alerts(world, "trigger.uncertain")
        assert "the venue gave no candles" in told
        assert stop_of(world) == 115
        assert world.daemon.loop.engine.state.book(MARK).hole_ns > 0
        shown = (await world.control.reading.show("t")).trigger
        assert shown_state(shown) == "armed, unsure"
        assert ("unsure", shown.unseen) in condition_lines(shown)
        said = (await world.control.reading.explain("t")).sentences
        assert any("nobody knows what its price did" in sentence for sentence in said)


async def test_b116_given_a_crossing_in_a_gap_when_fire_then_closed_once(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        definition = replace(stop("t", "95"), missed=Missed.FIRE)
        await arm(world, definition)
        assert world.feed.push(MARK, "100")
        now_ns = world.daemon.clock.now_ns()
        began = Candle(now_ns + 1, now_ns + 10 * MINUTE_NS, D("101"), D("94"), D("97"))
        world.feed.bars[MARK] = (bar(now_ns, "101", "99"), began)

        await reconnect(world)
        await world.until(lambda: world.feed.push(MARK, "97"))
        await world.until(lambda: alerts(world, "trigger.missed") != [])

        assert "it fires now" in alerts(world, "trigger.missed")[0]


async def test_b116_given_a_crossing_in_a_gap_when_alert_then_shown_and_explained(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        await arm(world, stop("t", "95"))
        now_ns = world.daemon.clock.now_ns()
        bars = (SeenCandle(now_ns + 1, now_ns + MINUTE_NS, D("101"), D("94")),)
        hole(world, now_ns, now_ns + MINUTE_NS)

        world.daemon.loop.handle(HoleFilled(MARK, bars, now_ns + MINUTE_NS))

        shown = (await world.control.reading.show("t")).trigger
        assert shown.missed is not None
        assert shown_state(shown) == "armed"
        assert condition_lines(shown)[-1][0] == "missed"
        said = (await world.control.reading.explain("t")).sentences
        assert any("`exitd fire t` closes now" in sentence for sentence in said)


async def test_given_a_live_feed_then_it_is_noted_up_to_when_it_was_seen(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        last = replace(MARK, kind=PriceKind.LAST)
        await arm(world, stop("t", "95"), stop("u", "95", source=last))
        await world.until(lambda: world.feed.push(MARK, "100"))
        books = world.daemon.loop.engine.state.books

        await world.until(lambda: books[MARK].ts_seen_ns > 0)
        prices = world.daemon.accounts[ACCOUNT].prices
        prices.seen.note({MARK, last}, world.feed.ts_alive_ns)
        seen_ns = books[MARK].ts_seen_ns
        assert world.feed.push(MARK, "101")
        prices.seen.note({MARK, last}, world.feed.ts_alive_ns)

        assert books[MARK].ts_seen_ns == seen_ns, "once a second"
        assert books[last].ts_seen_ns > 0, "no trade, and the connection is alive"


@pytest.mark.parametrize(("closed", "high"), [(False, "130"), (True, "126")])
def test_given_closed_candles_then_only_their_close_was_seen(closed, high):
    source = PriceSource("main", "SOL", PriceKind.LAST_CLOSE, "1m", closed)

    seen = seen_in(source, bar(HOUR_NS, "130", "110"))

    assert seen.high == Decimal(high)
