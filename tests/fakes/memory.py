"""A folder in memory, for what writes much and does not test the disk itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")


def folder_in_memory() -> tempfile.TemporaryDirectory[str]:
    """Make a folder where a sync costs nothing, if this machine has such a place."""
    has_one = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return tempfile.TemporaryDirectory(dir=_MEMORY if has_one else None)
