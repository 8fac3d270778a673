"""Loading: every error of every file at once, and all or nothing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from exitd.configuration.findings import render
from exitd.configuration.loaded import Loaded

Messages = Callable[..., list[str]]
Loader = Callable[..., Loaded]

POSITION = "{venue: backpack, symbol: S, side: long, exits: {sl: {stop_loss: 1}}}"


def test_given_a_bad_file_when_rendered_then_as_compilers_do(
    load_files: Loader, tmp_path: Path
) -> None:
    text = """\
# a comment

defaults: {prices: mark}
positions:
  sol:
    venue: backpak
    symbol: S
    side: long
    exits: {sl: {stop_loss: 1}}
  eth:
    venue: backpack
    side: lnog
    exits:
      tp: {take_profit: 150, close: 50%}
      sl: {stop_loss: 1, slippage_limit: 2.5}
      tp: {take_profit: 160}
"""

    shown = render(load_files({"conf.d/bad.yaml": text}).findings)

    assert shown.replace(f"{tmp_path}/conf.d/", "") == (
        """\
bad.yaml:3:12: error: unknown key 'prices' (did you mean 'price'?)
    3 | defaults: {prices: mark}
      |            ^^^^^^
bad.yaml:6:12: error: venue 'backpak' is not set up under venues: """
        """(did you mean 'backpack'?)
    6 |     venue: backpak
      |            ^^^^^^^
bad.yaml:10:3: error: 'symbol' is missing
   10 |   eth:
      |   ^^^
bad.yaml:12:11: error: 'lnog' is not one of long, short (did you mean 'long'?)
   12 |     side: lnog
      |           ^^^^
bad.yaml:15:42: error: write a percentage with its sign, such as 2.5%
   15 |       sl: {stop_loss: 1, slippage_limit: 2.5}
      |                                          ^^^
bad.yaml:16:7: error: key 'tp' is given twice (first on line 14)
   16 |       tp: {take_profit: 160}
      |       ^^"""
    )


def test_b038_given_an_unknown_key_or_duplicate_id_when_loaded_then_nothing_is_used(
    load_files: Loader,
) -> None:
    good = f"positions: {{a: {POSITION}}}\n"

    unknown = load_files({"conf.d/a.yaml": good, "conf.d/b.yaml": "positons: {}\n"})
    twice = load_files({"conf.d/b.yaml": f"positions: {{a: {POSITION}}}\n"})

    for loaded in (unknown, twice):
        assert loaded.has_errors
        assert loaded.settings is None
        assert loaded.positions == ()
    assert "did you mean 'positions'" in render(unknown.findings)
    assert "a.yaml:1 already; keep it in one file" in render(twice.findings)


def test_given_two_good_files_when_loaded_then_all_is_there(load_files: Loader) -> None:
    other = POSITION.replace("symbol: S", "symbol: T")

    loaded = load_files(
        {
            "conf.d/b.yaml": f"positions:\n  b: {other}\n",
            "conf.d/a.yaml": f"positions:\n  a: {POSITION}\n",
        }
    )

    assert loaded.findings == ()
    assert [(p.name, p.file, p.line) for p in loaded.positions] == [
        ("a", "conf.d/a.yaml", 2),
        ("b", "conf.d/b.yaml", 2),
    ]
    assert loaded.settings is not None
    account = loaded.settings.accounts["backpack"]
    assert account.url == "https://api.backpack.exchange"
    assert account.request_window_ns == 5_000_000_000
    assert not loaded.settings.is_live


def test_given_defaults_at_each_level_when_loaded_then_the_nearest_wins(
    load_files: Loader,
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues: {backpack: {type: backpack}}\n"
        "defaults: {price: index, order: limit, slippage_limit: 1%}\n"
    )
    text = """\
defaults: {price: last, close: 40%}
positions:
  sol:
    venue: backpack
    symbol: S
    side: long
    close: 30%
    exits:
      a: {stop_loss: 1}
      b: {stop_loss: 1, price: mark, close: rest, slippage_limit: 2%}
