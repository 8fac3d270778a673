"""`test-rules` and `replay`: what the exits would do, tried out on prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import replaying
from exitd.cli.drawing_charts import write_chart
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import FILES, Json
from exitd.cli.printing import note, say, say_json, say_loud, say_table
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.configuration.findings import Finding
    from exitd.runtime.rehearsal.cases.case import Case
    from exitd.runtime.rehearsal.cases.trying import Row, Tried
    from exitd.runtime.rehearsal.track import Track


def add_to(app: typer.Typer) -> None:
    add_command(app, try_rules, name="test-rules", panel=FILES)
    replaying.add_to(app)


def try_rules(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files of tests, or directories of them.  [default: tests/ beside "
            "the files of $EXITD_CONFIG, or /etc/exitd/tests]",
            show_default=False,
        ),
    ] = None,
    charts: Annotated[
        Path | None,
        typer.Option(
            "--charts",
            metavar="DIR",
            help="Draw each case there, as an SVG named after file and case.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """
    Try the exits on made-up prices, and compare what fires with what must.

    A file of tests names positions, prices and what is expected of them. The engine is
    the one that runs live, on a clock that only the prices move; nothing is sent. Ends
    with 0 when everything is as expected, 1 when not, 78 when a file is not valid.

    \b
    Examples:
      exitd test-rules config/
      exitd test-rules config/tests/sol.yaml && exitd apply
    """
    from exitd.adapters.system.clock import SystemClock
    from exitd.cli.waiting import Waiting
    from exitd.configuration.findings import has_errors, in_order, render
    from exitd.runtime.rehearsal.cases.trying import try_case
    from exitd.runtime.rehearsal.track import Track

    cases, findings = _read(_files(paths or [_default()]))
    if has_errors(findings):
        if json:
            _say_invalid(findings)
        else:
            say(render(in_order(findings)))
        return ExitCode.CONFIGURATION
    tried: list[Tried] = []
    with Waiting("rehearsing", SystemClock()) as waiting:
        for number, case in enumerate(cases):
            waiting.tell(number, len(cases))
            track = Track() if charts is not None else None
            tried.append(try_case(case, track))
            if charts is not None and track is not None:
                _draw(charts, tried[-1], track)
    if json:
        _say_tried_as_json(tried)
    else:
        _say_tried(tried)
    return ExitCode.OK if all(one.is_ok for one in tried) else ExitCode.FAILED


def _default() -> Path:
    from exitd.configuration.sources import root_of
    from exitd.settings import read_settings

    return root_of(read_settings().config) / "tests"


def _files(paths: list[Path]) -> list[Path]:
    """Give the files of tests that *paths* mean, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inner = path / "tests"
        place = inner if inner.is_dir() else path
        if not place.is_dir():
            found[place] = None
            continue
        files = sorted(place.glob("*.yaml"))
        if not files:
            raise CommandFailed(
                f"there are no tests in {place}; write one for each file of conf.d,"
                " under the same name"
            )
        found |= dict.fromkeys(files)
    return list(found)


def _read(files: list[Path]) -> tuple[list[Case], list[Finding]]:
    import os

    from exitd.configuration.sources import read_bytes
    from exitd.runtime.rehearsal.cases.reading import read_cases

    cases: list[Case] = []
    findings: list[Finding] = []
    for path in files:
        try:
            raw = read_bytes(path)
        except OSError as error:
            raise CommandFailed(
                f"{path} cannot be read: {error.strerror}; name a file of tests"
            ) from error
        read, found = read_cases(path, raw, dict(os.environ))
        cases += read
        findings += found
    return cases, findings


def _draw(charts: Path, tried: Tried, track: Track) -> None:
    from exitd.adapters.charts.picture import pictured

    case = tried.case
    stem = Path(case.document.file).stem
    name = f"{stem}-{case.name}" if case.name else stem
    picture = pictured(
        case.name.replace("-", " ") or stem,
        track,
        tried.report,
        case.definitions,
        since_ns=case.start_ns,
    )
    write_chart(charts / f"{name}.svg", picture)


def _say_tried(tried: list[Tried]) -> None:
    from exitd.configuration.findings import render

    for one in tried:
        name = f": {one.case.name}" if one.case.name else ""
        say_loud(f"{one.case.document.file}{name}", "1")
        rows = [_cells(one, row) for row in one.rows]
        if rows:
            say_table(("at", "exit", "(what it did)", ""), rows, numbers="at")
        else:
            say("nothing fired, as expected")
        if one.findings:
            say(render(one.findings))
        say()
    failed = sum(not one.is_ok for one in tried)
    many = "case" if len(tried) == 1 else "cases"
    note(
        f"{len(tried)} {many}: {failed} not as expected"
        if failed
        else f"{len(tried)} {many}, all as expected"
    )


def _cells(tried: Tried, row: Row) -> tuple[str, str, str, str]:
    from exitd.runtime.rehearsal.wording import did_words, offset_words

    if row.fired is None:
        assert row.expected is not None
        at_ns = row.expected.at_ns
        at = "" if at_ns is None else offset_words(at_ns - tried.case.start_ns)
        return at, row.expected.trigger_id, "did not fire", "missing"
    fired = row.fired
    verdict = "ok" if not row.differences else "differs"
    if row.expected is None:
        verdict = "unexpected" if row.differences else "also"
    at = offset_words(fired.ts_ns - tried.case.start_ns)
    return at, fired.trigger_id, did_words(fired), verdict


def _say_invalid(findings: list[Finding]) -> None:
    from exitd.configuration.findings import as_json

    say_json({"is_valid": False, "is_ok": False, "findings": as_json(findings)})


def _say_tried_as_json(tried: list[Tried]) -> None:
    from exitd.configuration.findings import as_json
    from exitd.runtime.rehearsal.views import report_view

    say_json(
        {
            "is_valid": True,
            "is_ok": all(one.is_ok for one in tried),
            "cases": [
                {
                    "file": one.case.document.file,
                    "case": one.case.name,
                    "is_ok": one.is_ok,
                    "report": report_view(one.report),
                    "findings": as_json(one.findings),
                }
                for one in tried
            ],
        }
    )
