"""`check`, `init` and `schema`, which need no daemon, and `plan` without one."""

import json
import sys
from pathlib import Path

import pytest

from cli.conftest import Command
from e2e.house import POSITIONS_FILE, house
from exitd.extras import how_to_install

DAEMON_FILE = "version: 1\nmode: paper\nvenues:\n  backpack: {type: backpack}\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "exitd.yaml").write_text(DAEMON_FILE)
    (folder / "conf.d" / "sol.yaml").write_text(POSITIONS_FILE)
    return folder


def test_given_good_files_when_checked_then_0(command: Command, files: Path):
    done = command("check", str(files))

    assert done.status == 0
    assert done.out == ""
    assert "2 files, 1 position, 2 exits, mode paper (PAPER, NOT" in done.err


def test_given_typing_error_when_checked_then_78_place_and_hint(
    command: Command, files: Path
):
    path = files / "conf.d" / "sol.yaml"
    path.write_text(POSITIONS_FILE.replace("take_profit", "take_proft"))

    done = command("check", str(files))

    assert done.status == 78
    assert f"{path}:8:13: error: " in done.out
    assert "did you mean 'take_profit'" in done.out
    assert "^^^" in done.out


def test_given_typing_error_when_checked_with_json_then_one_document(
    command: Command, files: Path
):
    (files / "exitd.yaml").write_text(DAEMON_FILE.replace("paper", "lively"))

    done = command("check", str(files), "--json")

    assert done.status == 78
    assert done.json["is_valid"] is False
    assert [f["line"] for f in done.json["findings"] if f["severity"] == "error"] == [2]


def test_given_no_files_when_checked_then_78_and_remedy(
    command: Command, tmp_path: Path
):
    done = command("check", str(tmp_path / "nowhere"))

    assert done.status == 78
    assert "there is no such file" in done.out


def test_given_variable_when_checked_without_path_then_it_is_used(
    command: Command, files: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_CONFIG", str(files))

    assert command("check").status == 0


def test_given_wrong_variable_when_any_command_then_78_and_its_name(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_URL", "nonsense")

    done = command("status")

    assert done.status == 78
    assert done.out == ""
    assert "EXITD_URL" in done.err


LATE = "      late: {at_time: 5m before close, calendar: XNYS, close: 50%}\n"


def test_given_a_calendar_and_no_library_when_checked_then_warning_and_remedy(
    command: Command, files: Path, monkeypatch: pytest.MonkeyPatch
):
    path = files / "conf.d" / "sol.yaml"
    path.write_text(POSITIONS_FILE + LATE)
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)

    done = command("check", str(files))

    assert done.status == 0
    place = f"{path}:{POSITIONS_FILE.count(chr(10)) + 1}:50: warning: "
    assert f"{place}this exit would wait and never act: " in done.out
    assert how_to_install("calendars") in done.out
    assert done.out.count("warning: ") == 1


def test_given_a_calendar_and_its_library_when_checked_then_no_warning(
    command: Command, files: Path
):
    (files / "conf.d" / "sol.yaml").write_text(POSITIONS_FILE + LATE)

    done = command("check", str(files))

    assert done.status == 0
    assert done.out == ""


def test_given_no_library_and_no_calendar_when_checked_then_no_warning(
    command: Command, files: Path, monkeypatch: pytest.MonkeyPatch
):
    path = files / "conf.d" / "sol.yaml"
    path.write_text(
        POSITIONS_FILE
        + LATE.replace(", calendar: XNYS", "").replace(
            "5m before close", "15:55 America/New_York"
        )
    )
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)

    done = command("check", str(files))

    assert done.status == 0
    assert done.out == ""


def test_given_unknown_symbol_when_checked_online_then_venue_is_asked(
    command: Command, tmp_path: Path
):
    with house(tmp_path) as home:
        text = POSITIONS_FILE.replace("SOL_USDC_PERP", "SOL_USDC_PREP")
        home.positions_file.write_text(text.replace("131.25", "131.257"))

        offline = command("check", str(home.config))
        online = command("check", str(home.config), "--online")
        home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "131.257"))
        off_step = command("check", str(home.config), "--online", "--json")
        home.positions_file.write_text(POSITIONS_FILE.replace("131.25", "142"))
        crossed = command("check", str(home.config), "--online")

    assert offline.status == 0
    assert online.status == 78
    assert "did you mean 'SOL_USDC_PERP'" in online.out
    assert off_step.status == 78
    assert "131.25 and 131.26" in str(off_step.json["findings"])
    assert crossed.status == 0
    assert "warning" in crossed.out


def test_given_silent_venue_when_checked_online_then_warning_only(
    command: Command, tmp_path: Path
):
    with house(tmp_path) as home:
        config = home.config
    done = command("check", str(config), "--online")

    assert done.status == 0
    assert "warning: not checked against backpack" in done.out


def test_given_empty_folder_when_init_then_files_that_pass_the_check(
    command: Command, tmp_path: Path
):
    folder = tmp_path / "new" / "config"

    done = command("init", str(folder))
    checked = command("check", str(folder))

    assert done.status == 0
    assert str(folder / "exitd.yaml") in done.out.splitlines()
    assert (folder / "conf.d" / "sol.yaml").exists()
    assert (folder / "exitd.schema.json").exists()
    assert checked.status == 0


def test_given_one_file_there_when_init_then_none_is_written(
    command: Command, tmp_path: Path
):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "sol.yaml").write_text("mine")

    done = command("init", str(tmp_path))

    assert done.status == 1
    assert "is there already" in done.err
    assert (tmp_path / "conf.d" / "sol.yaml").read_text() == "mine"
    assert not (tmp_path / "exitd.yaml").exists()


def test_given_files_of_a_package_when_init_then_only_a_position_is_added(
    command: Command, tmp_path: Path
):
    (tmp_path / "exitd.yaml").write_text("version: 1\nmode: paper\n")

    done = command("init", str(tmp_path), "--defaults", "--json")
    again = command("init", str(tmp_path), "--defaults")

    assert done.status == 0
    assert "exitd.yaml" not in done.json["files"]
    assert "conf.d/sol.yaml" in done.json["files"]
    assert (tmp_path / "exitd.yaml").read_text() == "version: 1\nmode: paper\n"
    assert again.status == 1
    assert "sol.yaml is there already" in again.err


def test_given_init_when_json_then_files_are_listed(command: Command, tmp_path: Path):
    done = command("init", str(tmp_path / "x"), "--json")

    assert "exitd.yaml" in done.json["files"]


@pytest.mark.parametrize("kind", ["daemon", "positions"])
def test_given_schema_when_printed_then_it_is_the_shipped_one(
    command: Command, kind: str
):
    from exitd.configuration.schema import schema

    done = command("schema", kind)

    assert done.status == 0
    assert json.loads(done.out) == schema(kind)


def test_given_no_daemon_when_plan_then_69_and_check_is_offered(command: Command):
    done = command("plan")

    assert done.status == 69
    assert "exitd check" in done.err
    assert done.err.count("\n") == 1
