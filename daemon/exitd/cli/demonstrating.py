"""`demo`: the whole daemon at work on a simulated exchange, in a minute."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
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
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep files and state there; killed, it goes on from there.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="The same as --until-exit.")
    ] = False,
) -> int:
    """
    Watch exits fire on a simulated exchange; needs no keys and no network.

    The daemon is the real one: its engine, store, HTTP and logs. The exchange is a
    process of its own beside it. Prices rise through a take-profit and fall through a
    stop within 20 seconds, and again every half minute. All of it is gone afterwards,
    unless --keep names a folder: then it may be killed, by kill -9 too, and started
    again with the same folder, while the exchange runs on.

    \b
    Examples:
      exitd demo
      exitd demo --until-exit | jq .frame_to_order_ms
      exitd demo --keep ./demonstration
    """
    with _folder(keep) as folder:
        return _demo(
            folder,
            ends_with_exit=until_exit or json,
            shows_logs=logs,
            is_kept=keep is not None,
        )


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    from exitd.cli.demo.exchange import exchange_left_in

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="exitd-demo-") as folder:
            yield Path(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()) and exchange_left_in(keep) is None:
        raise CommandFailed(
            f"{keep} is not empty, and no exchange of a demonstration runs there; "
            "name another folder for --keep, or remove it"
        )
    yield keep.resolve()


def _demo(
    folder: Path, *, ends_with_exit: bool, shows_logs: bool, is_kept: bool
) -> int:
    from exitd.cli.demo.exchange import exchange_for
    from exitd.cli.demo.scenario import (
        CADENCE_MS,
        stage_in,
        write_configuration,
        write_script,
    )

    stage = stage_in(folder)
    goes_on = stage.config.exists()
    write_script(stage)
    note("exitd demo: the real daemon on a simulated exchange; no real order is sent.")
    with exchange_for(stage.script, cadence_ms=CADENCE_MS, is_kept=is_kept) as exchange:
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
        if not goes_on:
            director.open_position()
        status = run_loop(director.perform())
    if not ends_with_exit:
        left = f"{folder} keeps its files" if is_kept else "nothing of it is left"
        note(f"\nStopped; {left}.")
        return status
    if director.first_exit is None:
        complain("the demonstration ended before an exit filled; run it again")
        return ExitCode.FAILED
    say_json(director.first_exit)
    return ExitCode.OK


def _command() -> str:
    return "exitd" if shutil.which("exitd") else "./exitd"
