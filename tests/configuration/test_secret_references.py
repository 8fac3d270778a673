"""Secrets are named, never written; read when they are needed, shown never."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from configuration.mutate import mutate
from exitd.configuration.findings import render
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.secrets import SecretReference, resolve
from exitd.errors import ConfigurationError

KEY = "vW3lG1mQv8bq0xP9dJ2sT4uY6zA7cE5fH1kL3nM8oR0="


def reference(**place: str) -> SecretReference:
    return SecretReference.model_validate(place)


def secret_file(directory: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = directory / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_given_a_credential_when_resolved_then_its_file_is_read(tmp_path: Path) -> None:
    secret_file(tmp_path, "backpack_key", f"{KEY}\n")

    found = resolve(
        reference(credential="backpack_key"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    )

    assert found.reveal() == KEY
    assert KEY not in f"{found} {found!r}"


def test_given_a_file_and_a_variable_when_resolved_then_read(tmp_path: Path) -> None:
    path = secret_file(tmp_path, "key", KEY)

    assert resolve(reference(file=str(path)), {}).reveal() == KEY
    assert resolve(reference(env="KEY"), {"KEY": f" {KEY} "}).reveal() == KEY


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ({"env": "MISSING"}, "variable MISSING is not set"),
        ({"env": "EMPTY"}, "variable EMPTY is empty"),
        ({"credential": "a"}, r"CREDENTIALS_DIRECTORY is not set"),
        ({"file": "/nowhere/at/all"}, "is not there"),
        ({"file": "/"}, "is not there"),
    ],
)
def test_given_nothing_there_when_resolved_then_the_place_is_named(
    place: dict[str, str], part: str
) -> None:
    with pytest.raises(ConfigurationError, match=part):
        resolve(reference(**place), {"EMPTY": "  "})


def test_given_a_file_that_is_no_secret_when_resolved_then_refused(
    tmp_path: Path,
) -> None:
    long = secret_file(tmp_path, "long", "x" * 70_000)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="too long"):
        resolve(reference(file=str(long)), {})
    with pytest.raises(ConfigurationError, match="not text"):
        resolve(reference(file=str(binary)), {})


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"credential": "a", "env": "B"},
        {"file": "relative/path"},
        {"credential": "../../etc/shadow"},
        {"env": "A B"},
        {"env": ""},
    ],
)
def test_given_no_single_place_when_read_then_refused(place: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        reference(**place)


SECRETS_IN_ODD_PLACES = [
    f"key: {KEY}",
    f'key: "{KEY}"',
    "secret: hunter2",
    "secert: hunter2",
    "key: {credential: hunter2 hunter2}",
    "key: {value: hunter2}",
    "key: [hunter2]",
    "hunter: {key: hunter2}",
    "key: {env: A, credential: 'hunter2!'}",
    "url: https://user:hunter2@example.org",
    "url: https://example.org/hunter2?a=b",
]


@pytest.mark.parametrize("line", SECRETS_IN_ODD_PLACES)
def test_given_an_inline_secret_when_refused_then_it_is_masked(
    line: str, load_files: Callable[..., Loaded]
) -> None:
    daemon = (
        "version: 1\nmode: live\nvenues:\n  backpack:\n    type: backpack\n"
        f"    {line}\n    nonsense: 1\n"
    )

    loaded = load_files(daemon=daemon)

    shown = render(loaded.findings)
    assert loaded.has_errors
    assert KEY not in shown
    assert "hunter2" not in shown.replace(line.split(":")[0], "")
    assert "*" in shown or "excerpt" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "notify: {targets: {phone: {url: 'ntfy://hunter2@ntfy.sh/x'}}}",
        "notify: {targets: {phone: 'ntfy://hunter2'}}",
        "heartbeat: {url: https://hc-ping.com/hunter2}",
        "heartbeat: hunter2",
        "venuse: {b: {secret: hunter2}}",
        "tokens: [hunter2]",
        "venues: {b: {type: backpack, key: hunter2, oops: 1}}",
        "secret: 'hunter2",
        "api_key: hunter2: x",
    ],
)
def test_given_a_secret_anywhere_when_refused_then_it_is_masked(
    text: str, load_files: Callable[..., Loaded]
) -> None:
    loaded = load_files(daemon=f"version: 1\nmode: live\n{text}\n")

    assert loaded.has_errors
    assert "hunter2" not in render(loaded.findings)


def test_given_inline_text_when_refused_then_the_remedy_is_named(
    load_files: Callable[..., Loaded],
) -> None:
    daemon = (
        "version: 1\nmode: paper\nvenues:\n"
        "  b: {type: backpack, key: abcdef, secret: {env: S}}\n"
    )

    lines = render(load_files(daemon=daemon).findings).splitlines()

    assert lines[0].endswith(
        "exitd.yaml:4:28: error: a secret is never written here; "
        "use {credential: name}, {file: /path} or {env: NAME}"
    )
    assert lines[1:] == [
        "    4 |   b: {type: backpack, key: ******, secret: {env: S}}",
        "      |                            ^^^^^^",
    ]


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o400, 0), (0o644, 1)])
def test_given_the_mode_of_a_secret_file_when_loaded_then_open_ones_are_warned_of(
    mode: int, warnings: int, tmp_path: Path, load_files: Callable[..., Loaded]
) -> None:
    path = secret_file(tmp_path, "key", KEY, mode)
    daemon = (
        "version: 1\nmode: live\nvenues:\n  b:\n    type: backpack\n"
        f"    key: {{file: {path}}}\n    secret: {{env: S}}\n"
    )

    findings = load_files(daemon=daemon).findings

    assert len(findings) == warnings
    assert all("has mode 0644; run chmod 600" in f.message for f in findings)


def test_given_a_secret_that_is_not_there_when_loaded_then_nothing_is_read(
    load_files: Callable[..., Loaded],
) -> None:
    daemon = (
        "version: 1\nmode: live\nvenues:\n  b:\n    type: backpack\n"
        "    key: {credential: k}\n    secret: {file: /nowhere}\n"
    )

    loaded = load_files(
        daemon=daemon, environment={"CREDENTIALS_DIRECTORY": "/nowhere"}
    )

    assert not loaded.findings
    assert loaded.settings is not None
    assert str(loaded.settings.accounts["b"].key) == "credential k"
    assert os.environ.get("CREDENTIALS_DIRECTORY") is None


HIDDEN = "hunter2hunter"
DAEMON = f"""\
version: 1
mode: live
venues:
  main:
    type: backpack
    key: {KEY}
    secret: "{KEY}"
  two: {{type: backpack, key: {HIDDEN}, secret: {{credential: {KEY}}}}}
notify:
  targets:
    phone: {{url: 'ntfy://user:{KEY}@ntfy.sh/x'}}
    tg: {{url: {{env: tgram://{HIDDEN}/123}}}}
heartbeat:
  url: https://hc-ping.com/{HIDDEN}
"""


@pytest.mark.parametrize("seed", range(20))
def test_given_mutated_files_with_secrets_when_refused_then_none_is_shown(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)

    for _ in range(25):
        (tmp_path / "exitd.yaml").write_text(mutate(DAEMON, dice))
        shown = render(load(tmp_path, {}).findings)

        for secret in (KEY[:20], KEY[-22:], HIDDEN):
            assert secret not in shown


def test_given_positions_in_the_wrong_file_when_refused_then_the_sentence_is_whole(
    load_files: Callable[..., Loaded],
) -> None:
    positions = "positions: {x: {venue: b, symbol: A_B, side: long, exits: {}}}\n"
    daemon = f"version: 1\nmode: paper\nvenues: {{b: {{type: backpack}}}}\n{positions}"

    shown = render(load_files(daemon=daemon).findings)

    assert "positions belong in a file of their own under conf.d/, not here" in shown
