"""Where prices go: seeds, scripts, candles."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import websockets

from exitd.errors import ConfigurationError
from exitd.simulator.candles import Candles, span
from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.markets import default_markets
from exitd.simulator.script import duration_ms, load_script, read_script
from simulator.rig import running

PERP = "SOL_USDC_PERP"
START_S = 1_757_621_400  # 2025-09-11 20:10:00 UTC, a Thursday


def marks(exchange: Exchange, beats: int) -> list[str]:
    seen = []
    for _ in range(beats):
        exchange.beat()
        seen.append(str(exchange.state.prices[PERP].mark))
    return seen


def scripted(points: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    return {"markets": {PERP: {"points": points, **more}}}


def test_given_same_seed_when_walked_then_same_prices():
    first, second, other = (
        marks(Exchange(Settings(seed=seed)), 50) for seed in (7, 7, 8)
    )

    assert first == second
    assert first != other
    assert len(set(first)) > 40


def test_given_walk_when_trading_then_tape_follows_the_path():
    exchange = Exchange(Settings(seed=7))

    exchange.advance(30_000)

    prices = exchange.state.prices[PERP]
    assert exchange.state.trades[PERP][-1].price == prices.last
    (bid, _), (ask, _) = exchange.state.books[PERP].top()
    assert bid < prices.last < ask
    assert len(exchange.state.trades[PERP]) == 31


def test_given_stepped_script_when_advanced_then_every_point_is_passed():
    points = [
        {"at": "0s", "mark": "140", "last": "140"},
        {"at": "5s", "mark": "139.50"},
        {"at": "5.5s", "mark": "120", "last": "121"},
        {"at": "6s", "mark": "141"},
    ]
    exchange = Exchange(Settings(), read_script(scripted(points)))
    seen: list[Decimal] = []
    exchange.advance(4_999)
    seen.append(exchange.state.prices[PERP].mark)
    exchange.advance(1)
    seen.append(exchange.state.prices[PERP].mark)

    exchange.advance(60_000)

    assert [str(mark) for mark in seen] == ["140", "139.50"]
    assert exchange.state.prices[PERP].mark == 141
    bar = exchange.candles.bar(
        exchange.state.markets[PERP],
        *("Mark", "1d", exchange.clock.now_us() // 1_000_000),
    )
    assert bar.low == 120


def test_given_linear_script_when_halfway_then_halfway():
    points = [{"at": "0s", "last": "140"}, {"at": "10s", "last": "150"}]
    script = read_script(scripted(points, path="linear"))
    exchange = Exchange(Settings(cadence_ms=500), script)

    exchange.advance(5_000)

    assert exchange.state.prices[PERP].last == 145


def test_given_price_falls_through_bid_when_walking_then_bid_fills():
    exchange = Exchange(Settings(paused=True))
    order = exchange.engine.submit(
        "somebody",
        {
            "symbol": PERP,
            "orderType": "Limit",
            "side": "Bid",
            "price": "139",
            "quantity": "1",
        },
        exchange.clock.stamp_us(),
    )

    exchange.set_prices(PERP, last=Decimal("139.01"))
    before = order.status
    exchange.set_prices(PERP, last=Decimal("138"))

    assert (before, order.status) == ("New", "Filled")
    assert order.executed_quote == 139


async def test_given_script_when_started_then_positions_quirks_and_faults():
    script = {
        "markets": {PERP: {"points": [{"at": "0s", "mark": "150.125"}]}},
        "balances": {"USDC": "5000"},
        "quirks": {"mark_drift": "adjusted", "batch_max": "3"},
        "positions": [{"api_key": "key", "symbol": PERP, "net_quantity": "-2.5"}],
        "faults": [{"at": "2s", "kind": "lost_reply", "count": "2"}],
    }
    async with running(script) as rig:
        (account,) = await rig.sim("accounts")
        before = await rig.sim("faults")
        last = (await rig.sim("prices"))["prices"][PERP]["last"]
        await rig.sim("path", advance_ms=2_000)
        after = await rig.sim("faults")
        quirks = await rig.sim("quirks")

    assert account["balances"] == {"USDC": "5000"}
    assert last == "150.12"
    assert account["positions"][0]["netQuantity"] == "-2.5"
    assert account["positions"][0]["markPrice"] == "150.125"
    assert before["faults"] == []
    assert (after["faults"][0]["kind"], after["faults"][0]["count"]) == (
        "lost_reply",
        2,
    )
    assert (quirks["mark_drift"], quirks["batch_max"]) == ("adjusted", 3)


async def test_given_timed_drop_when_reached_then_sockets_are_cut():
    script = {"faults": [{"at": "1s", "action": "drop", "stream": "markPrice"}]}
    async with running(script) as rig, rig.listen() as listener:
        await listener.subscribe(f"markPrice.{PERP}")

        await rig.sim("path", advance_ms=1_000)

        with pytest.raises(websockets.ConnectionClosed):
            await listener.next()


def test_given_yaml_with_unquoted_price_when_loaded_then_digits_survive(tmp_path: Path):
    file = tmp_path / "fall.yaml"
    file.write_text(
        "markets:\n  SOL_USDC_PERP:\n    points:\n"
        "      - {at: 0s, mark: 0.12345678901234567890}\n"
    )

    script = load_script(file)

    mark = script.markets[PERP].points[0].mark
    assert str(mark) == "0.12345678901234567890"


@pytest.mark.parametrize(
    "text",
    [
        "markets: [",
        "marketz: {}",
        "markets: {X: {points: [{at: soon}]}}",
        "faults: [{at: 1s, kind: earthquake}]",
        "faults: [{at: 1s, action: stroke}]",
    ],
)
def test_given_bad_script_when_loaded_then_error_names_file(tmp_path: Path, text: str):
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    with pytest.raises(ConfigurationError, match=r"bad\.yaml:"):
        load_script(file)


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ({"markets": {PERP: {"state": "Ajar"}}}, "Ajar"),
        ({"markets": {"SOL": {}}}, "BASE_QUOTE"),
        (
            {"positions": [{"api_key": "k", "symbol": "NO_PERP", "net_quantity": "1"}]},
            "NO_PERP",
        ),
    ],
)
def test_given_script_about_nothing_when_opened_then_error_names_it(
    script: dict[str, Any], named: str
):
    with pytest.raises(ConfigurationError, match=named):
        Exchange(Settings(), read_script(script))


def test_given_no_file_when_loaded_then_error_names_the_option(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="--script"):
        load_script(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("written", "ms"),
    [("500ms", 500), ("5s", 5_000), ("1.5s", 1_500), ("2m", 120_000), ("3", 3_000)],
)
def test_given_duration_when_read_then_milliseconds(written: str, ms: int):
    assert duration_ms(written) == ms


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        ("1m", START_S, START_S + 60),
        ("1d", 1_757_548_800, 1_757_635_200),
        ("1w", 1_757_289_600, 1_757_894_400),  # Monday to Monday
        ("1month", 1_756_684_800, 1_759_276_800),
    ],
)
def test_given_interval_when_placed_then_bar_is_aligned(
    interval: str, start: int, end: int
):
    assert span(interval, START_S + 30) == (start, end)


def test_given_trades_when_asked_for_longer_bars_then_put_together():
    market = default_markets()[PERP]
    candles = Candles(0, START_S, 0)
    for at_s, price in ((0, "140"), (61, "150"), (130, "130"), (400, "141")):
        candles.trade(PERP, Decimal(price), Decimal(1), (START_S + at_s) * 1_000_000)

    minutes = candles.bars(market, "Last", "1m", START_S, START_S + 400)
    (five, other) = candles.bars(market, "Last", "5m", START_S, START_S + 400)

    assert [bar.close and str(bar.close) for bar in minutes] == [
        *("140", "150", "130", None, None, None, "141")
    ]
    assert [str(p) for p in (five.open, five.high, five.low, five.close)] == [
        *("140", "150", "130", "130")
    ]
    assert (five.volume, five.trades, other.trades) == (3, 3, 1)


async def test_given_second_without_trades_when_flat_quirk_then_close_is_carried():
    async with running(quirks={"empty_kline": "flat"}) as rig:
        clock = rig.exchange.clock
        await rig.sim("prices", symbol=PERP, last="142")
        start_s = clock.now_us() // 1_000_000
        clock.set_skew(5_000)
        path = f"/api/v1/klines?symbol={PERP}&interval=1s&startTime={start_s}"

        bars = (await rig.http.get(path)).json()

    assert len(bars) >= 5
    assert {bar["close"] for bar in bars} == {"142"}
    assert bars[-1]["trades"] == "0"


async def test_given_past_when_klines_are_asked_then_recorded_shape():
    async with running(history_minutes=30) as rig:
        now_s = rig.exchange.clock.now_us() // 1_000_000
        path = f"/api/v1/klines?symbol={PERP}&interval=5m&startTime={now_s - 1_500}"
        last = (await rig.http.get(path)).json()
        marked = (await rig.http.get(f"{path}&priceType=Mark")).json()

    assert 4 <= len(last) <= 6
    assert set(last[0]) == {
        *("close", "end", "high", "low", "open", "quoteVolume", "start", "trades"),
        "volume",
    }
    assert last[0]["start"][10] == " "
    assert last[1]["start"] == last[0]["end"]
    assert isinstance(last[0]["trades"], str)
    assert len(marked) == len(last)
    assert marked[0]["volume"] == "0"
