"""
Follows the walk of the README: runs its `sh` blocks in one shell, in order.

    python tests/e2e/readme_walk.py [--venv DIRECTORY]

What a `text` block shows must have been printed by the block before it; `…` stands for
anything. The machine stays as it is: every path outside the home folder is taken below
a temporary directory, and `systemctl` and its like are played by `unit_runner`.

With --venv the installed program borrows that environment instead of making one.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socketserver
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from unit_runner import UnitRunner

CHECKOUT = Path(__file__).parents[2]
PORT = "8899"
DEADLINE_S = 600
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MACHINE = re.compile(r"(?<![\w.$/~])/(opt|etc|usr/local|var/lib|run|tmp)/")
_MARK = "=== end of block"

# Sends its own words to the walk, prints the answer and ends with its status.
_PLAYED = """\
#!{python}
import socket, sys
with socket.socket(socket.AF_UNIX) as walk:
    walk.connect({address!r})
    walk.sendall("\\0".join([{name!r}, *sys.argv[1:]]).encode())
    walk.shutdown(socket.SHUT_WR)
    status, _, text = walk.makefile().read().partition("\\n")
sys.stdout.write(text)
sys.exit(int(status))
"""


class Walk:
    """One run of the walk below *root*."""

    def __init__(self, root: Path, venv: Path | None) -> None:
        self.root = root
        self.venv = venv
        self.commands = root / "commands"
        self.unit = UnitRunner(root)

    def prepare(self) -> None:
        """Lay out what a machine has, and a fresh checkout."""
        for name in ("etc/sysusers.d", "etc/tmpfiles.d", "etc/systemd/system"):
            (self.root / name).mkdir(parents=True)
        for name in ("opt", "usr/local/bin", "run", "tmp", "var/lib", "commands"):
            (self.root / name).mkdir(parents=True)
        checkout = self.root / "checkout"
        checkout.mkdir()
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            source, target = CHECKOUT / name, checkout / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        if self.venv is not None:
            self.borrow(checkout, self.venv)

    def play(self, name: str, words: list[str]) -> tuple[int, str]:
        """Answer a command that belongs to the machine."""
        match name:
            case "systemctl":
                return self.unit.systemctl(words)
            case "journalctl":
                text = (self.root / "journal").read_text()
                if "-p" in words:
                    loud = re.compile(r'"level":"(warning|error)"')
                    text = "".join(
                        f"{line}\n" for line in text.splitlines() if loud.search(line)
                    )
                return 0, text
            case "systemd-tmpfiles":
                for folder in ("conf.d", "credentials"):
                    (self.root / "etc/exitd" / folder).mkdir(parents=True)
        return 0, ""

    def borrow(self, checkout: Path, venv: Path) -> None:
        """Give the program an environment that only calls one that is there."""
        python = venv.resolve() / "bin" / "python"
        source = self.root / "opt" / "exitd" / "daemon"
        folder = checkout / ".venv" / "bin"
        folder.mkdir(parents=True)
        call = f"#!/bin/sh\nPYTHONPATH={source} exec {python}"
        for name, words in (("python", ""), ("exitd", "-P -m exitd ")):
            path = folder / name
            path.write_text(f'{call} {words}"$@"\n')
            path.chmod(0o755)
        files = ("pyproject.toml", "constraints.txt")
        joined = b"".join((checkout / name).read_bytes() for name in files)
        summed = subprocess.run(
            ["cksum"], input=joined, capture_output=True, check=True
        )
        stamp = (
            f"{summed.stdout.decode().strip()} {self.root.resolve()}/opt/exitd\nrun\n"
        )
        (checkout / ".venv" / "exitd-stamp").write_text(stamp)

    def script(self, blocks: list[tuple[str, str]]) -> str:
        lines = ["set -eu", f"cd {self.root}/checkout"]
        for kind, text in blocks:
            if kind == "sh":
                lines += [_MACHINE.sub(rf"{self.root}/\1/", text), f"echo '{_MARK}'"]
        return "\n".join(lines)

    def environment(self) -> dict[str, str]:
        path = f"{self.commands}:{self.root}/usr/local/bin:{os.environ['PATH']}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("EXITD_")}
        return {
            **kept,
            "PATH": path,
            "EXITD_PYTHON": sys.executable,
            # Where the service has its socket, below this root.
            "EXITD_SOCKET": f"{self.root}/run/exitd/exitd.sock",
        }


@contextmanager
def played(walk: Walk) -> Iterator[None]:
    """Put commands of the machine on the path that come back to this process."""
    address = str(walk.root / "walk.sock")

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            name, *words = self.rfile.read().decode().split("\0")
            status, text = walk.play(name, words)
            self.wfile.write(f"{status}\n{text}".encode())

    names = ("systemctl", "journalctl", "systemd-sysusers", "systemd-tmpfiles")
    for name in names:
        path = walk.commands / name
        path.write_text(
            _PLAYED.format(python=sys.executable, address=address, name=name)
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with socketserver.ThreadingUnixStreamServer(address, Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def blocks_of(readme: str) -> list[tuple[str, str]]:
    walk = readme[readme.index("\n## A walk\n") : readme.index("\n## Every day\n")]
    return [(kind, text) for kind, text in _BLOCK.findall(walk)]


def missing(shown: str, printed: str) -> list[str]:
    """Give the lines that a `text` block shows and its block did not print."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    lost = []
    for line in filter(None, (line.strip() for line in shown.splitlines())):
        parts = [re.escape(" ".join(part.split())) for part in line.split("…")]
        wanted = re.compile(r".*".join(parts))
        if not any(wanted.fullmatch(printed_line) for printed_line in lines):
            lost.append(line)
    return lost


def follow(walk: Walk) -> int:
    blocks = blocks_of((CHECKOUT / "README.md").read_text())
    walk.prepare()
    with played(walk):
        done = subprocess.run(
            ["bash", "-c", walk.script(blocks)],
            env=walk.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    print(done.stdout)
    outputs = done.stdout.split(f"{_MARK}\n")
    number = -1
    lost = []
    for kind, text in blocks:
        if kind == "sh":
            number += 1
        elif number < len(outputs):
            lost += missing(text, outputs[number])
    for line in lost:
        print(f"README shows what was not printed: {line}", file=sys.stderr)
    if done.returncode:
        print(f"the walk ended with {done.returncode}", file=sys.stderr)
    if not walk.unit.pings:
        print("the daemon did not feed its watchdog", file=sys.stderr)
    return 1 if lost or done.returncode or not walk.unit.pings else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Follow the README's walk.")
    parser.add_argument("--venv", type=Path, help="an environment to borrow")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exitd-walk-") as folder:
        walk = Walk(Path(folder), chosen.venv)
        try:
            return follow(walk)
        finally:
            walk.unit.close()


if __name__ == "__main__":
    sys.exit(main())
