"""
What the package for Debian says it is made of, and what is really in it.

Run by CI with a package, and the folder that its list is put into:

    python tests/third_party/made_of.py PACKAGE FOLDER

Every package of Python and every vendored library in it has to be in its list, in its
version, which is that of constraints.txt, and nothing else.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = "usr/share/doc/exitd/exitd.cdx.json"
INFO = re.compile(r"([A-Za-z0-9_.]+)-([^-/]+)\.dist-info$")
VENDORED = {"pkg:npm/lightweight-charts", "pkg:npm/uplot"}


def canonical(name: str) -> str:
    """Write a name as the index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packed(root: Path) -> set[tuple[str, str]]:
    """Give the packages of Python that lie in an unpacked package, but exitd itself."""
    found = set()
    for folder in (root / "opt" / "exitd").rglob("*.dist-info"):
        named = INFO.fullmatch(folder.name)
        assert named is not None, folder
        found.add((canonical(named[1]), named[2]))
    return {each for each in found if each[0] != "exitd"}


def listed(text: str) -> tuple[set[tuple[str, str]], set[str]]:
    """Give the packages of Python that a list names, and the other parts."""
    parts = [
        str(part["purl"]).rpartition("@")[::2]
        for part in json.loads(text)["components"]
    ]
    ours = {
        (name.removeprefix("pkg:pypi/"), version)
        for name, version in parts
        if name.startswith("pkg:pypi/")
    }
    return ours, {name for name, _ in parts if not name.startswith("pkg:pypi/")}


def pinned() -> set[tuple[str, str]]:
    pins = set()
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, separator, version = line.partition(";")[0].partition("==")
        if separator and not line.startswith("#"):
            pins.add((canonical(name.strip()), version.strip()))
    return pins


def main(package: str, into: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        subprocess.run(["dpkg-deb", "-x", package, str(root)], check=True)
        text = (root / LIST).read_text(encoding="utf-8")
        there = packed(root)
    names, others = listed(text)
    assert names == there, f"in one of the two only: {sorted(names ^ there)}"
    assert others == VENDORED, others
    unpinned = sorted(names - pinned())
    assert not unpinned, f"not in constraints.txt: {unpinned}"
    made = json.loads(text)["metadata"]["component"]
    assert (made["name"], made["type"]) == ("exitd", "application")
    (into / Path(LIST).name).write_text(text, encoding="utf-8")
    print(
        f"{len(names)} packages and {len(others)} libraries are listed, and no others"
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
