"""What is said where an extra is missing must be a command that works."""

from __future__ import annotations

import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from exitd.extras import how_to_install

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


@pytest.mark.parametrize("extra", ["calendars", "charts", "parquet", "symmio"])
def test_given_an_extra_then_a_command_for_this_python_and_this_folder(extra: str):
    python, *words = shlex.split(how_to_install(extra))

    assert python == sys.executable
    assert words[-2:] == ["-e", f"{ROOT}[{extra}]"]
    assert Path(words[words.index("-c") + 1]).is_file()
    assert extra in EXTRAS