"""

    loaded = load_files(text, daemon=daemon)

    first, second = (exit_.wording for exit_ in loaded.positions[0].exits)
    assert (first.price, first.order) == ("last", "limit")
    assert (str(first.close.value), str(first.slippage_limit)) == ("30", "1")
    assert (second.price, str(second.slippage_limit)) == ("mark", "2")
    assert second.close.is_whole


@pytest.mark.parametrize(
    ("daemon", "part"),
    [
        ("", "the file is empty"),
        ("- a", "a file holds keys"),
        ("version: 1\nvenues: {b: {type: backpack}}", "'mode' is missing"),
        ("version: 2\nmode: paper\nvenues: {b: {type: backpack}}", "reads version 1"),
        ("version: 1\nmode: papr\nvenues: {b: {type: backpack}}", "mean 'paper'"),
        ("version: 1\nmode: paper\nvenues: {}", "no account is set up"),
        ("version: 1\nmode: paper\nvenues:", "'venues' has no value"),
        ("version: 1\nmode: paper\nvenues: {b: {}}", "'type' is missing"),
        ("version: 1\nmode: paper\nvenues: {b c: {type: backpack}}", "is not a name"),
        ("version: 1\nmode: live\nvenues: {b: {type: backpack}}", "live mode needs"),
    ],
)
def test_given_a_wrong_daemon_file_when_loaded_then_said(
    daemon: str, part: str, messages: Messages
) -> None:
    assert any(part in message for message in messages(daemon=daemon))


@pytest.mark.parametrize(
    ("account", "part"),
    [
        ("type: backpak", "(did you mean 'backpack'?)"),
        ("type: backpack, key: {env: K}", "'key' and 'secret' go together"),
        ("type: backpack, url: https://a.org", "'url' and 'ws_url' go together"),
        ("type: backpack, url: http://a.org, ws_url: wss://a.org", "use https://"),
        ("type: backpack, url: a.org, ws_url: wss://a.org", "write a URL such as"),
        (
            "type: backpack, url: 'http://[a', ws_url: wss://a.org",
            "write a URL such as",
        ),
        ("type: backpack, url: 'https://a:b', ws_url: wss://a.org", "write a URL such"),
        ("type: backpack, url: 5, ws_url: wss://a.org", "write a URL such as"),
        ("type: backpack, url: ftp://a, ws_url: wss://a.org", "write a URL such as"),
        ("type: backpack, request_window: 61s", "a window of at most 60s"),
        ("type: backpack, request_window: 5", "with its unit, such as 5s"),
        ("type: backpack, requests_per_minute: 0", "write at least 1"),
        ("type: backpack, requests_per_minute: yes", "write a whole number"),
        ("type: backpack, sekret: {env: A}", "did you mean 'secret'"),
    ],
)
def test_given_a_wrong_account_when_loaded_then_said(
    account: str, part: str, messages: Messages
) -> None:
    daemon = f"version: 1\nmode: paper\nvenues:\n  b: {{{account}}}\n"

    assert any(part in message for message in messages(daemon=daemon))


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ("http: {bind: 8787}", "such as 127.0.0.1:8787"),
        ("http: {bind: '0.0.0.0:8787'}", "can be reached from other machines"),
        ("http: {webhook_bind: '127.0.0.1:8788'}", "unknown key 'webhook_bind'"),
        ("http: {bind: '127.0.0.1:99999'}", "a host and a port"),
        ("http: {socket: exitd.sock}", "write the whole path"),
        ("http: {allowed_hosts: ['https://a']}", "a host name without scheme"),
        ("http: {allowed_hosts: a}", "a list belongs here"),
        ("notify: {events: {hit: true}}", "'true' is not one of on, silent, off"),
        ("notify: {events: {hits: on}}", "did you mean 'hit'"),
        ("log: {level: warn}", "did you mean 'warning'"),
        ("log: quiet", "keys belong here"),
        ("policies: {missed: wait}", "'wait' is not one of alert, fire"),
        ("policies: {crossed_at_arm_by_webhook: ask}", "not one of fire, wait, refuse"),
        ("policies: {bound_not_met: retire}", "'retire' is not keep_firing"),
        ("policies: {guard: 0%}", "above 0% and under 100%"),
        ("policies: {guard_hold: 999ms}", "a price is held back for 1s to 60s"),
        ("policies: {guard_hold: 61s}", "a price is held back for 1s to 60s"),
        ("policies: {fee: 0.05}", "write a percentage with its sign, such as 0.05%"),
        ("policies: {entry_change: keeps}", "(did you mean 'keep'?)"),
        ("policies: {wider_factor: 0}", "write a number from 1 to 100"),
        ("policies: {stop_budget: }", "'stop_budget' has no value"),
        ("state: {directory: state}", "write the whole path"),
        ("positions: {}", "positions belong in a file of their own under conf.d/"),
    ],
)
def test_given_a_wrong_section_when_loaded_then_said(
    section: str, part: str, messages: Messages
) -> None:
    daemon = f"version: 1\nmode: paper\nvenues: {{b: {{type: backpack}}}}\n{section}\n"

    (message,) = messages(daemon=daemon)

    assert part in message


def test_given_yaml_words_when_loaded_then_on_and_off_are_words(
    load_files: Loader,
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: paper\nvenues: {b: {type: backpack}}\n"
        "notify: {events: {hit: off, feed: on}}\nhttp: {bind: off}\nlog:\nstate:\n"
    )

    assert loaded.settings is not None
    events = loaded.settings.file.notify.events
    assert (events.hit, events.feed, loaded.settings.file.http.bind) == (
        "off",
        "on",
        "off",
    )


def test_given_daemon_keys_in_a_positions_file_when_loaded_then_said(
    messages: Messages,
) -> None:
    (message,) = messages("mode: live\npositions: {}\n")

    assert message.endswith("'mode' belongs in exitd.yaml, not in a file of positions")


def test_given_other_names_for_keys_when_loaded_then_ours_is_hinted(
    messages: Messages,
) -> None:
    found = messages(
        "positions:\n  a:\n    venue: backpack\n    market: S\n    side: long\n"
        "    exits: {x: {sl: 5}, y: {take_profit: 6, qty: 1}}\n"
    )

    assert [m.partition("unknown key ")[2] for m in found if "unknown" in m] == [
        "'market' (did you mean 'symbol'?)",
        "'sl' (did you mean 'stop_loss'?)",
        "'qty' (did you mean 'close'?)",
    ]


def test_given_policies_when_asked_then_the_core_gets_its_numbers(
    load_files: Loader,
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: paper\nvenues: {b: {type: backpack}}\n"
        "policies: {stop_budget: 2m, no_position_by_api: wait, min_distance: 0.1%,\n"
        "  remainder_below_minimum: leave, active_triggers: 5}\n"
    )

    assert loaded.settings is not None
    core = loaded.settings.file.policies.for_core()
    assert core.stop_budget_ns == 120_000_000_000
    assert not core.no_position_refuse
    assert str(core.min_distance_percent) == "0.1"
    assert not core.remainder_close_all
    assert core.max_active == 5


def test_b128_given_a_guard_when_loaded_then_the_core_gets_it(
    load_files: Loader,
) -> None:
    daemon = "version: 1\nmode: paper\nvenues: {b: {type: backpack}}\n"

    usual = load_files(daemon=daemon)
    guarded = load_files(
        daemon=f"{daemon}policies: {{guard: 20%, guard_hold: 5s, fee: 0.1%}}\n"
    )

    cores = [
        loaded.settings.file.policies.for_core()
        for loaded in (usual, guarded)
        if loaded.settings is not None
    ]
    assert [(c.guard_percent, c.guard_hold_ns) for c in cores] == [
        (None, 2_000_000_000),
        (Decimal(20), 5_000_000_000),
    ]
    assert [str(c.fee_percent) for c in cores] == ["0.05", "0.1"]


def test_given_addresses_when_loaded_then_this_machine_is_known(
    load_files: Loader,
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: paper\nvenues:\n  b: {type: backpack,\n"
        "    url: 'http://localhost:8080/', ws_url: 'ws://[::1]:8080'}\n"
        "http: {bind: '[::1]:0',\n"
        "  allowed_hosts: [Exitd.Example.org]}\n"
    )

    assert loaded.findings == ()
    assert loaded.settings is not None
    assert loaded.settings.accounts["b"].url == "http://localhost:8080"
    assert loaded.settings.file.http.allowed_hosts == ["exitd.example.org"]


def test_given_a_name_for_all_machines_when_bound_then_warned(
    messages: Messages,
) -> None:
    (message,) = messages(
        daemon="version: 1\nmode: paper\nvenues: {b: {type: backpack}}\n"
        "http: {bind: 'exitd.example.org:8788'}\n"
    )

    assert ": warning: exitd.example.org:8788 can be reached from other" in message


def test_given_an_empty_file_of_positions_when_loaded_then_warned(
    messages: Messages,
) -> None:
    assert messages("# nothing yet\n") == ["1:1: warning: holds no positions"]
    assert messages("positions:\n  # nothing yet\n") == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("5", "a file holds keys"),
        ("positions: [a]", "keys belong here"),
        ("positions: {a: }", "'a' has no value"),
        ("positions: {a: 5}", "keys belong here"),
        ("positions: {a: {venue: b, symbol: 5, exits: {x: {}}}}", "is not a symbol"),
        ("defaults: {close: }", "'close' has no value"),
    ],
)
def test_given_a_wrong_file_of_positions_when_loaded_then_said(
    text: str, part: str, messages: Messages
) -> None:
    assert any(part in message for message in messages(text))
