"""Processes that end when the one that started them does, however that happens."""

from __future__ import annotations

import ctypes
import signal

#: prctl(2).
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
