"""Accounts whose positions are quotes on a chain: their keys, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from exitd.adapters.symmio import settings as adapter
from exitd.configuration import chain_accounts
from exitd.configuration.chain_tables import shipped_chains
from exitd.configuration.loaded import Loaded
from exitd.core.units import NS_PER_S

Messages = Callable[..., list[str]]
Loader = Callable[..., Loaded]

VIBE = "0x95605c64356572eb5C076Cb9c027c88b527A2059"
MINE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20
ROOT = Path(__file__).parents[2]


def daemon(*lines: str, rasa: str = "", mode: str = "live") -> str:
    served = (
        rasa or "account: sym, domains: [a.example.org], login_urls: [https://e.org]"
    )
    return "\n".join(
        [
            "version: 1",
            f"mode: {mode}",
            "venues:",
            "  sym:",
            "    type: symmio",
            "    key: {env: SYMMIO_KEY}",
            *(f"    {line}" for line in (lines or ("chain: base",))),
            f"http: {{rasa: {{{served}}}}}",
            "",
        ]
    )


def table(text: str) -> str:
    """Give the shipped table with one more chain, as *text* says of it."""
    shipped = (ROOT / "config/venues/symmio.yaml").read_text()
    base = shipped[shipped.index("  base:") :].replace("  base:", "  local:", 1)
    for line in text.splitlines():
        word = line.partition(":")[0].strip()
        base = "\n".join(
            line if known.strip().startswith(f"{word}:") else known
            for known in base.splitlines()
        )
    return f"{shipped}\n{base}\n"


def test_given_the_least_when_loaded_then_the_table_says_the_rest(load_files: Loader):
    loaded = load_files(daemon=daemon())

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    account, base = loaded.settings.accounts["sym"], shipped_chains().chains["base"]
    assert account.url == "https://fapi.binance.com"
    assert [str(one) for one in account.secrets] == ["variable SYMMIO_KEY"]
    chain = account.chain
    assert chain is not None
    assert chain.chain_id == 8453
    assert chain.multi_accounts == tuple(base.multi_accounts.values())
    assert chain.sub_accounts == ()
    assert chain.nodes == tuple(base.nodes)
    assert chain.solver_url == "https://base-hedger82.rasa.capital"
    assert chain.request_window_ns == 180 * NS_PER_S
    assert chain.market_bound == Decimal(10)


def test_given_all_of_it_when_loaded_then_the_account_wins(load_files: Loader):
    loaded = load_files(
        daemon=daemon(
            "chain: base",
            f"multi_accounts: [vibe, '{OTHER}']",
            f"sub_accounts: [{{address: '{MINE}', multi_account: vibe}}]",
            "solver: rasa",
            "symbols:",
            "  XRPUSDT: {watch: XRPUSDC, price_decimals: 4, quantity_decimals: 1}",
            "  BTCUSDT: {watch: BTCUSDC}",
            "prices: {url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1'}",
            "nodes: [https://one.example.org, https://two.example.org]",
            "private_nodes: [{env: NODE}]",
            "confirmations: 3",
            "request_window: 60s",
            "lag_slack: 4s",
            "fee_most: 7",
            "market_bound: 2.5%",
        )
    )

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    account = loaded.settings.accounts["sym"]
    assert (account.url, account.ws_url) == ("http://127.0.0.1:1", "ws://127.0.0.1:1")
    assert [str(one) for one in account.secrets] == [
        "variable SYMMIO_KEY",
        "variable NODE",
    ]
    chain = account.chain
    assert chain is not None
    assert chain.multi_accounts == (VIBE, OTHER)
    assert chain.sub_accounts == ((MINE, VIBE),)
    assert chain.nodes == ("https://one.example.org", "https://two.example.org")
    assert chain.confirmations == 3
    assert (chain.request_window_ns, chain.lag_slack_ns) == (
        60 * NS_PER_S,
        4 * NS_PER_S,
    )
    assert (chain.fee_most, chain.market_bound) == (7, Decimal("2.5"))
    assert chain.symbols["XRPUSDT"].price_decimals == 4
    assert chain.symbols["BTCUSDT"].watch == "BTCUSDC"


WRONG = [
    (("chain: basis",), "7:12: error: venues/symmio.yaml has no chain 'basis' (did"),
    (
        ("chain: base", "chains: base"),
        "8:5: error: unknown key 'chains' (did you mean 'chain'?)",
    ),
    (("nodes: [https://a.org, https://b.org]",), "4:3: error: 'chain' is missing"),
    (
        ("chain: base", "multi_accounts: [vibes]"),
        "8:22: error: the chain base has no MultiAccount of this name in "
        "venues/symmio.yaml (did you mean 'vibe'?)",
    ),
    (
        ("chain: base", "multi_accounts: ['0x12']"),
        "8:22: error: write an address in quotes: 0x and 40 hexadecimal digits",
    ),
    (
        ("chain: base", f"sub_accounts: [{{address: '{MINE}', multi_account: vibes}}]"),
        ": error: the chain base has no MultiAccount of this name",
    ),
    (
        ("chain: base", "sub_accounts: [{address: me, multi_account: vibe}]"),
        "8:30: error: write an address in quotes",
    ),
    (
        ("chain: base", f"sub_accounts: [{{address: '{MINE}'}}]"),
        "error: 'multi_account' is missing",
    ),
    (
        (
            "chain: base",
            "multi_accounts: [vibe]",
            f"sub_accounts: [{{address: '{MINE}', multi_account: based}}]",
        ),
        "error: this MultiAccount is not among 'multi_accounts'; add it there, or",
    ),
    (
        (
            "chain: base",
            "sub_accounts:",
            f"  - {{address: '{MINE}', multi_account: vibe}}",
            f"  - {{address: '{MINE.upper().replace('X', 'x')}', multi_account: vibe}}",
        ),
        "10:19: error: this sub-account is there twice; remove one",
    ),
    (
        ("chain: base", "solver: raza"),
        "8:13: error: the chain base has no solver 'raza' in venues/symmio.yaml (did "
        "you mean 'rasa'?)",
    ),
    (
        ("chain: base", "symbols: {XRPUSDT: {price_decimals: 4}}"),
        "error: 'price_decimals' and 'quantity_decimals' go together; write both or",
    ),
    (
        ("chain: base", "symbols: {XRPUSDT: {price_decimals: 40}}"),
        "8:41: error: write at most 18",
    ),
    (
        ("chain: base", "symbols: {XRPUSDT: {min_quantity: 5}}"),
        "error: 'min_quantity' and 'max_quantity' need the decimals beside them",
    ),
    (
        ("chain: base", "symbols: {XRPUSDT: {wotch: XRPUSDC}}"),
        "8:25: error: unknown key 'wotch' (did you mean 'watch'?)",
    ),
    (
        ("chain: base", "prices: {url: 'https://fapi.example.org'}"),
        "8:13: error: 'url' and 'ws_url' go together, or prices would be of different",
    ),
    (
        ("chain: base", "nodes: ['http://node.example.org']"),
        "8:13: error: only this machine is spoken to unencrypted; use https://",
    ),
    (
        ("chain: base", "private_nodes: [https://node.example.org]"),
        "8:21: error: a secret is never written here; use {credential: name}",
    ),
    (
        ("chain: base", "request_window: 20m"),
        "8:21: error: a close request of 1200s is not taken; write 30s to 600s",
    ),
    (
        ("chain: base", "secret: {env: S}"),
        "8:5: error: unknown key 'secret'",
    ),
    (
        ("chain: base", "market_bound: 10"),
        "8:19: error: write a percentage with its sign, such as 10%",
    ),
    (("chain: base", "fee_most: -1"), "8:15: error: write at least 0"),
]


@pytest.mark.parametrize(("lines", "part"), WRONG)
def test_given_a_wrong_value_when_loaded_then_said_where_and_what_to_do(
    lines: tuple[str, ...], part: str, messages: Messages
):
    found = messages(daemon=daemon(*lines))

    assert len([m for m in found if ": error: " in m]) == 1, found
    assert part in "\n".join(found)


def test_given_a_key_that_is_written_when_loaded_then_it_is_not_shown(
    load_files: Loader,
):
    text = daemon().replace("{env: SYMMIO_KEY}", "'0x" + "c1" * 32 + "'")

    loaded = load_files(daemon=text)

    assert "a secret is never written here" in str(loaded.findings[0])
    assert "c1c1" not in "".join(f"{f}{f.excerpt}" for f in loaded.findings)


def test_given_an_address_of_a_node_with_a_key_when_wrong_then_it_is_not_shown(
    load_files: Loader,
):
    secret = "qQ7aWz0pLm3xVb8n"
    node = f"nodes: ['https://node.example.org/v2/{secret}?a=b']"

    loaded = load_files(daemon=daemon("chain: base", node))

    assert "no '?' and no '#'" in str(loaded.findings[0])
    assert secret not in "".join(f"{f}{f.excerpt}" for f in loaded.findings)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "type: symio",
            "5:11: error: 'symio' is not one of symmio, alpaca, interactive_brokers, ",
        ),
        ("typ: symmio", "4:3: error: 'type' is missing"),
    ],
)
def test_given_no_type_or_a_wrong_one_when_loaded_then_all_are_named(
    written: str, message: str, messages: Messages
):
    found = messages(daemon=daemon().replace("type: symmio", written))

    assert any(m.startswith(message) for m in found), found


def test_given_paper_mode_when_loaded_then_refused(messages: Messages):
    (found,) = messages(daemon=daemon(mode="paper"))

    assert found.startswith("5:11: error: quotes on a chain have no paper mode")


def test_given_one_node_when_loaded_then_warned(messages: Messages):
    (found,) = messages(daemon=daemon("chain: base", "nodes: [https://a.example.org]"))

    assert found.startswith("8:12: warning: with one node alone nobody notices")


def test_given_a_table_of_ones_own_when_loaded_then_its_chain_is_taken(
    load_files: Loader,
):
    own = table("    chain_id: 4242\n        url: http://127.0.0.1:5")

    loaded = load_files({"venues/symmio.yaml": own}, daemon=daemon("chain: local"))

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    chain = loaded.settings.accounts["sym"].chain
    assert chain is not None
    assert (chain.chain_id, chain.solver_url) == (4242, "http://127.0.0.1:5")


def test_given_a_table_without_listings_when_loaded_then_decimals_are_asked_for(
    messages: Messages,
):
    own = table("").replace("        url: https://base-hedger82.rasa.capital\n", "")
    known = "symbols: {XRPUSDT: {price_decimals: 4, quantity_decimals: 1}}"

    without = messages({"venues/symmio.yaml": own}, daemon=daemon())
    having = messages({"venues/symmio.yaml": own}, daemon=daemon("chain: base", known))

    assert without == [
        "4:3: error: nobody says how many decimals prices and quantities have: the "
        "solver has no 'url' in venues/symmio.yaml; write them under 'symbols'"
    ]
    assert having == []


@pytest.mark.parametrize(
    ("rasa", "message"),
    [
        (
            "account: sym, login_urls: [https://e.org]",
            "8:8: warning: nobody can log in: write domains, the front-ends' own",
        ),
        (
            "account: sym, domains: [a.org], login_urls: [https://e.org], symbols: "
            "{A: 4}",
            "error: 'symbols' has no effect: the positions of sym are quotes of a c",
        ),
        (
            "account: sym, domains: [a.org], login_urls: [https://e.org], "
            f"multi_accounts: ['{OTHER}']",
            "error: this is none of the 'multi_accounts' of sym; add it there, or",
        ),
    ],
)
def test_given_a_door_that_does_not_fit_when_loaded_then_said(
    rasa: str, message: str, messages: Messages
):
    found = messages(daemon=daemon(rasa=rasa))

    assert [m for m in found if message in m], found


def test_given_no_door_when_loaded_then_warned(messages: Messages):
    text = daemon().partition("http:")[0]

    (found,) = messages(daemon=text)

    assert found.startswith("4:3: warning: no order can reach sym: front-ends come in")


def test_given_a_position_of_a_file_when_it_is_there_then_refused(messages: Messages):
    position = (
        "positions:\n  xrp:\n    venue: sym\n    symbol: XRPUSDT\n    side: long\n"
        "    exits: {sl: {stop_loss: 1}}\n"
    )

    found = messages(position, daemon=daemon())

    assert [m for m in found if ": error: " in m] == [
        "3:12: error: the positions of sym are quotes on a chain, and their exits come "
        "from front-ends by http.rasa; remove this position"
    ]


def test_given_an_exit_that_watches_it_when_loaded_then_as_binance(messages: Messages):
    text = daemon().replace(
        "venues:\n", "venues:\n  b: {type: backpack, key: {env: A}, secret: {env: B}}\n"
    )
    position = (
        "positions:\n  sol:\n    venue: b\n    symbol: S\n    side: long\n    exits:\n"
        "      sl: {stop_loss: 1}\n"
        "      x: {below: 1, do: close, watch: sym/XRPUSDT, price: last_close, "
        "candle: 1s}\n"
    )

    found = messages(position, daemon=text)

    assert [m for m in found if "binance streams no 1s candles" in m], found


def test_given_the_limits_of_the_adapter_then_those_of_files_are_the_same():
    assert (chain_accounts.WINDOW_NS_MIN, chain_accounts.WINDOW_NS_MAX) == (
        adapter.WINDOW_NS_MIN,
        adapter.WINDOW_NS_MAX,
    )
