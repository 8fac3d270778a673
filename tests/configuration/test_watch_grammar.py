"""Watching another market, and venues that give prices only."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from exitd.configuration.loaded import Loaded
from exitd.core.condition import ConditionKind, FixedLevel
from exitd.core.market import PriceKind, PriceSource
from exitd.core.trigger import TriggerDefinition

Errors = Callable[..., list[str]]
Made = Callable[..., TriggerDefinition]
BOTH = (
    "version: 1\nmode: paper\nvenues:\n  backpack: {type: backpack}\n"
    "  binance: {type: binance}\n"
)
BTC = "watch: binance/BTCUSDT"


@pytest.mark.parametrize(
    ("exit_", "source"),
    [
        (f"{{below: 60000, do: close, {BTC}}}", ("BTCUSDT", PriceKind.MARK)),
        (
            f"{{below: 60000, do: close, {BTC}, price: last}}",
            ("BTCUSDT", PriceKind.LAST),
        ),
        (
            "{stop_loss: 131, watch: binance/SOLUSDT, price: index}",
            ("SOLUSDT", PriceKind.INDEX),
        ),
        (
            "{trailing: 2%, after: 150, watch: binance/SOLUSDT, price: bid_ask}",
            ("SOLUSDT", PriceKind.BID),
        ),
        (
            "{stop_loss: 131, watch: binance/SOLUSDT, price: last_close, candle: 5m, "
            "last_close: closed}",
            ("SOLUSDT", PriceKind.LAST_CLOSE, "5m", True),
        ),
    ],
)
def test_given_another_market_when_watched_then_it_is_the_source(
    exit_: str, source: tuple[str, PriceKind], made: Made
) -> None:
    trigger = made(exit_, daemon=BOTH)

    assert trigger.source == PriceSource("binance", *source)
    assert (trigger.account, trigger.symbol) == ("backpack", "SOL_USDC_PERP")


def test_given_a_market_of_the_same_account_when_watched_then_it_is_the_source(
    made: Made,
) -> None:
    trigger = made("{below: 60000, do: notify, watch: backpack/BTC_USDC_PERP}", side="")

    assert trigger.source == PriceSource("backpack", "BTC_USDC_PERP", PriceKind.MARK)
    assert trigger.condition == FixedLevel(ConditionKind.BELOW, Decimal(60000))


@pytest.mark.parametrize(
    ("exit_", "part"),
    [
        (
            "{below: 1, do: close, watch: binanec/BTCUSDT}",
            "venue 'binanec' is not set up under venues: (did you mean 'binance'?)",
        ),
        (
            "{below: 1, do: close, watch: backpack/SOL_USDC_PERP}",
            "'watch' has no effect: backpack/SOL_USDC_PERP is the position's own",
        ),
        (f"{{stop_loss: -3%, {BTC}}}", "-3% is relative to the entry in SOL_USDC_PERP"),
        (f"{{trailing: 2%, after: +5%, {BTC}}}", "this exit watches binance/BTCUSDT"),
        (
            f"{{stop_loss: 5, for: 5s, emergency: -9%, {BTC}}}",
            "-9% is relative to the entry in SOL_USDC_PERP",
        ),
        (
            f"{{trailing: 2%, tighten: {{at: +9%, to: 1%}}, {BTC}}}",
            "+9% is relative to the entry in SOL_USDC_PERP",
        ),
        (
            f"{{stop_loss: 5, before_liquidation: 1%, {BTC}}}",
            "the liquidation price is one of SOL_USDC_PERP",
        ),
        (
            f"{{stop_loss: 5, order: limit, slippage_limit: 1%, {BTC}}}",
            "and this one is a price of binance/BTCUSDT; use order: market",
        ),
        (
            f"{{take_profit: 5, close: 500 USDC, {BTC}}}",
            "500 USDC is counted at the watched price, which is one of binance/BTCUSDT",
        ),
        (
            f"{{stop_loss: 5, price: last_close, candle: 1s, {BTC}}}",
            "binance streams no 1s candles; use 1m, 3m",
        ),
    ],
)
def test_given_what_another_market_cannot_say_when_checked_then_refused(
    exit_: str, part: str, exit_errors: Errors
) -> None:
    (error,) = exit_errors(exit_, daemon=BOTH)

    assert part in error


def test_given_words_of_the_position_that_need_its_own_market_when_watching_then_said(
    exit_errors: Errors,
) -> None:
    (limit,) = exit_errors(f"{{stop_loss: 5, {BTC}}}", more="order: limit", daemon=BOTH)
    (amount,) = exit_errors(
        f"{{stop_loss: 5, {BTC}}}", more="close: 500 USDC", daemon=BOTH
    )

    assert "a limit close is priced from its level" in limit
    assert "500 USDC is counted at the watched price" in amount


@pytest.mark.parametrize("side", ["side: long", ""])
def test_given_a_position_at_a_venue_of_prices_when_checked_then_refused(
    side: str, messages: Errors
) -> None:
    (message,) = messages(
        "positions:\n  btc:\n    venue: binance\n    symbol: BTCUSDT\n"
        f"    {side}\n    exits: {{x: {{below: 5, do: notify}}}}\n",
        daemon=BOTH,
    )[-1:]

    assert message == (
        "3:12: error: binance gives prices only, and no position is held there; name "
        "the account that holds it, and write watch: binance/BTCUSDT in its exits"
    )


def test_given_a_venue_of_prices_when_loaded_then_it_needs_no_key(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: live\nvenues:\n  b: {type: backpack, "
        "key: {env: K}, secret: {env: S}}\n  binance: {type: binance}\n"
    )

    assert loaded.findings == ()
    assert loaded.settings is not None
    account = loaded.settings.accounts["binance"]
    assert account.prices_only
    assert not loaded.settings.accounts["b"].prices_only
    assert (account.url, account.ws_url) == (
        "https://fapi.binance.com",
        "wss://fstream.binance.com",
    )
    assert (account.key, account.secret) == (None, None)
    assert account.requests_per_minute == 2400
    assert (account.request_window_ns, account.lag_slack_ns) == (0, 0)


def test_given_an_address_of_a_venue_of_prices_when_loaded_then_it_is_used(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: paper\nvenues:\n  p: {type: binance, "
        "url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1', "
        "requests_per_minute: 100}\n"
    )

    assert loaded.settings is not None
    account = loaded.settings.accounts["p"]
    assert account.url == "http://127.0.0.1:1"
    assert account.requests_per_minute == 100


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("request_window: 5s", "request_window"),
        ("lag_slack: 5s", "lag_slack"),
        ("history_requests_per_minute: 5", "history_requests_per_minute"),
    ],
)
def test_given_words_of_an_account_when_it_gives_prices_only_then_refused(
    words: str, key: str, messages: Errors
) -> None:
    (message,) = messages(
        daemon=f"version: 1\nmode: paper\nvenues: {{b: {{type: binance, {words}}}}}\n"
    )

    assert f"'{key}' has no effect: binance gives prices only" in message


def test_given_a_key_for_prices_only_when_loaded_then_both_are_refused(
    messages: Errors,
) -> None:
    found = messages(
        daemon="version: 1\nmode: paper\nvenues: {b: {type: binance, "
        "key: {env: K}, secret: {env: S}}}\n"
    )

    assert ["has no effect: binance gives prices only" in m for m in found] == [
        True,
        True,
    ]
