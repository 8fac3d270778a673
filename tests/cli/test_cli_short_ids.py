"""The beginning of a made-up id stands for it, as a narrow table shows it."""

import pytest

from cli.conftest import Command
from e2e.house import House


@pytest.fixture
def made(command: Command, home: House):
    """Arm two triggers by hand; gives their ids."""
    words = ("add", "sol-core", "--close", "1", "--json", "--trailing")
    ids = [command(*words, o).json["triggers"][0]["id"] for o in ("3%", "4%")]
    yield ids
    command("cancel", *ids, "--yes")


def begun(id: str, other: str) -> str:
    """Cut an id where it first differs from another one."""
    same = 0
    while id[same] == other[same]:
        same += 1
    return id[: same + 1]


def test_given_an_id_cut_short_when_used_then_the_one_that_begins_so(
    command: Command, made: list[str]
):
    one, other = made
    short = begun(one, other)

    assert command("show", f"{short}…", "--json").json["trigger"]["id"] == one
    assert "trails" in command("explain", short).out
    assert command("pause", short).out.startswith(f"{one}: ")
    assert command("resume", short).status == 0
    amended = command("amend", short, "--trailing", "5%")
    assert amended.out.startswith(f"{one}: trailing 133.95")
    dry = command("cancel", short, "--dry-run")
    assert dry.out.startswith(f"would cancel {one}")
    assert command("fire", short, "--dry-run").out.startswith(f"{one} would send")
    assert command("cancel", short, "--yes").out.startswith(f"{one}: ")
    # It is done now, and still found where no living one begins so.
    assert command("show", short).out.startswith(f"{one} cancelled")


def test_given_a_beginning_of_several_when_used_then_refused(
    command: Command, made: list[str]
):
    one, other = made
    same = begun(one, other)[:-1]

    several = command("pause", same)
    short = command("pause", one[:8])

    assert (several.status, short.status) == (1, 1)
    assert f"triggers begin with {same}: " in several.err
    assert "write more of it" in several.err
    assert f"there is no trigger {one[:8]}" in short.err
