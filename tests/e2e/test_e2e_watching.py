"""An exit that watches another venue: prices from there, the close goes here."""

import json

import pytest

from e2e.house import SYMBOL, House

pytestmark = pytest.mark.e2e

EXITS = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl:  {stop_loss: 100}
      btc: {below: 90000, do: close, watch: binance/BTCUSDT}
"""
BTC = "BTC_USDC_PERP"


@pytest.fixture
def watching(home: House) -> House:
    """A house whose exits also watch a venue of prices only."""
    ws_url = home.exchange.url.replace("http", "ws", 1)
    place = {"type": "binance", "url": home.exchange.url, "ws_url": ws_url}
    venue = f"venues:\n  binance: {json.dumps(place)}"
    home.config.write_text(home.config.read_text().replace("venues:", venue, 1))
    home.positions_file.write_text(EXITS)
    return home


def bitcoin(home: House, price: str) -> None:
    document = {"symbol": BTC, "mark": price, "index": price, "last": price}
    home.exchange.post("/sim/prices", document)


def test_given_a_watched_market_when_it_falls_then_the_position_is_closed(
    watching: House,
):
    watching.open_position()
    daemon = watching.start()
    daemon.log.wait("trigger.armed", trigger_id="sol-core/btc")
    daemon.log.wait("feed.connected", venue="binance", channel="prices")

    bitcoin(watching, "89999.9")
    done = daemon.log.wait("trigger.done", trigger_id="sol-core/btc")

    assert done["reason"] == "filled"
    (order,) = [row for row in watching.ledger() if row["fills"]]
    assert (order["symbol"], order["side"]) == (SYMBOL, "Ask")
    assert watching.held() == "0"
    assert daemon.stop() == 0


def test_given_a_spread_of_two_venues_when_it_narrows_then_the_position_is_closed(
    watching: House,
):
    exits = EXITS.replace("90000", "50000").replace(
        "binance/BTCUSDT", f"binance/BTCUSDT - backpack/{SYMBOL}"
    )
    watching.positions_file.write_text(exits)
    watching.open_position()
    daemon = watching.start()
    daemon.log.wait("trigger.armed", trigger_id="sol-core/btc")
    daemon.log.wait("feed.connected", venue="binance", channel="prices")

    bitcoin(watching, "50141")
    hit = daemon.log.wait("trigger.hit", trigger_id="sol-core/btc")
    daemon.log.wait("trigger.done", trigger_id="sol-core/btc", reason="filled")

    assert hit["source"] == f"binance/BTCUSDT/mark - backpack/{SYMBOL}/mark"
    assert float(hit["observed"]) <= 50000
    assert watching.held() == "0"
    assert daemon.stop() == 0


def test_b124_b144_given_its_prices_stop_when_asked_then_silent_and_not_ready(
    watching: House,
):
    watching.open_position()
    daemon = watching.start()
    daemon.log.wait("trigger.armed", trigger_id="sol-core/btc")
    fresh = json.loads(watching.command("status", "--json").stdout)

    watching.exchange.post("/sim/faults", {"kind": "silence", "stream": "btcusdt@"})
    daemon.log.wait("feed.stale", venue="binance", symbol="BTCUSDT")
    status = watching.command("status", "--json")
    stale = json.loads(status.stdout)
    watching.exchange.clear_faults()
    daemon.log.wait("feed.recovered", venue="binance", symbol="BTCUSDT")

    feeds = {feed["source"]: feed for feed in stale["feeds"]}
    # Its REST stands in for the stream.
    assert feeds["binance/BTCUSDT/mark"]["is_asked"]
    assert not feeds["backpack/SOL_USDC_PERP/mark"]["is_asked"]
    assert [f["source"] for f in fresh["feeds"]] == list(feeds)
    assert not stale["is_ready"]
    assert any("binance/BTCUSDT/mark" in reason for reason in stale["reasons"])


def test_given_a_kill_when_restarted_then_the_watched_market_still_closes(
    watching: House,
):
    watching.open_position()
    first = watching.start()
    first.log.wait("trigger.armed", trigger_id="sol-core/btc")
    # What is shown has reached the disk.
    assert watching.command("status").returncode == 0
    first.kill()

    second = watching.start()
    bitcoin(watching, "89000")
    second.log.wait("trigger.done", trigger_id="sol-core/btc", reason="filled")

    assert watching.held() == "0"


def test_given_a_misspelt_watched_market_when_checked_online_then_said_with_the_place(
    watching: House,
):
    good = watching.command("check", str(watching.config), "--online")
    text = EXITS.replace("binance/BTCUSDT", "binance/BTCUSTD")
    watching.positions_file.write_text(text)
    bad = watching.command("check", str(watching.config), "--online")

    assert good.returncode == 0, good.stdout
    assert bad.returncode == 78
    assert "sol.yaml:8:" in bad.stdout
    assert "did you mean 'BTCUSDT'" in bad.stdout
