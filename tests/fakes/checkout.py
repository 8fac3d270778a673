"""
A folder with the real script `exitd` and, in place of the daemon, a package of a few
lines that needs nothing from anywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "exitd"
version = "1.0"
optional-dependencies = {test = []}
"""

BACKEND = '''
"""Builds the editable wheel of a package in daemon/, without any library."""
import os, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "exitd-1.0-py3-none-any.whl"
    info = "exitd-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("exitd.pth", os.path.abspath("daemon"))
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: exitd\\n"
            "Version: 1.0\\nProvides-Extra: test\\n")
        wheel.writestr(f"{info}/WHEEL",
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name

build_wheel = build_editable
'''

MAIN = """
import os, sys
print("ran", *sys.argv[1:])
print("cwd", os.getcwd())
print("prefix", sys.prefix)
"""

# Does what the script asks of uv, as far as this package needs it; each call is
# written down.
UV = """#!/bin/sh
echo "$*" >>"$UV_CALLS"
case $1 in
  venv)
    for venv in "$@"; do :; done
    exec "$EXITD_PYTHON" -m venv --without-pip "$venv" ;;
  pip)
    for word in "$@"; do case $word in */bin/python) python=$word ;; esac; done
    [ -z "${UV_FAILS:-}" ] || exit 1
    [ -z "${UV_WAITS:-}" ] || cat "$UV_WAITS"
    site=$("$python" -c 'import site; print(site.getsitepackages()[0])')
    mkdir -p "$site/pytest"
    echo 'import sys; print("pytest", *sys.argv[1:])' >"$site/pytest/__main__.py"
    echo "$PWD/daemon" >"$site/exitd.pth" ;;
esac
"""


class Checkout:
    """One such folder; `start` runs its script."""

    def __init__(self, folder: Path, *, with_uv: bool) -> None:
        self.root = folder / "check out"
        self.home = folder / "home"
        self.tools = folder / "tools"
        self.uv_calls = folder / "uv-calls"
        for made in (self.root / "daemon" / "exitd", self.home, self.tools):
            made.mkdir(parents=True)
        shutil.copy(ROOT / "exitd", self.root / "exitd")
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        (self.root / "constraints.txt").write_text("")
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "daemon" / "exitd" / "__main__.py").write_text(MAIN)
        (self.root / "daemon" / "exitd" / "__init__.py").write_text("")
        self.uv_calls.write_text("")
        if with_uv:
            (self.tools / "uv").write_text(UV)
            (self.tools / "uv").chmod(0o755)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> str:
        """The interpreter that this one's environment was made from."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return str(Path(sys.base_prefix) / "bin" / version)

    @property
    def has_pip(self) -> bool:
        """Debian's python3 alone has neither; the script then says what to install."""
        look = (
            "import importlib.util as u, sys; sys.exit(not any(map(u.find_spec, {})))"
        )
        command = [self.python, "-c", look.format(["pip", "ensurepip"])]
        return subprocess.run(command, check=False).returncode == 0

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{self.tools}:/usr/bin:/bin",
            "EXITD_PYTHON": self.python,
            "UV_CALLS": str(self.uv_calls),
            "LANG": "C.UTF-8",
            **more,
        }

    def command(self, *words: str, script: Path | None = None) -> Sequence[str]:
        return [str(script or self.root / "exitd"), *words]

    def start(
        self,
        *words: str,
        script: Path | None = None,
        cwd: Path | None = None,
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words, script=script),
            cwd=cwd or self.root,
            env=self.environment(**env),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def open(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start it in a process group of its own, as a terminal does."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(**env),
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def without_rights_of_root(command: Sequence[str]) -> Sequence[str]:
    """Root passes every permission; without this capability it does not."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
