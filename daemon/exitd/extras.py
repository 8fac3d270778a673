"""Extras: what exitd needs for some of its work, and how it is put beside it."""

import shlex
import sys
from pathlib import Path

#: Of a checkout, which is what `./exitd` runs; exitd is in no package index.
_ROOT = Path(__file__).parents[2]


def how_to_install(extra: str) -> str:
    """
    Give the command that installs an extra where this very Python finds it.

    Args:
        extra: One of `project.optional-dependencies` in pyproject.toml.
    """
    pins = _ROOT / "constraints.txt"
    words = [sys.executable or "python3", "-m", "pip", "install"]
    if pins.exists():
        words += ["-c", str(pins), "-e", f"{_ROOT}[{extra}]"]
    else:
        words += [f"exitd[{extra}]"]
    return shlex.join(words)
