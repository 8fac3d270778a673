"""`init` on a terminal asks for the first position."""

import os
import pty
import subprocess
from pathlib import Path

from cli.conftest import Command
from e2e.house import DEADLINE_S, EXITD


def answered(folder: Path, *lines: str) -> tuple[int, str]:
    """Run `init` on a terminal and type these lines; status and what was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*EXITD, "init", str(folder)], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    shown = b""
    try:
        while read := os.read(ours, 65_536):
            shown += read
    except OSError:
        os.close(ours)
    return process.wait(DEADLINE_S), shown.decode()


def test_given_answers_when_init_then_a_position_of_them_that_passes_the_check(
    command: Command, tmp_path: Path
):
    status, shown = answered(tmp_path, "ETH_USDC_PERP", "short", "", "-", "swing")

    text = (tmp_path / "conf.d/swing.yaml").read_text()
    assert status == 0, shown
    assert "symbol: ETH_USDC_PERP" in text
    assert "sl: {stop_loss: +4%}" in text
    assert "take_profit" not in text
    assert not (tmp_path / "conf.d/sol.yaml").exists()
    assert command("check", str(tmp_path)).status == 0


def test_given_an_answer_that_cannot_be_when_init_then_said_and_asked_again(
    tmp_path: Path,
):
    wrong = ("", "long", "cheap", "", "core")

    status, shown = answered(tmp_path, *wrong, "", "", "130", "", "")

    assert status == 0, shown
    assert "conf.d/core.yaml:" in shown
    assert "Once more, then." in shown
    assert "sl: {stop_loss: 130}" in (tmp_path / "conf.d/sol.yaml").read_text()


def test_given_nobody_when_init_then_nothing_written(tmp_path: Path):
    end_of_file = "\x04"

    status, shown = answered(tmp_path, "SOL_USDC_PERP", end_of_file)

    assert status == 1
    assert "nothing was written" in shown
    assert list(tmp_path.iterdir()) == []


def test_given_defaults_when_init_on_a_terminal_then_the_example(
    command: Command, tmp_path: Path
):
    assert command("init", str(tmp_path), "--defaults").status == 0
    assert (tmp_path / "conf.d/sol.yaml").exists()


def test_given_files_of_a_package_when_asked_then_another_position_is_added(
    command: Command, tmp_path: Path
):
    assert command("init", str(tmp_path), "--defaults").status == 0
    before = (tmp_path / "exitd.yaml").read_text()

    status, shown = answered(tmp_path, "ETH_USDC_PERP", "short", "", "-", "swing")

    assert status == 0, shown
    assert "sl: {stop_loss: +4%}" in (tmp_path / "conf.d/swing.yaml").read_text()
    assert (tmp_path / "exitd.yaml").read_text() == before
    assert command("check", str(tmp_path)).status == 0


def test_given_a_name_that_is_there_when_asked_then_nothing_is_overwritten(
    command: Command, tmp_path: Path
):
    assert command("init", str(tmp_path), "--defaults").status == 0
    before = (tmp_path / "conf.d/sol.yaml").read_text()

    status, shown = answered(tmp_path, "SOL_USDC_PERP", "long", "", "", "sol")

    assert status == 1, shown
    assert "sol.yaml is there already" in shown
    assert (tmp_path / "conf.d/sol.yaml").read_text() == before
