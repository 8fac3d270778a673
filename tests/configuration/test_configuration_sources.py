"""Which files are read, which are left alone, and one digest of them all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.sources import directory_digest
from exitd.configuration.venue_tables import shipped_directory

Loader = Callable[..., Loaded]

POSITION = "{venue: backpack, symbol: S, side: long, exits: {sl: {stop_loss: 1}}}"


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
        "gone.yaml: error: there is no such file; check the path",
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
    assert "'prices' is missing" in render(broken.findings)


@pytest.mark.parametrize(
    ("kind", "before", "after", "part"),
    [
        ("backpack", "lag_slack: 10s", "", "'lag_slack' is needed without prices_only"),
        ("backpack", "url: h", "prices_only: true\nurl: h", "has no effect with"),
        ("binance", "prices_only: true", "lag_slack: 1s", "is needed without prices_o"),
        (
            "binance",
            "prices_only: true",
            "request_window: 1s\nrequest_window_max: 1s\nlag_slack: 1s\n"
            "history_requests_per_minute: 1",
            "binance gives prices only; write prices_only: true",
        ),
    ],
)
def test_given_a_table_that_mistakes_its_venue_when_loaded_then_refused(
    kind: str, before: str, after: str, part: str, load_files: Loader
) -> None:
    shipped = (shipped_directory() / "venues" / f"{kind}.yaml").read_text()

    loaded = load_files({f"venues/{kind}.yaml": shipped.replace(before, after, 1)})

    assert part in render(loaded.findings)


def test_given_files_when_digested_then_equal_until_one_changes(
    load_files: Loader, tmp_path: Path
) -> None:
    loaded = load_files(f"positions: {{a: {POSITION}}}\n")

    assert loaded.digest == directory_digest(tmp_path)
    (tmp_path / "conf.d" / "new.yaml").write_text("")
    assert loaded.digest != directory_digest(tmp_path)
    assert load(tmp_path, {}).digest == directory_digest(tmp_path)


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
