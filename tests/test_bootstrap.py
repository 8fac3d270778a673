"""The script `exitd` at the top: how a checkout sets itself up."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fakes.checkout import Checkout, without_rights_of_root


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path, with_uv=True)


def test_given_only_python_when_first_started_then_it_sets_up_and_runs(tmp_path: Path):
    checkout = Checkout(tmp_path, with_uv=False)

    first = checkout.start("version", "--json", PIP_NO_INDEX="1")
    second = checkout.start("version")

    if not checkout.has_pip:
        # Whether that succeeds depends on what this machine can reach.
        assert "taking pip from Debian's packages" in first.stderr
        return
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == "ran version --json"
    assert f"prefix {checkout.venv}" in first.stdout
    assert "making" in first.stderr
    assert " done in " in first.stderr
    assert second.stderr == ""
    assert second.stdout.startswith("ran version\n")


def test_given_link_and_other_folder_when_started_then_the_caller_stays_there(
    checkout: Checkout, tmp_path: Path
):
    elsewhere = tmp_path / "else where"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "first").symlink_to(
        os.path.relpath(checkout.root / "exitd", elsewhere)
    )
    (elsewhere / "deep" / "second").symlink_to("../first")
    (elsewhere / "exitd.py").write_text("raise SystemExit('the wrong exitd')")

    done = checkout.start("ls", script=elsewhere / "deep" / "second", cwd=elsewhere)

    assert done.returncode == 0, done.stderr
    assert f"cwd {elsewhere}\n" in done.stdout
    assert checkout.venv.is_dir()


def test_given_second_start_when_timed_then_the_check_costs_next_to_nothing(
    checkout: Checkout,
):
    checkout.start("version")
    python = checkout.venv / "bin" / "python"

    def fastest(command: list[str]) -> int:
        times_ns = []
        for _ in range(7):
            began_ns = time.monotonic_ns()
            subprocess.run(
                command, env=checkout.environment(), check=True, capture_output=True
            )
            times_ns.append(time.monotonic_ns() - began_ns)
        return min(times_ns)

    bare_ns = fastest([str(python), "-P", "-m", "exitd", "version"])
    whole_ns = fastest(list(checkout.command("version")))

    assert whole_ns - bare_ns < 50_000_000


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_given_changed_file_when_started_then_it_installs_again_once(
    checkout: Checkout, name: str
):
    checkout.start("version")
    with (checkout.root / name).open("a") as file:
        file.write("# another line\n")

    again = checkout.start("version")
    then = checkout.start("version")

    assert "installing" in again.stderr
    assert "making" not in again.stderr
    assert then.stderr == ""


def test_given_uv_when_first_started_then_uv_does_the_work(checkout: Checkout):
    checkout.start("version")

    venv, install = checkout.uv_calls.read_text().splitlines()
    assert venv.startswith("venv ")
    assert install.startswith("pip install -c constraints.txt -e . ")


def test_given_set_up_when_a_service_cannot_write_then_it_finds_all_compiled(
    checkout: Checkout,
):
    checkout.start("version", PYTHONDONTWRITEBYTECODE="1")

    found = (checkout.root / "daemon" / "exitd" / "__pycache__").glob("*.pyc")
    assert {path.name.partition(".")[0] for path in found} == {"__init__", "__main__"}


def test_given_uv_that_fails_when_first_started_then_pip_takes_over(checkout: Checkout):
    done = checkout.start("version", UV_FAILS="1", PIP_NO_INDEX="1")

    assert "failed after" in done.stderr
    assert ("with pip: done" in done.stderr) == checkout.has_pip


def test_given_tests_when_asked_for_then_their_packages_come_and_words_go_to_pytest(
    checkout: Checkout,
):
    checkout.start("version")
    (checkout.root / "systemd").mkdir()
    (checkout.root / "systemd" / "exitd.service").touch()

    done = checkout.start("test", "-q", "tests/a b")
    later = checkout.start("version")

    assert done.stdout == "pytest -q tests/a b\n"
    assert ".[test]" in checkout.uv_calls.read_text().splitlines()[-1]
    assert "left out: the unit's exposure, which needs systemd-analyze" in done.stderr
    assert "browser" not in done.stderr
    assert later.stderr == ""


def test_given_two_starts_at_once_when_first_then_one_installs_and_both_run(
    checkout: Checkout,
):
    starts = [checkout.open("version") for _ in range(4)]
    results = [(start.communicate(timeout=300), start.returncode) for start in starts]

    assert [code for _, code in results] == [0] * 4
    assert all(out.startswith("ran version") for (out, _), _ in results)
    assert checkout.uv_calls.read_text().count("pip install") == 1


def test_given_interrupted_start_when_started_again_then_it_begins_anew(
    checkout: Checkout,
):
    checkout.start("version")
    (checkout.venv / "exitd-stamp").unlink()
    (checkout.venv / "exitd-incomplete").touch()
    (checkout.venv / "lib" / "half-written").mkdir()

    done = checkout.start("version")

    assert done.returncode == 0, done.stderr
    assert not (checkout.venv / "lib" / "half-written").exists()
    assert not (checkout.venv / "exitd-incomplete").exists()


def test_given_ctrl_c_while_setting_up_then_it_says_so_and_the_next_start_works(
    checkout: Checkout,
):
    fifo = checkout.root / "waits"
    os.mkfifo(fifo)
    start = checkout.open("version", UV_WAITS=str(fifo))

    with fifo.open("w"):
        # The installer has opened its end: it is under way.
        os.killpg(start.pid, signal.SIGINT)
        out, err = start.communicate(timeout=300)
    again = checkout.start("version")

    assert (start.returncode, out) == (130, "")
    assert err.endswith("exitd: stopped; the next start takes it up again.\n")
    assert again.returncode == 0, again.stderr


def test_given_copied_checkout_when_started_then_it_does_not_run_the_old_one(
    checkout: Checkout, tmp_path: Path
):
    checkout.start("version")
    copy = tmp_path / "copy"
    shutil.copytree(checkout.root, copy, symlinks=True)

    done = checkout.start("version", script=copy / "exitd")

    assert f"prefix {copy / '.venv'}" in done.stdout
    assert "making" in done.stderr


def test_given_failing_install_when_started_then_log_and_place_are_shown(
    checkout: Checkout,
):
    (checkout.root / "backend.py").write_text("raise SystemExit('no backend today')")

    done = checkout.start("version", UV_FAILS="1", PIP_NO_INDEX="1")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "exitd-setup.log" in done.stderr.splitlines()[-1]
    assert not (checkout.venv / "exitd-stamp").exists()


def test_given_old_python_when_started_then_one_sentence_says_so(checkout: Checkout):
    old = checkout.tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = checkout.start("version", EXITD_PYTHON=str(old))

    assert done.returncode == 1
    assert done.stderr == (
        f"exitd: EXITD_PYTHON={old} is not a Python of at least 3.11.\n"
    )


def test_given_read_only_checkout_when_started_then_it_lives_in_the_cache(
    checkout: Checkout,
):
    checkout.root.chmod(0o555)
    (checkout.root / "daemon" / "exitd").chmod(0o555)

    done = subprocess.run(
        without_rights_of_root(checkout.command("version")),
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    again = subprocess.run(
        without_rights_of_root(checkout.command("version")),
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    checkout.root.chmod(0o755)
    (checkout.root / "daemon" / "exitd").chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert f"prefix {checkout.home / '.cache' / 'exitd'}" in done.stdout
    assert not checkout.venv.exists()
    assert again.stderr == ""


def test_given_terminal_when_first_started_then_something_moves(checkout: Checkout):
    leader, follower = pty.openpty()

    done = subprocess.run(
        checkout.command("version"),
        env=checkout.environment(),
        stdout=subprocess.PIPE,
        stderr=follower,
        check=True,
    )

    os.close(follower)
    shown = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert done.stdout.startswith(b"ran version")
    assert "\r\x1b[Kexitd: making" in shown
    assert " done in " in shown
