"""Accounts at brokers in exitd.yaml, their tables, and what is wrong with others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.configuration.broker_tables import BROKERS, read_broker_table, shipped_broker
from exitd.configuration.unproven import UNPROVEN, why_not_live
from exitd.core.units import NS_PER_S

IB = """\
version: 1
mode: paper
venues:
  ib:
    type: interactive_brokers
    broker_account: U1234567
"""
SCHWAB = """\
version: 1
mode: paper
venues:
  schwab:
    type: schwab
    key: {env: KEY}
    secret: {env: SECRET}
    account_number: '12345678'
"""


@pytest.mark.parametrize("kind", BROKERS)
def test_given_a_shipped_table_then_it_is_whole_and_paper_says_why(kind):
    table = shipped_broker(kind)

    assert table.prices == ["mark", "last", "bid_ask"]
    assert not table.prices_only
    assert all(point in why_not_live(kind) for point in UNPROVEN[kind].values())


def test_given_a_venue_that_is_proven_then_nothing_keeps_it_from_live():
    assert why_not_live("backpack") == ""


def test_given_interactive_brokers_when_loaded_then_the_table_is_applied(load_files):
    daemon = IB + "    symbols:\n      AAPL: {}\n      TWIN: {conid: 12}\n"

    loaded = load_files(daemon=daemon)

    assert loaded.settings is not None
    account = loaded.settings.accounts["ib"]
    assert account.url == "https://localhost:5000/v1/api"
    assert account.interactive_brokers is not None
    assert account.interactive_brokers.poll_ns == 6 * NS_PER_S
    assert "o354" in account.interactive_brokers.confirmed
    assert "o163" not in account.interactive_brokers.confirmed
    stocks = account.interactive_brokers.symbols
    assert (stocks["AAPL"].conid, stocks["TWIN"].conid) == (None, 12)
    assert stocks["AAPL"].price_step == Decimal("0.01")


def test_given_an_own_table_when_loaded_then_it_decides_what_is_confirmed(load_files):
    own = (
        "url: https://localhost:5001/v1/api\nlag_slack: 1s\npoll: 9s\nquotes: 4s\n"
        "requests_per_minute: 10\nprices: [last]\nconfirmed: [o163]\n"
    )

    loaded = load_files({"venues/interactive_brokers.yaml": own}, daemon=IB)

    assert loaded.settings is not None
    account = loaded.settings.accounts["ib"]
    assert account.interactive_brokers is not None
    assert account.interactive_brokers.confirmed == ("o163",)
    assert account.interactive_brokers.poll_ns == 9 * NS_PER_S


def test_given_a_table_that_is_wrong_when_read_then_it_says_where():
    _, document = read_broker_table(b"url: nowhere\nconfirmed: [yes please]\n", "t")

    told = [str(finding) for finding in document.findings]
    assert any("t:1:6: error: write a URL" in line for line in told)
    assert any("'prices' is missing" in line for line in told)


def test_given_an_exit_on_a_price_that_is_not_given_then_it_names_those_that_are(
    messages,
):
    position = (
        "positions:\n  aapl:\n    venue: ib\n    symbol: AAPL\n    side: long\n"
        "    exits:\n      sl: {stop_loss: 131.25, price: index}\n"
    )

    (told,) = messages(position, daemon=IB + "    symbols: {AAPL: {}}\n")

    assert "interactive_brokers streams no index price; use mark, last, bid_ask" in told


def test_given_a_position_in_a_stock_that_is_not_listed_then_warned(messages):
    position = (
        "positions:\n  aapl:\n    venue: ib\n    symbol: AAPL\n    side: long\n"
        "    exits:\n      sl: {stop_loss: 131.25}\n"
    )

    (told,) = messages(position, daemon=IB + "    symbols: {AAPLE: {}}\n")

    assert told.startswith("4:13: warning: AAPL is none of the 'symbols' of ib")
    assert "did you mean 'AAPLE'" in told


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            "    url: https://gateway.example.org/v1/api\n",
            "warning: the gateway has no",
        ),
        ("    url: https://localhost:5000\n", "with /v1/api at its end"),
        ("    symbols: {AAPL: {conid: 0}}\n", "write at least 1"),
        ("    key: {env: KEY}\n", "key"),
    ],
)
def test_given_interactive_brokers_written_wrongly_then_one_clear_sentence(
    messages, lines, sentence
):
    (told,) = messages(daemon=IB + lines)

    assert sentence in told


def test_given_schwab_when_loaded_then_its_secrets_are_named(load_files):
    loaded = load_files(daemon=SCHWAB)

    assert loaded.settings is not None
    account = loaded.settings.accounts["schwab"]
    assert [str(s) for s in account.secrets] == ["variable KEY", "variable SECRET"]
    assert account.schwab is not None
    assert account.schwab.callback == "https://127.0.0.1"
    assert account.schwab.quotes_ns == 4 * NS_PER_S


def test_given_a_login_file_that_others_may_read_then_warned(messages, tmp_path):
    file = tmp_path / "login.json"
    file.write_text("{}")
    file.chmod(0o644)

    (told,) = messages(daemon=f"{SCHWAB}    login_file: {file}\n")

    assert "warning" in told
    assert "run chmod 600" in told


def test_given_an_account_number_that_is_none_then_it_is_not_shown(load_files):
    loaded = load_files(daemon=SCHWAB.replace("'12345678'", "'12345678-secret'"))

    (finding,) = loaded.findings
    assert "secret" not in f"{finding}{finding.excerpt}"
