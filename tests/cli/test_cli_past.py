"""Commands that look, once a trigger is done and the daemon has forgotten it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from cli.conftest import Command
from e2e.house import DEADLINE_S, House, house


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A daemon that soon forgets what is done."""
    with house(tmp_path) as found:
        with found.config.open("a") as config:
            config.write("policies: {done_kept: 1ms, attempts_kept: 1ms}\n")
        found.start_armed()
        monkeypatch.setenv("EXITD_SOCKET", str(found.folder / "exitd.sock"))
        yield found


def test_given_a_forgotten_trigger_when_looked_for_then_found_in_the_history(
    command: Command, home: House
):
    close = ("close", "sol-core", "--quantity", "1", "--yes", "--json")
    (old, last) = (command(*close).json["triggers"][0]["id"] for _ in range(2))
    until_s = monotonic() + DEADLINE_S
    while command("status", "--json").json["triggers"].get("filled") != 1:
        assert monotonic() < until_s, "it was not forgotten"

    listed = command("ls")
    every = command("ls", "--all", "--json").json["triggers"]
    filled = command("ls", "--state", "filled")
    shown = command("show", old)
    explained = command("explain", old)

    assert old not in listed.out
    assert "sol-core/sl" in listed.out
    assert {t["id"]: t["state"] for t in every} == {
        old: "filled",
        last: "filled",
        "sol-core/sl": "armed",
        "sol-core/tp1": "armed",
    }
    assert [line.split("\t")[0] for line in filled.out.splitlines()] == [old, last]
    assert shown.status == explained.status == 0
    assert "fired" in shown.out
    assert "trigger.done" in shown.out
    assert explained.out.startswith("it is done: filled")
    assert command("pause", old).status == 1
