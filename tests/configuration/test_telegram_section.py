"""The section `telegram` of exitd.yaml: whose commands are taken."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded

ROOT = Path(__file__).parents[2]
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
DAEMON = """\
version: 1
mode: paper
venues:
  backpack: {{type: backpack}}
telegram: {{{section}}}
"""
GOOD = "bot_token: {env: T}, chats: [123456789, -1001234567890]"


def written(section: str) -> str:
    return DAEMON.format(section=section)


def test_given_a_section_when_loaded_then_it_is_there(
    load_files: Callable[..., Loaded],
) -> None:
    loaded = load_files(daemon=written(GOOD))

    assert loaded.findings == ()
    assert loaded.settings is not None
    section = loaded.settings.file.telegram
    assert section is not None
    assert section.chats == [123456789, -1001234567890]
    assert section.url == "https://api.telegram.org"
    assert section.daemon_token is None


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ("chats: [1]", "'bot_token' is missing"),
        ("bot_token: {env: T}", "'chats' is missing"),
        ("bot_token: {env: T}, chats: 1", "a list belongs here"),
        ("bot_token: {env: T}, chats: ['1']", "write a whole number"),
        ("bot_token: {env: T}, chats: ['@me']", "write a whole number"),
        ("bot_token: {env: T}, chats: [0, 1]", "0 is no chat"),
        ("bot_token: {env: T}, chats: []", "nobody would be answered"),
        ("bot_token: {env: T}, chats: [-100]", "nobody would be answered"),
        ("bot_token: {env: T}, chats: [1, 1]", "listed twice"),
        (f"bot_token: {{env: T}}, chats: {[*range(1, 52)]}", "at most 50 chats"),
        ("bot_token: {env: T}, chats: [99999999999999999]", "write at most"),
        (f"{GOOD}, url: http://example.org", "only this machine is spoken to"),
        (f"{GOOD}, chat: [1]", "unknown key 'chat' (did you mean 'chats'?)"),
    ],
)
def test_given_a_section_that_is_wrong_when_checked_then_said_in_one_sentence(
    section: str, part: str, messages: Callable[..., list[str]]
) -> None:
    (found,) = messages(daemon=written(section))

    assert part in found


@pytest.mark.parametrize(
    "section",
    [
        f"bot_token: '{TOKEN}', chats: [1]",
        f"bot_token: {{env: T}}, daemon_token: '{TOKEN}', chats: [1]",
        f"bot_token: {{env: T}}, chats: ['{TOKEN}']",
        f"bot_token: {{env: T}}, chats: [1], url: 'ftp://x/bot{TOKEN}'",
        f"bot_token: {{env: '{TOKEN}'}}, chats: [1]",
        f"bot_token: {{env: T}}, chats: [1], '{TOKEN}': x",
    ],
)
def test_given_a_token_in_the_file_when_refused_then_it_is_masked(
    section: str, load_files: Callable[..., Loaded]
) -> None:
    loaded = load_files(daemon=written(section))

    assert loaded.has_errors
    assert TOKEN not in render(loaded.findings)
    assert TOKEN.partition(":")[2] not in render(loaded.findings)


def test_given_a_token_file_that_others_read_when_checked_then_warned_of(
    tmp_path: Path, messages: Callable[..., list[str]]
) -> None:
    path = tmp_path / "bot"
    path.touch(mode=0o644)
    section = f"bot_token: {{file: {path}}}, chats: [1]"

    (found,) = messages(daemon=written(section))

    assert "has mode 0644; run chmod 600" in found


def test_given_no_http_when_a_token_is_named_then_warned_that_it_does_not_count(
    messages: Callable[..., list[str]],
) -> None:
    section = f"{GOOD}, daemon_token: {{env: D}}"

    (found,) = messages(daemon=written(section) + 'http: {bind: "off"}\n')

    assert "where no token counts; bind 127.0.0.1, or remove it" in found


def test_given_a_mistake_in_a_position_when_only_settings_count_then_not_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "exitd.yaml").write_text(written(GOOD))
    (tmp_path / "conf.d" / "sol.yaml").write_text("positions: {sol: {venue: mars}}")

    whole = load(tmp_path, {})
    alone = load(tmp_path, {}, with_positions=False)

    assert whole.settings is None
    assert alone.settings is not None
    assert alone.findings == ()


def test_given_the_example_when_its_lines_count_then_nothing_is_wrong(
    tmp_path: Path,
) -> None:
    text = (ROOT / "config" / "exitd.yaml").read_text()
    head, _, rest = text.partition("# telegram:\n")
    section, _, tail = rest.partition("\nlog:")
    lines = ["telegram:", *(line.removeprefix("# ") for line in section.splitlines())]
    (tmp_path / "exitd.yaml").write_text("\n".join([head, *lines, "", "log:"]) + tail)

    loaded = load(tmp_path, {})

    assert [str(finding) for finding in loaded.findings] == []
    assert loaded.settings is not None
    assert loaded.settings.file.telegram is not None


def test_given_the_page_when_its_section_is_loaded_then_nothing_is_wrong(
    load_files: Callable[..., Loaded],
) -> None:
    page = (ROOT / "docs" / "telegram.md").read_text()
    _, _, rest = page.partition("```yaml\n")
    section = textwrap.dedent(rest.partition("```")[0])
    head = DAEMON.partition("telegram:")[0].replace("{{", "{").replace("}}", "}")

    loaded = load_files(daemon=head + section)

    assert loaded.findings == ()
    assert loaded.settings is not None
    assert loaded.settings.file.telegram is not None
