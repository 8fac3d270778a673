"""`record`: prices as they come, into a file that `replay` reads."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import RUN, Config, Json
from exitd.cli.printing import note, say_json, say_table
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.app.recording import Recording
    from exitd.configuration.loaded import AccountSettings
    from exitd.core.market import PriceSource


def add_to(app: typer.Typer) -> None:
    add_command(app, record, panel=RUN)


def record(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A new file: .csv, .csv.gz or .parquet.  [default: prices-<time>.csv]",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="VENUE/SYMBOL/KIND",
            help="What to record; may be repeated. A kind is mark, index, last,"
            " last_close.15m, last_close.15m.closed or bid_ask.  [default: all that"
            " the exits watch]",
            show_default=False,
        ),
    ] = None,
    duration: Annotated[
        str,
        typer.Option("--for", metavar="DURATION", help="Stop after so long, as in 1h."),
    ] = "",
    json: Json = False,
) -> int:
    """
    Write prices down as they come, one row each, until Ctrl-C.

    They come from the venues of the configuration; no keys are needed. Every row has
    the venue's instant and ours. A CSV file is complete up to the last second however
    this ends; a Parquet file can be read once it has ended.

    \b
    Examples:
      exitd record
      exitd record sol.csv.gz --source backpack/SOL_USDC_PERP/mark --for 1h
    """
    from exitd.adapters.recording.writing import open_recorder
    from exitd.adapters.system.clock import SystemClock
    from exitd.app.recording import Recording

    for_s = _seconds(duration) if duration else None
    clock = SystemClock()
    accounts, sources = _chosen(config, source or [], clock.now_ns())
    path = file or Path(f"prices-{_stamp(clock.now_ns())}.csv")
    counter = _Counter()
    recording = Recording(
        accounts,
        sources,
        open_recorder(path),
        clock,
        tell=counter.tell,
        show=lambda: counter.show(recording.counts.values()),
    )
    note(f"recording {len(sources)} price sources into {path}; Ctrl-C ends it")
    asyncio.run(_run(recording, for_s))
    counter.clear()
    return _say(path, recording, json=json)


def _seconds(duration: str) -> float:
    from exitd.configuration.values import read_positive_duration_ns
    from exitd.core.units import NS_PER_S

    try:
        return read_positive_duration_ns(duration) / NS_PER_S
    except ValueError as wrong:
        raise WrongUsage(f"--for {duration}: {wrong}") from None


def _stamp(now_ns: int) -> str:
    from exitd.cli.instants import as_timestamp

    return as_timestamp(now_ns).replace("-", "").replace(":", "")


def _chosen(
    config: Path | None, written: list[str], now_ns: int
) -> tuple[dict[str, AccountSettings], list[PriceSource]]:
    """Read the files, and what is to be recorded by them."""
    import os

    from exitd.configuration.load import load
    from exitd.configuration.triggers import definitions
    from exitd.errors import ConfigurationError
    from exitd.runtime.rehearsal.recorded import named_sources, watched_sources
    from exitd.settings import read_settings

    path = config or read_settings().config
    loaded = load(path, dict(os.environ), now_ns=now_ns)
    if loaded.has_errors:
        raise ConfigurationError(one for one in loaded.findings if one.is_error)
    if loaded.settings is None:
        raise ConfigurationError(
            f"{path} has no exitd.yaml beside it, which says where the venues are"
        )
    accounts = loaded.settings.accounts
    if written:
        named = [named_sources(one, accounts) for one in written]
        return accounts, list(dict.fromkeys(s for some in named for s in some))
    watched = watched_sources(definitions(loaded, now_ns=now_ns))
    if not watched:
        raise ConfigurationError(
            f"no exit in {path} watches a price; name some with --source"
        )
    return accounts, list(watched)


async def _run(recording: Recording, for_s: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await recording.run(stop, for_s)


class _Counter:
    """One line on a terminal that counts, and sentences between."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def show(self, counts: Iterable[int]) -> None:
        if self._is_shown:
            print(
                f"\r\x1b[K{sum(counts):,} prices", end="", file=sys.stderr, flush=True
            )

    def tell(self, sentence: str) -> None:
        self.clear()
        note(sentence)

    def clear(self) -> None:
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _say(path: Path, recording: Recording, *, json: bool) -> int:
    counts = recording.counts
    total = sum(counts.values())
    if json:
        by_name = {str(source): count for source, count in counts.items()}
        say_json({"file": str(path), "prices": total, "counts": by_name})
    else:
        rows = [(str(source), f"{count:,}") for source, count in counts.items()]
        say_table(("(source)", "prices"), rows, numbers="prices")
        note(f"{total:,} prices in {path}")
    if not total:
        raise CommandFailed(
            "no price came; see above whether the venues were reached, and with"
            " `exitd check --online` whether they have these markets"
        )
    return ExitCode.OK
