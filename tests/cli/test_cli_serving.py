"""`service`, with programs that write down what they are asked for systemd's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.conftest import Command
from exitd.cli.unit import machine

NEEDED = ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "chown")
UNIT = ".config/systemd/user/exitd.service"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file with what systemd was asked, one line each; `show` answers `active`."""
    programs = tmp_path / "programs"
    programs.mkdir()
    diary = tmp_path / "asked"
    for name in NEEDED:
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {diary}\n'
            'case "$*" in *show*) printf "LoadState=loaded\\nUnitFileState=enabled\\n'
            'ActiveState=active\\nSubState=running\\nMainPID=42\\n";; esac\n'
        )
        program.chmod(0o700)
    monkeypatch.setattr("exitd.cli.serving.runs_systemd", lambda: True)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    diary.write_text("")
    return diary


def test_given_a_person_when_installed_then_unit_keys_and_files_and_started(
    command: Command, tmp_path: Path, asked: Path
):
    done = command("service", "install", "--user", "--yes")

    unit = (tmp_path / UNIT).read_text()
    key = tmp_path / ".config/exitd/credentials/backpack_key"
    assert (done.status, done.out) == (0, f"{tmp_path / UNIT}\n")
    assert "Type=notify\n" in unit
    assert "bin/exitd run --config %h/.config/exitd/exitd.yaml\n" in unit
    assert "/opt/exitd/.venv" not in unit
    assert "User=" not in unit
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".config/exitd/exitd.yaml").exists()
    assert asked.read_text().splitlines() == [
        "systemctl --user daemon-reload",
        "systemctl --user enable --now exitd.service",
    ]


def test_given_a_configuration_and_keys_when_installed_then_they_stay(
    command: Command, tmp_path: Path, asked: Path
):
    config = tmp_path / ".config/exitd"
    (config / "credentials").mkdir(parents=True)
    (config / "exitd.yaml").write_text("mine")
    (config / "credentials/backpack_key").write_text("key")

    command("service", "install", "--user", "--yes", "--no-start")

    assert (config / "exitd.yaml").read_text() == "mine"
    assert (config / "credentials/backpack_key").read_text() == "key"
    # The example would arm its exits beside those that are there.
    assert not (config / "conf.d").exists()
    assert asked.read_text() == ""


def test_given_dry_run_when_installed_then_steps_and_nothing_written(
    command: Command, tmp_path: Path, asked: Path
):
    done = command("service", "install", "--user", "--dry-run")

    assert f"write {tmp_path / UNIT}" in done.out.splitlines()
    assert done.out.splitlines()[-1] == "systemctl --user enable --now exitd.service"
    assert not (tmp_path / ".config").exists()
    assert asked.read_text() == ""


def test_given_a_root_when_installed_for_the_machine_then_only_files_below_it(
    command: Command, tmp_path: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
):
    at = tmp_path / "image"
    monkeypatch.setattr("sys.executable", str(tmp_path / "env/bin/python"))
    (tmp_path / "env/bin").mkdir(parents=True)
    (tmp_path / "env/bin/exitd").write_text("")

    done = command("service", "install", "--system", "--root", str(at), "--yes")

    assert done.status == 0
    unit = (at / "etc/systemd/system/exitd.service").read_text()
    assert f"ExecStart={tmp_path}/env/bin/exitd run" in unit
    assert "ProtectSystem=strict" in unit
    telegram = (at / "etc/systemd/system/exitd-telegram.service").read_text()
    assert f"ExecStart={tmp_path}/env/bin/exitd telegram" in telegram
    assert (at / "etc/sysusers.d/exitd.conf").exists()
    assert (at / "etc/exitd/exitd.yaml").stat().st_mode & 0o777 == 0o640
    assert asked.read_text() == ""


