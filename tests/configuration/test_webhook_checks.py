"""The section `webhook` of exitd.yaml, and what it says in several places."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from exitd.configuration.webhook import TRADINGVIEW, minutes_between, networks_of

Messages = Callable[..., list[str]]

TOP = """\
version: 1
mode: {mode}
venues:
  backpack: {{type: backpack, key: {{env: K}}, secret: {{env: S}}}}
  binance: {{type: binance}}
webhook: {webhook}
"""
ALPACA = """\
version: 1
mode: paper
venues:
  alpaca: {{type: alpaca, environment: paper, key: {{env: K}}, secret: {{env: S}}}}
  backpack: {{type: backpack}}
webhook:
  routes:
    tv: {{auth_key: {{env: A}}, mode: paper, venues: {venues}{more}}}
"""
PAGE = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text()
ROUTE = "auth_key: {env: A}, mode: paper, venues: [backpack]"


def _written(webhook: str, mode: str = "paper") -> str:
    return TOP.format(mode=mode, webhook=webhook)


def _route(text: str, mode: str = "paper") -> str:
    return _written(f"{{routes: {{tv: {{{text}}}}}}}", mode)


@pytest.mark.parametrize(
    ("route", "part"),
    [
        ("mode: paper, venues: [backpack]", "'auth_key' is missing"),
        ("auth_key: abc, mode: paper, venues: [backpack]", "a secret is never written"),
        ("auth_key: {env: A}, venues: [backpack]", "'mode' is missing"),
        ("auth_key: {env: A}, mode: paper, venues: [bakpack]", "mean 'backpack'"),
        ("auth_key: {env: A}, mode: paper, venues: [binance]", "gives prices only"),
        ("auth_key: {env: A}, mode: paper, venues: []", "names no account"),
        ("auth_key: {env: A}, mode: live, venues: [backpack]", "'tv' is live, and"),
        (f"{ROUTE}, account_ids: {{U1: other}}", "'other' is not among the venues"),
        (f"{ROUTE}, allow: []", "write [close] or [open, close]"),
        (f"{ROUTE}, allow: [buy]", "'buy' is not one of open, close"),
        (f"{ROUTE}, size: {{qty: 1, notional: 2}}", "write one of them"),
        (f"{ROUTE}, size: {{}}", "write one of them"),
        (f"{ROUTE}, hours: {{}}", "say when"),
        (f"{ROUTE}, hours: {{between: 9-17}}", "such as 13:30-20:00"),
        (f"{ROUTE}, hours: {{between: '24:00-25:00'}}", "such as 13:30-20:00"),
        (f"{ROUTE}, hours: {{between: '13:30-13:30'}}", "leave out 'between'"),
        (f"{ROUTE}, hours: {{calendar: XNY}}", "(did you mean 'XNYS'?)"),
        (f"{ROUTE}, symbols: ['']", "write a ticker"),
        (f"{ROUTE}, requests_per_minute: 0", "write at least 1"),
        (f"{ROUTE}, max_qty: 0", "a price is above zero"),
        (f"{ROUTE}, max_age: 60", "with its unit"),
    ],
)
def test_given_a_wrong_route_when_loaded_then_said_in_a_sentence(
    route: str, part: str, messages: Messages
) -> None:
    found = messages(daemon=_route(route))

    assert any(part in message for message in found), found


@pytest.mark.parametrize(
    ("venues", "more", "part"),
    [
        ("[alpaca]", ", price: mark", "'alpaca' streams no mark price; use last, "),
        ("[backpack, alpaca]", ", price: index", "'alpaca' streams no index price"),
        ("[backpack]", ", price: mark", ""),
        ("[alpaca, backpack]", "", ""),
    ],
)
def test_given_a_price_that_an_account_does_not_stream_then_the_route_is_refused(
    venues: str, more: str, part: str, messages: Messages
) -> None:
    found = messages(daemon=ALPACA.format(venues=venues, more=more))

    streams = [message for message in found if "streams no" in message]
    assert [part in message for message in streams] == ([True] if part else [])


@pytest.mark.parametrize(
    ("webhook", "part"),
    [
        ("{allow_ips: [here]}", "or tradingview"),
        ("{trusted_proxies: [tradingview]}", "belongs in allow_ips"),
        ("{trusted_proxies: [10.0.0.1/8]}", "an address or a network"),
        ("{public_url: 'http://alerts.example.org'}", "use https://"),
        ("{bind: '8788'}", "a host and a port"),
        (f"{{bind: '127.0.0.1:8787', routes: {{tv: {{{ROUTE}}}}}}}", "http.bind"),
        (f"{{bind: 'off', routes: {{tv: {{{ROUTE}}}}}}}", "warning: there are routes"),
        (
            f"{{bind: '0.0.0.0:8788', routes: {{tv: {{{ROUTE}}}}}}}",
            "warning: 0.0.0.0:8788 can be reached from other machines",
        ),
        (
            "{public_url: 'https://a.example.org:8443', "
            f"routes: {{tv: {{{ROUTE}}}}}}}",
            "warning: TradingView sends to the ports 80 and 443 only",
        ),
        (
            f"{{allow_ips: [tradingview], routes: {{tv: {{{ROUTE}}}}}}}",
            "write trusted_proxies: [127.0.0.1]",
        ),
    ],
)
def test_given_a_wrong_listener_when_loaded_then_said_in_a_sentence(
    webhook: str, part: str, messages: Messages
) -> None:
    found = messages(daemon=_written(webhook))

    assert any(part in message for message in found), found


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_given_a_paper_route_when_loaded_then_taken_in_any_daemon(
    mode: str, messages: Messages
) -> None:
    assert messages(daemon=_route(ROUTE, mode)) == []


def test_given_a_live_route_in_a_live_daemon_when_loaded_then_taken(
    messages: Messages,
) -> None:
    route = ROUTE.replace("paper", "live")

    assert messages(daemon=_route(route, "live")) == []


def test_given_a_trusted_proxy_when_only_tradingview_may_send_then_no_warning(
    messages: Messages,
) -> None:
    webhook = (
        "{trusted_proxies: [127.0.0.1], allow_ips: [tradingview], "
        f"routes: {{tv: {{{ROUTE}}}}}}}"
    )

    assert messages(daemon=_written(webhook)) == []


def test_given_a_key_that_others_may_read_when_loaded_then_warned(
    messages: Messages, tmp_path: object
) -> None:
    key = f"{tmp_path}/key"
    with open(key, "w", encoding="utf-8") as file:
        file.write("s3cret")

    found = messages(daemon=_route(ROUTE.replace("{env: A}", f"{{file: {key}}}")))

    assert len(found) == 1
    assert "run chmod 600 on it" in found[0]


def test_given_the_word_tradingview_when_read_then_its_four_addresses() -> None:
    assert [str(network) for network in networks_of("tradingview")] == [
        f"{address}/32" for address in TRADINGVIEW
    ]


def test_given_times_past_midnight_when_read_then_in_minutes() -> None:
    assert minutes_between("22:30-04:00") == (1350, 240)


def test_given_the_two_routes_of_the_page_when_loaded_then_in_order(
    messages: Messages,
) -> None:
    section, added = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    kept = section.replace("      venues: [broker]", "      #")
    accounts = "venues: {broker: {type: backpack}, other: {type: backpack}}"

    found = messages(daemon=f"version: 1\nmode: paper\n{accounts}\n{kept}{added}")

    assert found == []
