"""
The look-up of known vulnerabilities itself: does it see what there is to see?

Run by CI with a real pip-audit:

    PYTHONPATH=tests python tests/third_party/advised.py PIP_AUDIT

A database of our own speaks OSV's protocol on a real socket. It shows that all of
constraints.txt is asked for, that a vulnerable version is found, that a clean set
passes, and that the look-up fails where the database is not there, breaks off, knows
nothing at all, or leaves a version out.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from third_party.advisories import BLIND, CLEAN, FOUND, KNOWN, ROOT, audit, pinned

TODAY = datetime.date(2027, 1, 15)
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
NO_PASSES = (ROOT / ".ci" / "advisories.toml").read_text()
#: The whole takes seconds each time.
SHORT = "\n".join(re.findall(r"^http.*", CONSTRAINTS, re.MULTILINE))
HTTPX = next(pin for pin in pinned(CONSTRAINTS) if pin[0] == "httpx")
PASS = """
[[passed]]
id = "CVE-2026-0002"
reason = "exitd sends no request of this kind"
until = {until}
"""


def advisory(name: str, number: int) -> dict[str, Any]:
    """Make one as OSV has it."""
    return {
        "schema_version": "1.7.3",
        "id": f"GHSA-aaaa-bbbb-{number:04}",
        "aliases": [f"CVE-2026-{number:04}", f"PYSEC-2026-{number}"],
        "summary": f"Something is wrong with {name}",
        "modified": "2026-10-01T00:00:00Z",
        "published": "2026-10-01T00:00:00Z",
        "affected": [
            {
                "package": {"name": name, "ecosystem": "PyPI"},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, {"fixed": "99.0"}],
                    }
                ],
            }
        ],
    }


class Database:
    """Advisories by name and version; `asked` is what somebody wanted to know."""

    def __init__(self) -> None:
        self.advisories = {KNOWN: advisory(KNOWN[0], 1)}
        self.asked: list[tuple[str, str]] = []
        self.breaks_off_after: int | None = None
        self.url = ""

    def answer(self, query: dict[str, Any]) -> dict[str, Any]:
        wanted = query["package"]["name"], query["version"]
        assert query["package"]["ecosystem"] == "PyPI"
        self.asked.append(wanted)
        found = self.advisories.get(wanted)
        return {} if found is None else {"vulns": [found]}

    @property
    def is_broken(self) -> bool:
        most = self.breaks_off_after
        return most is not None and len(self.asked) >= most


@contextmanager
def serving(database: Database) -> Iterator[Database]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            query = json.loads(self.rfile.read(size))
            if database.is_broken:
                self.send_error(503)
                return
            body = json.dumps(database.answer(query)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    database.url = f"http://127.0.0.1:{server.server_port}/v1/query"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield database
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def expect(
    what: str, pip_audit: str, database: Database, status: int, *said: str, **how: Any
) -> None:
    """Look up, and compare; an AssertionError says what is not as it should be."""
    options = {"constraints": SHORT, "passed": NO_PASSES, **how}
    found, text = audit(pip_audit, url=database.url, today=TODAY, **options)
    assert found == status, f"{what}: {found} and not {status}: {text}"
    for part in said:
        assert part in text, f"{what}: no '{part}' in: {text}"
    print(f"ok: {what}")


def run(pip_audit: str) -> int:
    database = Database()
    few = "a==1\nHttpx==9 ; sys_platform == 'win32'\na==2 ; python_version > '4'\n"
    with serving(database):
        expect(
            "a clean set passes",
            *(pip_audit, database, CLEAN, "nothing known of any"),
            constraints=CONSTRAINTS,
        )
        assert set(pinned(CONSTRAINTS)) <= set(database.asked), "some were not asked of"
        expect(
            "every version counts, for whatever Python it is",
            *(pip_audit, database, CLEAN, "3 versions"),
            constraints=few,
        )
        assert {("a", "1"), ("a", "2"), ("httpx", "9")} <= set(database.asked)

        database.advisories[HTTPX] = advisory("httpx", 2)
        named = (f"httpx {HTTPX[1]}", "CVE-2026-0002", "fixed in 99.0")
        expect("a vulnerable version", pip_audit, database, FOUND, *named)
        passed = PASS.format(until="2027-01-16")
        expect(
            "one that is let pass",
            *(pip_audit, database, CLEAN, "1 advisories let pass"),
            passed=passed,
        )
        expect(
            "one that was let pass long enough",
            *(pip_audit, database, FOUND, "look at it again"),
            passed=PASS.format(until="2027-01-15"),
        )
        expect(
            "one that is let pass for no reason",
            *(pip_audit, database, FOUND, "without a reason"),
            passed=passed.replace("exitd sends no request of this kind", "ok"),
        )
        del database.advisories[HTTPX]
        expect(
            "a pass that nothing needs",
            *(pip_audit, database, FOUND, "no version has CVE-2026-0002"),
            passed=passed,
        )

        del database.advisories[KNOWN]
        expect("a database of nothing", pip_audit, database, BLIND, "knows nothing of")
        database.advisories[KNOWN] = advisory(KNOWN[0], 1)
        database.breaks_off_after = len(database.asked) + 2
        expect("one that breaks off", pip_audit, database, BLIND, "could not look")
        expect(
            "a line that pins nothing",
            *(pip_audit, database, BLIND, "pins no version"),
            constraints="httpx>=1\n",
        )
    expect("one that is not there", pip_audit, database, BLIND, "could not ask")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
