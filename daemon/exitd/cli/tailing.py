"""`tail`: what happened, one block for each firing, read through the API."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import LOOK, OfEvent, OfTrigger
from exitd.cli.past_facts import LAST, past_facts
from exitd.cli.printing import note, say, say_json, say_loud
from exitd.cli.tree import add_command
from exitd.core.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from exitd.runtime.views import FactView

_LOUD = {
    "trigger.hit": "1;33",
    "order.refused": "1;31",
    "order.in_doubt": "1;31",
    "order.filled": "32",
    "exit.filled_at_broker": "32",
    "trigger.armed": "32",
}

_OF_A_CLOSE = ("position.changed", "position.closed")
#: Later than this after a hit, a position changes for another reason, for all we know.
_SOON_NS = 10 * NS_PER_S


def add_to(app: typer.Typer) -> None:
    add_command(app, tail, panel=LOOK)


def tail(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as things happen.")
    ] = False,
    trigger: OfTrigger = "",
    event: OfEvent = "",
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help=f"1h, 2d, a date or a time; the last {LAST} when not said.",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="One JSON document; with -f one for each line."),
    ] = False,
) -> int:
    """
    Show what happened: a block for each firing, its times counted from the hit.

    \b
    Examples:
      exitd tail -f
      exitd tail --trigger sol-core/sl --since 1d
      exitd tail --event 'order.*' --since 2030-01-01 --json
    """
    with connect() as client:
        facts, last_seq = past_facts(client, since, trigger=trigger, event=event)
        if json and not follow:
            say_json({"facts": facts})
            return ExitCode.OK
        printer = _as_json if json else Blocks().take
        for fact in facts if json else together(facts):
            printer(fact)
        if not follow:
            if not facts:
                note("nothing of that kind has happened")
            return ExitCode.OK
        try:
            for fact in client.follow(after=last_seq, event=event):
                if trigger in ("", fact.trigger_id):
                    printer(fact)
                    sys.stdout.flush()
        except KeyboardInterrupt:
            return ExitCode.OK
    note("the daemon has stopped")
    return ExitCode.OK


def _as_json(fact: FactView) -> None:
    import msgspec

    say(msgspec.json.encode(fact).decode())


def together(facts: Iterable[FactView]) -> list[FactView]:
    """Put the facts of each firing behind its first one, the rest as they came."""
    blocks: dict[str, list[FactView]] = {}
    for fact in facts:
        blocks.setdefault(fact.fire_id or f"{fact.seq}", []).append(fact)
    return [fact for block in blocks.values() for fact in block]


class Blocks:
    """Prints facts; those of one firing stand together under a head of their own.

    What the firing does to its position happens between them, and stands there too.
    """

    def __init__(self) -> None:
        self._fire_id = ""
        self._market = ("", "")
        self._hits: dict[str, int] = {}

    def take(self, fact: FactView) -> None:
        for text in self._lines(fact):
            say_loud(text, _LOUD.get(fact.event, ""))

    def _lines(self, fact: FactView) -> Iterator[str]:
        from exitd.cli.instants import nanoseconds_of

        fields = wording.fields(fact)
        ts_ns = nanoseconds_of(fact.ts)
        is_part = self._is_of_its_position(fact, ts_ns)
        if not fact.fire_id and not is_part:
            self._fire_id = ""
            who = fact.trigger_id or "/".join(filter(None, (fact.account, fact.symbol)))
            when = wording.clock_time(fact.ts)
            yield f"{when}  {fact.event:<18} {who}  {fields}".rstrip()
            return
        if not is_part and fact.fire_id != self._fire_id:
            again = "" if fact.fire_id not in self._hits else " goes on"
            self._fire_id = fact.fire_id
            self._market = (fact.account, fact.symbol)
            yield f"{wording.clock_time(fact.ts)}  {fact.fire_id} {fact.symbol}{again}"
        hit_ns = self._hits.setdefault(self._fire_id, ts_ns)
        after_ms = (ts_ns - hit_ns) / NS_PER_MS
        yield f"    {f'+{after_ms:.1f} ms':>14}  {fact.event:<18} {fields}".rstrip()

    def _is_of_its_position(self, fact: FactView, ts_ns: int) -> bool:
        """Whether it tells what the firing above it has just done to its position."""
        return (
            fact.event in _OF_A_CLOSE
            and (fact.account, fact.symbol) == self._market
            and self._fire_id in self._hits
            and ts_ns - self._hits[self._fire_id] < _SOON_NS
        )
