"""
Follows docs/walk.md to the letter, in two clean roots of Debian, and times each step.

    python tests/e2e/new_user_walk.py PACKAGE.deb [--write]

As root, with mmdebstrap, a mirror that apt reaches, and the ports of the page free.
The package is one of `systemd/deb/build`; the newer one that the page installs is the
same with another number. What a `text` block shows must have been printed by the block
before it. With --write the times on the page are those of this walk.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parent))

from readme_walk import missing

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "walk.md"
STAND_IN = Path(__file__).parent / "new_user" / "stand_in.py"
#: What Debian's installer leaves behind, and a root of mmdebstrap does not have.
WITH = "ca-certificates,curl,libc6,nano,procps,python3,systemd"
PORTS = (8787, 8899, 9090)
NEWER = "0.1.1"
DEADLINE_S = 900
_SECTION = re.compile(r"^## (\d+)\. (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMES = re.compile(r"(<!-- times: begin -->\n).*?(<!-- times: end -->)", re.DOTALL)
_MARK = "=== end of block"


class Phone(BaseHTTPRequestHandler):
    """What stands in for a phone: it keeps what it is sent."""

    heard: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.heard.append(self.rfile.read(size).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def sections() -> list[tuple[str, str]]:
    """Give number and text of each step of the page."""
    text = PAGE.read_text(encoding="utf-8")
    found = list(_SECTION.finditer(text))
    ends = [one.start() for one in found[1:]] + [len(text)]
    return [
        (f"{one[1]}. {one[2]}", text[one.end() : end])
        for one, end in zip(found, ends, strict=True)
    ]


def newer(package: Path, folder: Path) -> Path:
    """Make the same package with another number."""
    tree = folder / "newer"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    text = control.read_text()
    old = re.search(r"^Version: (.*)$", text, re.MULTILINE)
    assert old is not None
    control.write_text(text.replace(f"Version: {old[1]}", f"Version: {NEWER}"))
    told = next(tree.rglob("site-packages/exitd/__init__.py"))
    told.write_text(told.read_text().replace(old[1], NEWER))
    # What is compiled does not look at its source, and would tell the old one.
    shutil.rmtree(told.parent / "__pycache__")
    path = folder / package.name.replace(old[1], NEWER)
    words = [
        "dpkg-deb",
        "--root-owner-group",
        "-Zgzip",
        "--build",
        str(tree),
        str(path),
    ]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return path


def make_root(root: Path, packages: list[Path]) -> None:
    release = Path("/etc/os-release").read_text()
    suite = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    assert suite is not None
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={WITH}"]
    subprocess.run([*words, suite[1], root], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    # In the place of the real one: maintainers' scripts look nowhere else.
    systemctl = root / "usr/bin/systemctl"
    systemctl.write_text(f"#!/usr/bin/python3\n{STAND_IN.read_text()}")
    # Others' services are not started by their installation, and nobody is asked.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    (root / "etc/apt/apt.conf.d/99walk").write_text('APT::Get::Assume-Yes "true";\n')
    # Maintainers' scripts ask by this whether there is a systemctl to speak to.
    (root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
    for package in packages:
        shutil.copy(package, root / "root" / package.name)


def second_of(first: Path, second: Path) -> None:
    """Make the second machine a copy of the first; `scp` finds what it is handed."""
    subprocess.run(["cp", "-a", first, second], check=True)
    reach = second / "usr/local/bin/scp"
    lines = [
        "#!/bin/sh",
        "for last; do :; done",
        'for name; do [ "$name" = "$last" ] || cp "/first${name#first:}" "$last"; done',
    ]
    reach.write_text("\n".join(lines) + "\n")
    reach.chmod(0o755)


def script(steps: list[tuple[str, str]], phone: str) -> str:
    lines = ["set -eu", "cd /root", "export DEBIAN_FRONTEND=noninteractive"]
    for name, text in steps:
        for kind, block in _BLOCK.findall(text):
            if kind == "sh":
                block = re.sub(r"^phone=.*$", f"phone={phone}", block, flags=re.M)
                lines += [block, f"echo '{_MARK}'"]
        lines.append(f'echo "=== {name} $(date +%s.%N)"')
    return "\n".join(lines)


def followed(root: Path, steps: list[tuple[str, str]], phone: str) -> str:
    """Run the steps in one shell of a root; give what was printed."""
    began = datetime.now(UTC).timestamp()
    said = root / "root" / "said"
    with said.open("wb") as output:
        # A file: what goes on in the background would keep a pipe open.
        done = subprocess.run(
            ["chroot", root, "bash", "-c", script(steps, phone)],
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "HOME": "/root",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE_S,
            check=False,
        )
    printed = said.read_text()
    print(printed)
    if done.returncode:
        for log in sorted((root / "run/stand-in").glob("*.log")):
            print(f"== {log.name}\n{log.read_text()[-4000:]}")
        sys.exit(f"the walk ended with {done.returncode}")
    return f"=== begin {began}\n{printed}"


def lost(steps: list[tuple[str, str]], printed: str) -> list[str]:
    """Give the lines that the page shows and nothing printed."""
    outputs = printed.split(f"{_MARK}\n")
    number, found = -1, []
    for _, text in steps:
        for kind, block in _BLOCK.findall(text):
            if kind == "sh":
                number += 1
            else:
                found += missing(block, outputs[number])
    return found


def times(printed: str) -> list[tuple[str, float]]:
    """Give each step with the seconds that it took."""
    marks = re.findall(r"^=== (begin|\d+\. .*) (\d+\.\d+)$", printed, re.MULTILINE)
    return [
        (name, float(at) - float(before)) for (_, before), (name, at) in pairwise(marks)
    ]


def table_of(took: list[tuple[str, float]]) -> str:
    rows = [f"| {name} | {seconds:.0f} s |" for name, seconds in took]
    whole = sum(seconds for _, seconds in took)
    day = datetime.now(UTC).date().isoformat()
    cores = len(os.sched_getaffinity(0))
    table = [f"Followed on {day}, on {cores} cores, Debian 12:", ""]
    table += ["| step | took |", "|---|---:|", *rows, f"| all | {whole:.0f} s |", ""]
    return "\n".join(table)


def write(table: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TIMES.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", text))


def walk(package: Path, folder: Path, *, writes: bool) -> int:
    """Follow the page below *folder*, which somebody else takes away afterwards."""
    steps = sections()
    there = next(n for n, (name, _) in enumerate(steps) if "On the second" in name)
    server = HTTPServer(("127.0.0.1", 0), Phone)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    phone = f"json://127.0.0.1:{server.server_port}/"
    first, second = folder / "first", folder / "second"
    make_root(first, [package, newer(package, folder)])
    second_of(first, second)
    # Of its own, of this namespace; /dev is what mmdebstrap has made.
    for root in (first, second):
        subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    printed = followed(first, steps[:there], phone)
    shutil.copytree(first / "var/backups", second / "first/var/backups")
    again = followed(second, steps[there:], phone)
    wrong = lost(steps[:there], printed) + lost(steps[there:], again)
    told = " ".join(Phone.heard)
    wrong += [f"a message of {word}" for word in ("tp1", "sl") if word not in told]
    for line in wrong:
        print(f"shown, and not seen: {line}", file=sys.stderr)
    table = table_of(times(printed) + times(again))
    print(table)
    if writes and not wrong:
        write(table)
    return 1 if wrong else 0


def apart(package: Path, *words: str) -> int:
    """Walk in namespaces of its own; whatever it leaves running or mounted ends there.

    What it leaves on the disk is removed out here, where nothing of it is mounted.
    """
    folder = Path(tempfile.mkdtemp(prefix="exitd-new-user-"))
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += [sys.executable, __file__, str(package), "--inside", str(folder), *words]
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        mounts = Path("/proc/self/mountinfo").read_text()
        if str(folder) in mounts:
            sys.exit(f"{folder} still has something mounted in it; look at it first")
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Follow the walk of a new user.")
    parser.add_argument("package", type=Path, help="what systemd/deb/build has made")
    parser.add_argument("--write", action="store_true", help="the times to the page")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside is not None:
        return walk(chosen.package, chosen.inside, writes=chosen.write)
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    return apart(chosen.package.resolve(), *(["--write"] if chosen.write else []))


if __name__ == "__main__":
    sys.exit(main())
