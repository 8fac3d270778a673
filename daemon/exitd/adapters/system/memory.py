"""Keeps what the process has in memory, keys among it, from being written elsewhere."""

import contextlib
import ctypes
import resource

# From linux/prctl.h.
_PR_SET_DUMPABLE = 4


def forbid_dumps() -> bool:
    """Let no crash leave the memory in a file, and no process of this user read it.

    A core file, or the program that takes it in its place, would hold every key. With
    this, even the user that the daemon runs as cannot trace it or read its memory; root
    can. False where the kernel has no such setting.
    """
    with contextlib.suppress(OSError, ValueError):
        # A filter of system calls may forbid this; the unit says LimitCORE=0 as well.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        set_process = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return False
    return int(set_process(_PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0
