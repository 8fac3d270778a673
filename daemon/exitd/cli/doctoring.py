"""`doctor`: what is wrong around the daemon, one line each, with the remedy."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import WrongUsage
from exitd.cli.options import LOOK, Account, Config, DryRun, Json, Yes
from exitd.cli.printing import TABLE_WIDTH, say, say_json, styled_on_terminal
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.app.doctor.scene import Scene
    from exitd.app.doctor.verdict import Check
    from exitd.runtime.views import StatusView

#: Before this a person waits without asking what for.
PROGRESS_AFTER_S = 2.0
_VERDICT, _CHECK = 8, 14
_STYLES = {"ok": "32", "warn": "33", "fail": "1;31", "unknown": "36"}


def add_to(app: typer.Typer) -> None:
    add_command(app, doctor, panel=LOOK)


def doctor(
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Ask a venue what its documents leave open, with orders of minimum "
            "size against a position of yours.",
        ),
    ] = False,
    account: Account = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Look at everything a daemon depends on, and say what is wrong and what to do.

    Clock, keys, hosts, disk, modes, database, lock, copies, unit, ports, history. It
    changes nothing, here or at a venue. Ends with 1 where something fails.

    With --live it asks a Backpack account what nobody knows of Backpack: reduce-only
    limit orders of minimum size, far from the price, cancelled at once. The answers
    are kept; `exitd doctor` shows them. Open a position of minimum size for it.

    \b
    Examples:
      exitd doctor
      exitd doctor --json | jq '.checks[] | select(.verdict == "fail")'
      exitd doctor --live --account backpack --dry-run
    """
    if live:
        from exitd.cli.asking_live import ask_live

        return ask_live(scene_of(config), account, dry_run=dry_run, yes=yes, json=json)
    if account or dry_run or yes:
        raise WrongUsage("--account, --dry-run and --yes go with --live")
    checks = asyncio.run(_examined(scene_of(config)))
    if json:
        say_json(document(checks))
    else:
        say_checks(checks)
    has_failed = any(check.verdict == "fail" for check in checks)
    return ExitCode.FAILED if has_failed else ExitCode.OK


def scene_of(config: Path | None) -> Scene:
    """Read the files, and ask the daemon how it does, if one answers."""
    from exitd.app.doctor.scene import look
    from exitd.cli.asking import socket_of
    from exitd.settings import read_settings

    settings = read_settings()
    status, silence = _status()
    is_named = "config" in settings.model_fields_set
    if config is None and status is not None and not is_named:
        # The files of the daemon that answers, wherever it was told to find them.
        config = Path(status.configuration.path)
    return look(
        config or settings.config,
        settings,
        socket=socket_of(settings),
        status=status,
        silence=silence,
    )


def _status() -> tuple[StatusView | None, str]:
    from exitd.cli.asking import ask
    from exitd.client import calls
    from exitd.client.errors import ClientError, DaemonUnreachable

    try:
        return ask(calls.status()), ""
    except DaemonUnreachable:
        return None, "none answers: nothing is protected by exitd here"
    except ClientError as error:
        return None, f"it does not say how it does: {error}"


async def _examined(scene: Scene) -> list[Check]:
    from exitd.app.doctor.examining import examine

    progress = Progress(is_shown=sys.stderr.isatty())
    asking = asyncio.ensure_future(examine(scene, progress.on_progress))
    done, _ = await asyncio.wait({asking}, timeout=PROGRESS_AFTER_S)
    if not done:
        progress.begin()
    try:
        return await asking
    finally:
        progress.end()


class Progress:
    """One line on a terminal that says what is waited for; gone at the end."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._has_begun = False
        self._line = ""

    def on_progress(self, ended: int, total: int, left: Sequence[str]) -> None:
        waits = f", waiting for {', '.join(left)}" if left else ""
        self._line = f"{ended} of {total} checks{waits}"[: TABLE_WIDTH - 1]
        self._write(self._line)

    def begin(self) -> None:
        self._has_begun = True
        self._write(self._line)

    def end(self) -> None:
        self._write("")

    def _write(self, line: str) -> None:
        if self._is_shown and self._has_begun:
            # ECMA-48: to the beginning of the line, and clear it.
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def document(checks: Sequence[Check]) -> dict[str, object]:
    """Give what --json prints; its keys are stable, see docs/operating.md."""
    verdicts = [check.verdict.value for check in checks]
    worst = next((v for v in ("fail", "warn", "unknown") if v in verdicts), "ok")
    return {
        "worst": worst,
        "counts": {v: verdicts.count(v) for v in ("ok", "unknown", "warn", "fail")},
        "checks": checks,
    }


def say_checks(checks: Sequence[Check]) -> None:
    """Write a line for each check, the remedy below, in 80 columns."""
    for check in checks:
        for line in lines_of(check):
            say(line)
    counted = document(checks)["counts"]
    assert isinstance(counted, dict)
    say(", ".join(f"{number} {verdict}" for verdict, number in counted.items()))


def lines_of(check: Check) -> list[str]:
    verdict = check.verdict.value
    about = f"{check.about}: " if check.about else ""
    head = f"{verdict:<{_VERDICT}}{check.check:<{_CHECK}}"
    lines = _wrapped(head, f"{about}{check.text}")
    if check.remedy and verdict != "ok":
        lines += _wrapped(" " * len(head), f"→ {check.remedy}")
    lines[0] = styled_on_terminal(verdict, _STYLES[verdict]) + lines[0][len(verdict) :]
    return lines


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        TABLE_WIDTH,
        initial_indent=head,
        subsequent_indent=" " * (_VERDICT + _CHECK),
        break_long_words=False,
        break_on_hyphens=False,
    )
