"""Accounts at brokers: what they need, where they lead, what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from exitd.app.files import read_keys
from exitd.app.venues import alpaca_venue, feed_of, live_venue, needs_keys
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError
from fakes.clocks import ManualClock

KEYS = {"K": "PKTEST", "S": "secret-of-the-tests"}


def loaded(folder: Path, *lines: str, mode: str = "live") -> Loaded:
    written = [
        "version: 1",
        f"mode: {mode}",
        "venues:",
        "  shares:",
        "    type: alpaca",
        "    key: {env: K}",
        "    secret: {env: S}",
        *(f"    {line}" for line in lines),
    ]
    (folder / "exitd.yaml").write_text("\n".join(written))
    return load(folder, {})


def account(folder: Path, *lines: str) -> AccountSettings:
    found = loaded(folder, *lines)
    assert found.settings is not None, [str(f) for f in found.findings]
    return found.settings.accounts["shares"]


@pytest.mark.parametrize(
    ("environment", "url", "ws_url"),
    [
        (
            "paper",
            "https://paper-api.alpaca.markets",
            "wss://paper-api.alpaca.markets/stream",
        ),
        ("live", "https://api.alpaca.markets", "wss://api.alpaca.markets/stream"),
    ],
)
def test_given_an_environment_when_loaded_then_its_addresses(
    tmp_path: Path, environment, url, ws_url
):
    found = account(tmp_path, f"environment: {environment}")

    assert (found.url, found.ws_url) == (url, ws_url)
    assert found.alpaca is not None
    assert found.alpaca.data_url == "https://data.alpaca.markets"
    assert found.alpaca.data_ws_url == "wss://stream.data.alpaca.markets"
    assert (found.alpaca.environment, found.alpaca.data_feed) == (environment, "iex")
    assert found.request_window_ns == found.lag_slack_ns == 10 * NS_PER_S
    assert not found.prices_only


def test_given_values_of_its_own_when_loaded_then_they_win(tmp_path: Path):
    found = account(
        tmp_path,
        "environment: live",
        "data_feed: sip",
        "url: http://127.0.0.1:1",
        "ws_url: ws://127.0.0.1:1/stream",
        "data_url: http://127.0.0.1:2",
        "data_ws_url: ws://127.0.0.1:2",
        "request_window: 5s",
        "lag_slack: 3s",
        "requests_per_minute: 900",
        "history_requests_per_minute: 90",
    )

    assert (found.url, found.ws_url) == (
        "http://127.0.0.1:1",
        "ws://127.0.0.1:1/stream",
    )
    assert found.alpaca is not None
    assert (found.alpaca.data_url, found.alpaca.data_ws_url) == (
        "http://127.0.0.1:2",
        "ws://127.0.0.1:2",
    )
    assert found.alpaca.data_feed == "sip"
    assert (found.request_window_ns, found.lag_slack_ns) == (5 * NS_PER_S, 3 * NS_PER_S)
    assert (found.requests_per_minute, found.history_requests_per_minute) == (900, 90)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "'environment' is missing"),
        (("environment: real",), "'real' is not one of paper, live"),
        (
            ("environment: paper", "url: http://127.0.0.1:1"),
            "'url' and 'ws_url' go together",
        ),
        (
            ("environment: paper", "data_ws_url: ws://127.0.0.1:1"),
            "'data_url' and 'data_ws_url' go together",
        ),
        (
            ("environment: paper", "request_window: 90s"),
            "alpaca takes a window of at most 60s",
        ),
        (("environment: paper", "data_feed: all"), "'all' is not one of iex, sip"),
    ],
)
def test_given_a_mistake_when_loaded_then_said_where_and_what(
    tmp_path: Path, lines, message
):
    found = [str(finding) for finding in loaded(tmp_path, *lines).findings]

    assert any(message in finding for finding in found), found


def test_given_a_price_that_alpaca_has_not_then_refused_with_those_it_has(
    tmp_path: Path,
):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "apple.yaml").write_text(
        "positions:\n"
        "  apple:\n"
        "    venue: shares\n"
        "    symbol: AAPL\n"
        "    side: long\n"
        "    exits: {sl: {stop_loss: 130}}\n"
    )

    found = [str(f) for f in loaded(tmp_path, "environment: paper").findings]

    assert any(
        "alpaca streams no mark price; use last, last_close, bid_ask" in finding
        for finding in found
    ), found


def test_given_a_table_of_ones_own_when_loaded_then_it_takes_the_place(tmp_path: Path):
    shipped = Path(__file__).parents[2] / "config" / "venues" / "alpaca.yaml"
    (tmp_path / "venues").mkdir()
    (tmp_path / "venues" / "alpaca.yaml").write_text(
        shipped.read_text().replace(
            "https://paper-api.alpaca.markets", "https://p.example.org"
        )
    )

    assert account(tmp_path, "environment: paper").url == "https://p.example.org"


async def test_given_an_account_when_built_then_its_venue_and_prices(tmp_path: Path):
    found = account(tmp_path, "environment: paper", "request_window: 7s")
    keys = read_keys([found], KEYS)["shares"]
    clock = ManualClock()

    venue = alpaca_venue(found, keys, clock)
    feed = feed_of(found, clock, NS_PER_S, keys)

    assert needs_keys(found)
    assert (venue.account, feed.name) == ("shares", "shares")
    assert not venue.capabilities.reduce_only
    assert venue.capabilities.lag_slack_ns == found.lag_slack_ns
    await venue.close()
    await feed.close()
    with pytest.raises(ConfigurationError, match="has no key and secret"):
        live_venue(found, None, clock)


def test_given_keys_that_are_not_there_then_said_which(tmp_path: Path):
    found = account(tmp_path, "environment: paper")

    with pytest.raises(ConfigurationError, match="K"):
        read_keys([found], {})
