"""`check`: what is wrong with the files, before anything runs on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import FILES, Json
from exitd.cli.printing import note, say, say_json
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.configuration.loaded import Loaded


def add_to(app: typer.Typer) -> None:
    add_command(app, check, panel=FILES)


def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="A directory, its exitd.yaml, or one file of positions.  "
            "[default: $EXITD_CONFIG, or /etc/exitd/exitd.yaml]",
            show_default=False,
        ),
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Ask the venues too: symbols, price steps, minimums, which side of "
            "the price a level is on.",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """
    Say what is wrong with the files, as file:line:column, and do nothing else.

    Ends with 0 when exitd can run on them (warnings allowed), with 78 when not.

    \b
    Examples:
      exitd check
      exitd check config/conf.d/sol.yaml
      exitd check --online && systemctl reload exitd
    """
    import asyncio
    import os

    from exitd.adapters.system.clock import SystemClock
    from exitd.app.installed import check_installed
    from exitd.configuration.findings import as_json, has_errors, in_order, render
    from exitd.configuration.load import load
    from exitd.settings import read_settings

    chosen = path or read_settings().config
    loaded = load(chosen, dict(os.environ), now_ns=SystemClock().now_ns())
    findings = in_order((*loaded.findings, *check_installed(loaded)))
    if online and not loaded.has_errors:
        from exitd.app.asking_venues import check_online

        findings = in_order((*findings, *asyncio.run(check_online(loaded))))
    is_bad = has_errors(findings)
    if json:
        say_json(
            {
                "is_valid": not is_bad,
                "files": [file.name for file in loaded.files],
                "positions": len(loaded.positions),
                "exits": sum(len(p.exits) for p in loaded.positions),
                "findings": as_json(findings),
            }
        )
    else:
        if findings:
            say(render(findings))
        if not is_bad:
            note(_summary(loaded))
    return ExitCode.CONFIGURATION if is_bad else ExitCode.OK


def _summary(loaded: Loaded) -> str:
    exits = sum(len(position.exits) for position in loaded.positions)
    files = len(loaded.files)
    mode = loaded.settings.file.mode if loaded.settings is not None else "?"
    paper = " (PAPER, NOT PROTECTING)" if mode == "paper" else ""
    return (
        f"ok: {files} file{'s' if files != 1 else ''},"
        f" {len(loaded.positions)} position{'s' if len(loaded.positions) != 1 else ''},"
        f" {exits} exit{'s' if exits != 1 else ''}, mode {mode}{paper}"
    )
