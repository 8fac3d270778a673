"""`demo`: the whole daemon at work on a simulated exchange, in a minute."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import RUN
from exitd.cli.printing import complain, note, say_json
from exitd.cli.tree import add_command


def add_to(app: typer.Typer) -> None:
    add_command(app, demo, panel=RUN)


def demo(
    until_exit: Annotated[
        bool,
        typer.Option(
            "--until-exit",
            help="End once an exit has filled, and print it as one JSON object.",
        ),
    ] = False,
    logs: Annotated[
        bool, typer.Option("--logs", help="Show the daemon's log lines as well.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="The same as --until-exit.")
    ] = False,
) -> int:
    """
    Watch exits fire on a simulated exchange; needs no keys and no network.

    The daemon is the real one: its engine, store, HTTP and logs. The exchange is a
    process of its own beside it. Prices rise through a take-profit and fall through a
    stop within 20 seconds, and again every half minute. All of it is gone afterwards.

    \b
    Examples:
      exitd demo
      exitd demo --until-exit | jq .frame_to_order_ms
    """
    folder = Path(tempfile.mkdtemp(prefix="exitd-demo-"))
    try:
        return _demo(folder, ends_with_exit=until_exit or json, shows_logs=logs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _demo(folder: Path, *, ends_with_exit: bool, shows_logs: bool) -> int:
    from exitd.adapters.backpack.signing import throwaway_keys
    from exitd.cli.demo.exchange import ExchangeProcess
    from exitd.cli.demo.scenario import (
        CADENCE_MS,
        Stage,
        free_address,
        write_configuration,
        write_script,
    )

    # Any key opens an account at the simulated exchange.
    key, secret = throwaway_keys()
    stage = Stage(folder=folder, key=key, secret=secret, bind=free_address())
    write_script(stage)
    note("exitd demo: the real daemon on a simulated exchange; no real order is sent.")
    with ExchangeProcess(stage.script, cadence_ms=CADENCE_MS) as exchange:
        # The daemon's modules load while the exchange starts.
        from exitd.cli.demo.director import Director
        from exitd.cli.running import run_loop

        url = exchange.wait_ready()
        level = "info" if ends_with_exit or shows_logs else "error"
        write_configuration(stage, url, level=level)
        director = Director(
            stage,
            exchange,
            ends_with_exit=ends_with_exit,
            tell=note,
            command=_command(),
        )
        director.open_position()
        status = run_loop(director.perform())
    if not ends_with_exit:
        note("\nStopped; nothing of the demonstration is left.")
        return status
    if director.first_exit is None:
        complain("the demonstration ended before an exit filled; run it again")
        return ExitCode.FAILED
    say_json(director.first_exit)
    return ExitCode.OK


def _command() -> str:
    return "exitd" if shutil.which("exitd") else "./exitd"
