"""
Known vulnerabilities of every version in constraints.txt, asked of OSV by pip-audit.

Run by CI, by name only, with the pip-audit of an environment of its own:

    python tests/third_party/advisories.py PIP_AUDIT [--url URL] [--passed FILE]
        [--constraints FILE]

It fails where something is found, and where it could not look: when the database does
not answer, when a version was left out, and when a version that is known to be
vulnerable counts as clean. Advisories are let pass by .ci/advisories.toml alone.

Exit status: 0 clean, 1 something was found, 2 it could not look.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
OSV = "https://api.osv.dev/v1/query"
#: A database in which this has no advisory is none.
KNOWN = ("jinja2", "2.4.1")
CLEAN, FOUND, BLIND = 0, 1, 2

Version = tuple[str, str]


class CouldNotLook(Exception):
    """Why nothing is known; one sentence."""


class Advisory(NamedTuple):
    """What is known of a version; `ids` are all names of the same."""

    name: str
    version: str
    ids: frozenset[str]
    fixed_in: str
    text: str

    def __str__(self) -> str:
        known_as = ", ".join(sorted(self.ids))
        return (
            f"{self.name} {self.version}: {known_as}; fixed in {self.fixed_in}\n"
            f"    {self.text}"
        )


class Passed(NamedTuple):
    """An advisory that is let pass until a day."""

    id: str
    reason: str
    until: datetime.date


def pinned(text: str) -> list[Version]:
    """Read every pin, whatever Python or system it is for."""
    found = []
    for line in text.splitlines():
        requirement = line.partition("#")[0].partition(";")[0].strip()
        if requirement:
            name, separator, version = requirement.partition("==")
            if not separator:
                raise CouldNotLook(f"'{line}' pins no version")
            found.append((canonical(name.strip()), version.strip()))
    return found


def canonical(name: str) -> str:
    """Write a name as the index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def rounds_of(pins: list[Version]) -> list[list[Version]]:
    """Share pins out so that no name is twice in one round: pip-audit takes none."""
    rounds: list[dict[str, str]] = []
    for name, version in pins:
        for one in rounds:
            if name not in one:
                one[name] = version
                break
        else:
            rounds.append({name: version})
    return [list(one.items()) for one in rounds]


def look_up(pip_audit: str, url: str, pins: list[Version]) -> list[Advisory]:
    """Ask for pins, each name once.

    Raises:
        CouldNotLook: The database did not answer for each of them.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted, answer = folder / "pins.txt", folder / "answer.json"
        wanted.write_text("".join(f"{each}=={version}\n" for each, version in pins))
        asked = subprocess.run(
            [
                pip_audit,
                *("--requirement", str(wanted), "--no-deps", "--disable-pip"),
                *("--vulnerability-service", "osv", "--osv-url", url),
                *("--format", "json", "--output", str(answer)),
                *("--strict", "--progress-spinner", "off", "--timeout", "30"),
                *("--cache-dir", str(folder / "cache")),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if not answer.exists():
            said = (asked.stderr.strip() or "nothing was said").splitlines()[-1]
            raise CouldNotLook(f"pip-audit could not ask {url}: {said[:300]}")
        found = json.loads(answer.read_text())["dependencies"]
    told = {(canonical(each["name"]), each.get("version", "")) for each in found}
    missing = sorted(set(pins) - told)
    if missing:
        raise CouldNotLook(f"nothing was said of {missing}")
    return [
        Advisory(
            name=canonical(each["name"]),
            version=each["version"],
            ids=frozenset({vulnerable["id"], *vulnerable["aliases"]}),
            fixed_in=", ".join(vulnerable["fix_versions"]) or "no version yet",
            text=vulnerable["description"][:200],
        )
        for each in found
        for vulnerable in each["vulns"]
    ]


def passes(text: str, today: datetime.date) -> tuple[list[Passed], list[str]]:
    """Read what is let pass, and what is wrong with that."""
    found, wrong = [], []
    for entry in tomllib.loads(text).get("passed", []):
        one = Passed(entry["id"], str(entry.get("reason", "")).strip(), entry["until"])
        if len(one.reason) < 20:
            wrong.append(f"{one.id} is let pass without a reason; write one")
        if one.until <= today:
            wrong.append(f"{one.id} was let pass until {one.until}; look at it again")
        found.append(one)
    return found, wrong


def judge(
    found: list[Advisory], passed: list[Passed]
) -> tuple[list[Advisory], list[str]]:
    """Give what is not let pass, and which passes nothing needs."""
    ids = {one.id for one in passed}
    left = [each for each in found if not each.ids & ids]
    needed = {id for each in found for id in each.ids}
    idle = [f"no version has {one.id} any more; take it out" for one in passed]
    return left, [
        said for said, one in zip(idle, passed, strict=True) if one.id not in needed
    ]


def audit(
    pip_audit: str, *, url: str, constraints: str, passed: str, today: datetime.date
) -> tuple[int, str]:
    """Give the exit status and what is to be said."""
    known, wrong = passes(passed, today)
    try:
        pins = pinned(constraints)
        if not look_up(pip_audit, url, [KNOWN]):
            name, version = KNOWN
            raise CouldNotLook(
                f"{url} knows nothing of {name} {version}, which is vulnerable"
            )
        found = [
            advisory
            for one in rounds_of(pins)
            for advisory in look_up(pip_audit, url, one)
        ]
    except CouldNotLook as error:
        return BLIND, f"could not look: {error}"
    left, idle = judge(found, known)
    problems = [*wrong, *idle, *map(str, left)]
    if problems:
        return FOUND, "\n".join(problems)
    beside = f", {len(known)} advisories let pass" if known else ""
    return CLEAN, f"{len(pins)} versions, nothing known of any{beside}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().split("\n")[0])
    parser.add_argument("pip_audit")
    parser.add_argument("--url", default=OSV)
    parser.add_argument("--constraints", type=Path, default=ROOT / "constraints.txt")
    parser.add_argument("--passed", type=Path, default=ROOT / ".ci" / "advisories.toml")
    options = parser.parse_args()
    status, said = audit(
        options.pip_audit,
        url=options.url,
        constraints=options.constraints.read_text(),
        passed=options.passed.read_text(),
        today=datetime.datetime.now(datetime.UTC).date(),
    )
    print(said)
    return status


if __name__ == "__main__":
    sys.exit(main())