def test_given_a_program_in_a_home_when_for_the_machine_then_refused(
    command: Command, tmp_path: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.cli.unit._HIDDEN", (tmp_path,))
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin/python"))
    (tmp_path / "bin").mkdir()
    absent = command("service", "install", "--system", "--dry-run")
    (tmp_path / "bin/exitd").write_text("")
    hidden = command("service", "install", "--system", "--dry-run")

    assert absent.status == hidden.status == 1
    assert "a unit starts a program by its path" in absent.err
    assert "lies in a home folder" in hidden.err


def test_given_a_service_when_looked_at_then_whether_it_runs(
    command: Command, tmp_path: Path, asked: Path
):
    done = command("service", "status", "--user")
    document = command("service", "status", "--user", "--json").json

    assert done.status == 0
    assert done.out == (
        f"{tmp_path / UNIT}: active (running), starts at boot, process 42\n"
    )
    assert document["is_active"] is True


def test_given_a_service_when_uninstalled_then_asked_first_and_files_stay(
    command: Command, tmp_path: Path, asked: Path
):
    nothing = command("service", "uninstall", "--user", "--yes")
    command("service", "install", "--user", "--yes", "--no-start")
    refused = command("service", "uninstall", "--user")
    tried = command("service", "uninstall", "--user", "--dry-run")
    assert (tmp_path / UNIT).exists()
    done = command("service", "uninstall", "--user", "--yes")

    assert (nothing.status, refused.status, done.status) == (1, 1, 0)
    assert "is not there" in nothing.err
    assert f"remove {tmp_path / UNIT}" in tried.out
    assert not (tmp_path / UNIT).exists()
    assert (tmp_path / ".config/exitd/exitd.yaml").exists()
    assert asked.read_text().splitlines() == [
        "systemctl --user disable --now exitd.service",
        "systemctl --user daemon-reload",
    ]


def test_given_several_when_the_unit_is_printed_then_it_is_a_template(command: Command):
    one, several = command("service", "unit"), command("service", "unit", "--several")

    assert "ExecStart=/opt/exitd/.venv/bin/exitd run --config /etc/exitd/" in one.out
    assert "--config /etc/exitd-%i/exitd.yaml\n" in several.out
    assert several.out.startswith("# One more exitd on this machine: exitd@NAME")
    assert several.out.endswith("WantedBy=multi-user.target\n")


def test_given_no_systemctl_when_asked_then_said_with_the_remedy(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("exitd.cli.serving.runs_systemd", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = command("service", "status", "--user")

    assert done.status == 1
    assert "systemctl is not on this machine" in done.err


def test_given_the_unit_of_a_person_when_verified_then_systemd_finds_nothing(
    command: Command, tmp_path: Path, asked: Path
):
    command("service", "install", "--user", "--yes", "--no-start")
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        # The lines that it would object to are gone, at least.
        assert "CapabilityBoundingSet" not in (tmp_path / UNIT).read_text()
        return

    done = subprocess.run(
        [analyze, "--user", "verify", str(tmp_path / UNIT)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_given_the_machines_service_when_uninstalled_then_that_of_telegram_goes_too(
    command: Command, tmp_path: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
):
    at = tmp_path / "image"
    command("service", "install", "--system", "--root", str(at), "--yes")
    place = machine(at)
    monkeypatch.setattr("exitd.cli.serving.machine", lambda root: place)

    done = command("service", "uninstall", "--system", "--yes")

    assert done.status == 0
    assert not any(unit.exists() for unit in place.units)
    assert asked.read_text().splitlines() == [
        "systemctl disable --now exitd.service exitd-telegram.service",
        "systemctl daemon-reload",
    ]


def test_given_another_init_when_asked_then_one_sentence_and_nothing_is_written(
    command: Command, tmp_path: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exitd.cli.serving.runs_systemd", lambda: False)

    done = command("service", "status", "--user")
    install = command("service", "install", "--user", "--yes")

    assert not (tmp_path / ".config").exists()
    assert asked.read_text() == ""
    assert (done.status, install.status) == (1, 1)
    assert install.err == done.err
    assert done.err == (
        "exitd: error: systemd does not run this machine; let another supervisor start"
        " `exitd run`\n"
    )
