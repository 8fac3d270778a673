"""Loading: every error of every file at once, and all or nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.sources import directory_digest

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
      sl: {trailing: 2.5}
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
bad.yaml:15:22: error: write a percentage with its sign, such as 2.5%
   15 |       sl: {trailing: 2.5}
      |                      ^^^
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
        ("http: {webhook_bind: '127.0.0.1:8787'}", "has this address already"),
        ("http: {bind: '127.0.0.1:99999'}", "a host and a port"),
        ("http: {socket: exitd.sock}", "write the whole path"),
        ("http: {allowed_hosts: ['https://a']}", "a host name without scheme"),
        ("http: {allowed_hosts: a}", "a list belongs here"),
        ("notify: {events: {hit: true}}", "'true' is not one of on, silent, off"),
        ("notify: {events: {hits: on}}", "did you mean 'hit'"),
        ("log: {level: warn}", "did you mean 'warning'"),
        ("log: quiet", "keys belong here"),
        ("policies: {missed: fire}", "'missed: fire' is not built yet; use alert"),
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


def test_given_no_configuration_when_loaded_then_one_sentence(tmp_path: Path) -> None:
    loaded = load(tmp_path, {})

    assert [str(f) for f in loaded.findings] == [
        f"{tmp_path}/exitd.yaml: error: there is no such file; `exitd init` writes one"
    ]


def test_given_files_that_are_not_read_when_loaded_then_said_or_left_alone(
    load_files: Loader, tmp_path: Path
) -> None:
    good = f"positions: {{a: {POSITION}}}\n"
    load_files(good)
    for name in (".#p.yaml", "p.yaml~", ".p.yaml.swp", "README"):
        (tmp_path / "conf.d" / name).write_text("nonsense: [")
    (tmp_path / "conf.d" / "q.yml").write_text("nonsense: [")

    loaded = load(tmp_path, {})

    assert [str(f).rpartition("/")[2] for f in loaded.findings] == [
        "q.yml: warning: not read: only files whose names end in .yaml are"
    ]
    assert len(loaded.positions) == 1


def test_given_what_is_no_file_when_loaded_then_refused_without_waiting(
    load_files: Loader, tmp_path: Path
) -> None:
    load_files(f"positions: {{a: {POSITION}}}\n")
    os.mkfifo(tmp_path / "conf.d" / "fifo.yaml")
    (tmp_path / "conf.d" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "conf.d" / "large.yaml").write_bytes(b"#" * 300_000)

    loaded = load(tmp_path, {})

    assert [str(f).rpartition("/")[2] for f in loaded.findings] == [
        "fifo.yaml: error: cannot be read: this is not a file",
        "gone.yaml: error: there is no such file; `exitd init` writes one",
        "large.yaml:1:1: error: the file has more than 256 KiB; split it up",
    ]


def test_given_one_file_when_loaded_then_it_is_checked_against_the_rest(
    load_files: Loader, tmp_path: Path
) -> None:
    bad = POSITION.replace("backpack", "backpak")
    load_files({"conf.d/a.yaml": f"positions: {{a: {bad}}}\n", "conf.d/b.yaml": "["})

    loaded = load(tmp_path / "conf.d" / "a.yaml", {})

    assert [f.message for f in loaded.findings] == [
        "venue 'backpak' is not set up under venues: (did you mean 'backpack'?)"
    ]


def test_given_a_venue_table_of_ones_own_when_loaded_then_it_is_used(
    load_files: Loader, tmp_path: Path
) -> None:
    table = """\
url: http://127.0.0.1:8080
ws_url: ws://127.0.0.1:8080
request_window: 1s
request_window_max: 2s
lag_slack: 100ms
requests_per_minute: 10
history_requests_per_minute: 5
prices: [mark]
candles: []
"""

    loaded = load_files(
        {
            "venues/backpack.yaml": table,
            "venues/other.yaml": table,
            "conf.d/p.yaml": f"defaults: {{price: last}}\n"
            f"positions: {{a: {POSITION}}}\n",
        }
    )

    assert [str(f).replace(f"{tmp_path}/", "") for f in loaded.findings] == [
        "conf.d/p.yaml:2:70: error: backpack streams no last price; use mark",
        "venues/other.yaml:1:1: warning: not used: exitd knows no venue type 'other'",
    ]
    broken = load_files({"venues/backpack.yaml": "url: x", "conf.d/p.yaml": ""})
    assert "'lag_slack' is missing" in render(broken.findings)


def test_given_files_when_digested_then_equal_until_one_changes(
    load_files: Loader, tmp_path: Path
) -> None:
    loaded = load_files(f"positions: {{a: {POSITION}}}\n")

    assert loaded.digest == directory_digest(tmp_path)
    (tmp_path / "conf.d" / "new.yaml").write_text("")
    assert loaded.digest != directory_digest(tmp_path)
    assert load(tmp_path, {}).digest == directory_digest(tmp_path)


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


def test_given_addresses_when_loaded_then_this_machine_is_known(
    load_files: Loader,
) -> None:
    loaded = load_files(
        daemon="version: 1\nmode: paper\nvenues:\n  b: {type: backpack,\n"
        "    url: 'http://localhost:8080/', ws_url: 'ws://[::1]:8080'}\n"
        "http: {bind: '[::1]:0', webhook_bind: 'localhost:8788',\n"
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
        "http: {webhook_bind: 'exitd.example.org:8788'}\n"
    )

    assert ": warning: exitd.example.org:8788 can be reached from other" in message


def test_given_odd_directories_when_loaded_then_findings(
    load_files: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_files()
    (tmp_path / "conf.d").write_text("a file, not a directory")
    no_directory = load(tmp_path, {})
    no_path = load(f"{tmp_path}/a\0b", {})

    (tmp_path / "conf.d").unlink()
    load_files({f"conf.d/{n}.yaml": f"positions: {{a{n}: {POSITION}}}" for n in "abc"})
    monkeypatch.setattr("exitd.configuration.sources.FILES_MAX", 2)
    too_many = load(tmp_path, {})

    assert "conf.d: error: cannot be read: Not a directory" in str(
        no_directory.findings[0]
    )
    assert "not the name of a file" in render(no_path.findings)
    assert "more than 2 files; put positions together" in render(too_many.findings)


def test_given_an_unreadable_file_when_digested_then_it_counts(
    load_files: Loader, tmp_path: Path
) -> None:
    load_files()
    before = directory_digest(tmp_path)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.yaml").mkdir()

    assert directory_digest(tmp_path) != before
    assert load(tmp_path, {}).digest == directory_digest(tmp_path)


def test_given_one_file_without_a_daemon_file_when_loaded_then_it_is_still_checked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "alone.yaml"
    path.write_text(f"positions: {{a: {POSITION}}}\n")

    loaded = load(path, {})

    assert loaded.findings == ()
    assert loaded.settings is None
    assert [p.file for p in loaded.positions] == ["alone.yaml"]


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
