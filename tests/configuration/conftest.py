"""A configuration directory to write files into."""

from collections.abc import Callable
from pathlib import Path

import pytest

from configuration.plan_desk import Desk
from exitd.configuration.load import load
from exitd.configuration.loaded import Loaded
from exitd.configuration.triggers import definitions
from exitd.core.trigger import TriggerDefinition

DAEMON = """\
version: 1
mode: paper
venues:
  backpack: {type: backpack}
"""

Loader = Callable[..., Loaded]


@pytest.fixture
def load_files(tmp_path: Path) -> Loader:
    """Write files and load them; exitd.yaml is a usable one unless given."""

    def write_and_load(
        files: dict[str, str] | str = "",
        *,
        daemon: str = DAEMON,
        environment: dict[str, str] | None = None,
        now_ns: int | None = None,
    ) -> Loaded:
        if isinstance(files, str):
            files = {"conf.d/p.yaml": files} if files else {}
        for name, text in {"exitd.yaml": daemon, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load(tmp_path, environment or {}, now_ns=now_ns)

    return write_and_load


@pytest.fixture
def messages(load_files: Loader) -> Callable[..., list[str]]:
    """Load and give `line:column: severity: sentence` of each finding."""

    def load_and_list(*args: object, **options: object) -> list[str]:
        loaded = load_files(*args, **options)
        return [
            f"{f.line}:{f.column}: {f.severity}: {f.message}" for f in loaded.findings
        ]

    return load_and_list


def one_exit(exit_: str, side: str, more: str) -> str:
    return (
        "positions:\n"
        "  sol:\n"
        "    venue: backpack\n"
        "    symbol: SOL_USDC_PERP\n"
        f"    {side}\n"
        f"    {more}\n"
        "    exits:\n"
        f"      x: {exit_}\n"
    )


@pytest.fixture
def exit_errors(messages: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Load one exit of one long position and give the error sentences alone."""

    def load_exit(
        exit_: str, *, side: str = "side: long", more: str = "", daemon: str = DAEMON
    ) -> list[str]:
        found = messages(one_exit(exit_, side, more), daemon=daemon)
        return [m.partition(": error: ")[2] for m in found if ": error: " in m]

    return load_exit


@pytest.fixture
def exit_warnings(messages: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Load one exit of one position and give each warning with its place."""

    def load_exit(exit_: str, *, side: str = "side: long", more: str = "") -> list[str]:
        found = messages(one_exit(exit_, side, more))
        assert not any(": error: " in message for message in found), found
        return [m for m in found if ": warning: " in m and "has no stop" not in m]

    return load_exit


@pytest.fixture
def made(load_files: Loader) -> Callable[..., TriggerDefinition]:
    """Load one exit of one position and give the trigger that it becomes."""

    def load_exit(
        exit_: str, *, side: str = "side: long", more: str = "", daemon: str = DAEMON
    ) -> TriggerDefinition:
        loaded = load_files(one_exit(exit_, side, more), daemon=daemon)
        assert not loaded.has_errors, [str(f) for f in loaded.findings]
        (definition,) = definitions(loaded, now_ns=0)
        return definition

    return load_exit


@pytest.fixture
def desk(load_files: Loader) -> Desk:
    return Desk(load_files)
