"""Where a state is at home: this machine, and this file on it."""

import socket
from pathlib import Path

MACHINE_ID = Path("/etc/machine-id")


def home_of(path: Path, machine_id: Path = MACHINE_ID) -> str:
    """Name the machine and the file that a state is used on.

    A state that is copied, or put back from a copy of the whole disk by its files, gets
    another. An image of a whole machine does not: it is the same to the last bit.

    Raises:
        OSError: The file is not there.
    """
    try:
        machine = machine_id.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        machine = ""
    # A container may have none; then its name has to do.
    return f"{machine or socket.gethostname()}:{path.stat().st_ino}"
