"""Where a state may be kept: on a file system that this machine alone writes to.

The write-ahead log shares an index in memory between processes, and the lock on the
state is the kernel's. Over a network neither holds: two machines would each believe
that they alone have the state.
"""

import re
from contextlib import suppress
from pathlib import Path

from exitd.errors import StoreError

MOUNTS = Path("/proc/self/mounts")
OVER_A_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.ceph",
        "fuse.davfs2",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def kind_of(directory: Path, mounts: Path = MOUNTS) -> str:
    """Name the type of the file system of a directory; empty when nobody says.

    The mount whose place is the longest part of the path is the one, and of several
    at one place the last, which hides those before it.
    """
    found, longest = "", -1
    with suppress(OSError):
        for line in mounts.read_text(errors="replace").splitlines():
            _, place, kind, *_ = line.split(" ")
            at = Path(_ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), place))
            if directory.is_relative_to(at) and len(at.parts) >= longest:
                found, longest = kind, len(at.parts)
    return found


def refuse_network(directory: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a directory that other machines may write to as well.

    Raises:
        StoreError: It is on a file system of a network.
    """
    kind = kind_of(directory.resolve(), mounts)
    if kind in OVER_A_NETWORK:
        raise StoreError(
            f"{directory} is on a file system of a network ({kind}), where nothing"
            " keeps a second daemon from the state: choose a state directory on a"
            " disk of this machine."
        )
