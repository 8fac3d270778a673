"""Where a state is at home."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from exitd.adapters.system.home import home_of


def test_given_a_copied_file_or_another_machine_then_another_home(tmp_path: Path):
    machine, other = tmp_path / "machine-id", tmp_path / "other-id"
    machine.write_text("0af1\n")
    other.write_text("0af2\n")
    state, copied = tmp_path / "exitd.db", tmp_path / "copy.db"
    state.write_bytes(b"state")
    shutil.copy(state, copied)

    home = home_of(state, machine)

    assert home == f"0af1:{state.stat().st_ino}"
    assert home == home_of(state.rename(tmp_path / "renamed.db"), machine)
    assert home != home_of(copied, machine)
    assert home != home_of(tmp_path / "renamed.db", other)


def test_given_no_machine_id_then_the_name_of_the_machine(tmp_path: Path):
    (tmp_path / "empty").write_text("")

    for missing in (tmp_path / "none", tmp_path / "empty"):
        home = home_of(tmp_path, missing)
        assert home == f"{socket.gethostname()}:{tmp_path.stat().st_ino}"
