"""`run`, the daemon itself, and `sim`, the simulated exchange."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import RUN, Config, Json
from exitd.cli.printing import note, say, say_json
from exitd.cli.tree import add_command

T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    add_command(app, run, panel=RUN)
    add_command(app, sim, panel=RUN)


def run(config: Config = None) -> int:
    """
    Run the daemon until SIGTERM or Ctrl-C.

    systemd calls this. SIGHUP and every edit of the files reload them; a file that is
    not valid changes nothing, and the log says what is wrong with it. With a valid set
    from an earlier run, even a start with broken files protects what that set said.

    \b
    Examples:
      exitd run --config ./config
      exitd run --config /etc/exitd/exitd.yaml 2>&1 | tee exitd.log
    """
    from exitd.app import run_daemon
    from exitd.settings import read_settings

    settings = read_settings()
    path = config or settings.config
    return run_loop(run_daemon(path, settings))


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* on uvloop where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        uvloop: Any = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def sim(
    port: Annotated[
        int, typer.Option("--port", help="Where to listen; 0 for a free port.")
    ] = 8899,
    script: Annotated[
        Path | None,
        typer.Option(
            "--script",
            metavar="FILE",
            help="YAML or JSON: markets, price paths, positions, faults.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed gives the same prices.")
    ] = 0,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on.")
    ] = "127.0.0.1",
    cadence_ms: Annotated[
        int | None,
        typer.Option(
            "--cadence-ms",
            min=1,
            metavar="MS",
            help="How often prices move.",
            show_default="1000",
        ),
    ] = None,
    paused: Annotated[
        bool, typer.Option("--paused", help="Hold the price paths until told.")
    ] = False,
    rate_limited: Annotated[
        bool, typer.Option("--rate-limited", help="Enforce the request limits.")
    ] = False,
    quirk: Annotated[
        list[str] | None,
        typer.Option(
            "--quirk",
            metavar="NAME=VALUE",
            help="What the real exchange leaves open; may be repeated.",
        ),
    ] = None,
    ping_interval_s: Annotated[
        float | None,
        typer.Option(
            "--ping-interval-s",
            min=0.01,
            metavar="S",
            help="How often sockets are pinged.",
            show_default="60",
        ),
    ] = None,
    write_keys: Annotated[
        Path | None,
        typer.Option(
            "--write-keys",
            metavar="DIR",
            help="First write a new key pair there: backpack_key, backpack_secret.",
        ),
    ] = None,
    end_with_stdin: Annotated[
        bool, typer.Option("--end-with-stdin", hidden=True)
    ] = False,
    json: Json = False,
) -> int:
    """
    Run the simulated exchange: Backpack's protocol, prices by script or seed.

    Prints its URL once it listens. Any Ed25519 key is an account of its own, opened
    with a test balance. Under /sim/ it is controlled: prices, positions, faults.

    \b
    Examples:
      exitd sim --port 8899 --seed 7
      exitd sim --port 0 --script crash.yaml
      exitd sim --write-keys ./credentials
      curl -d '{"symbol": "SOL_USDC_PERP", "mark": "131", "last": "131"}' \\
           http://127.0.0.1:8899/sim/prices
    """
    from exitd.simulator.exchange import CADENCE_MS, PING_INTERVAL_S, Settings
    from exitd.simulator.serve import main

    def ready(found: int) -> None:
        url = f"http://{host}:{found}"
        if json:
            say_json({"url": url, "port": found})
        else:
            say(url)
            note("Ctrl-C stops it.")
        sys.stdout.flush()

    if write_keys is not None:
        _write_keys(write_keys)
    if end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    settings = Settings(
        seed=seed,
        cadence_ms=cadence_ms or CADENCE_MS,
        paused=paused,
        rate_limited=rate_limited,
        ping_interval_s=ping_interval_s or PING_INTERVAL_S,
        quirks=dict(each.partition("=")[::2] for each in quirk or ()),
    )
    main(host, port, script, seed, settings=settings, on_ready=ready)
    return ExitCode.OK


def _write_keys(folder: Path) -> None:
    """
    Write a key pair that nobody has; a file that holds something is left alone.

    Raises:
        CommandFailed: A file is there, or cannot be written.
    """
    from exitd.adapters.backpack.signing import throwaway_keys

    names = ("backpack_key", "backpack_secret")
    for path in (folder / name for name in names):
        if path.exists() and path.stat().st_size:
            raise CommandFailed(
                f"{path} holds a key already and was left alone; name another folder"
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in zip(names, throwaway_keys(), strict=True):
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(f"{value.reveal()}\n")
    except OSError as error:
        raise CommandFailed(
            f"{folder} cannot be written ({error.strerror}); name another folder"
        ) from error


def _end_with_stdin() -> None:
    """End this process when whoever started it is gone, however that happened."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
