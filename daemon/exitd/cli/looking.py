"""`status`, `ls`, `show` and `explain`: they only look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli import wording
from exitd.cli.asking import all_triggers, ask, connect, note_mode
from exitd.cli.entering import all_entries, is_entry_id, say_entries, say_entry
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import LOOK, Account, Json, TriggerId
from exitd.cli.printing import note, say, say_json, say_section, say_table
from exitd.cli.short_ids import whole_id
from exitd.cli.tree import add_command

if TYPE_CHECKING:
    from exitd.runtime.entry_views import EntryView
    from exitd.runtime.views import (
        ConfigurationView,
        FactView,
        PositionView,
        StatusView,
        TriggerView,
    )


_NONE = "no triggers; write some into conf.d/, or see `exitd add --help`"
_NONE_ASKED_FOR = "no trigger is like that; `exitd ls --all` lists all there are"


def add_to(app: typer.Typer) -> None:
    for command in (status, ls, show, explain):
        add_command(app, command, panel=LOOK)


def status(json: Json = False) -> int:
    """
    Say how the daemon does: mode, readiness, triggers, positions, feeds, files.

    \b
    Examples:
      exitd status
      exitd status --json | jq .reasons
    """
    from exitd.client import calls

    found = ask(calls.status())
    if json:
        say_json(found)
    else:
        for head, text in status_lines(found):
            say(f"{head:<10} {text}")
    return ExitCode.OK


def status_lines(status: StatusView) -> list[tuple[str, str]]:
    """Say how the daemon does, a head and a text for each line."""
    ready = "ready" if status.is_ready else "NOT READY"
    up = wording.span(status.uptime_s)
    lines = [(status.banner, f"exitd {status.version}, up {up}, {ready}")]
    lines += [("", reason) for reason in status.reasons]
    lines.append(("triggers", _counted(status.triggers) or "none"))
    if status.entries:
        lines.append(("entries", _counted(status.entries)))
    # On paper and standing by, exits watch and send nothing.
    word = "watched" if "NOT PROTECTING" in status.banner else "protected"
    guarded = f", all {word}" if status.positions else ""
    if status.unprotected:
        guarded = f", {len(status.unprotected)} NOT PROTECTED"
    lines.append(("positions", f"{status.positions} open{guarded}"))
    lines += [("", hole) for hole in status.unprotected]
    for number, line in enumerate(wording.feed_lines(status.feeds)):
        lines.append(("feeds" if number == 0 else "", line))
    if status.last_exit is not None:
        lines.append(("last exit", wording.fire_line(status.last_exit)))
    lines += _file_lines(status.configuration)
    for account, known in status.answers.items():
        lines.append(("venue", f"{account}: {known}"))
    backlog = f", {status.store_backlog} waiting" if status.store_backlog else ""
    lines.append(("store", f"{status.store}{backlog}"))
    return lines


def _counted(states: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in states.items())


def _file_lines(files: ConfigurationView) -> list[tuple[str, str]]:
    if files.errors:
        word = "NOT VALID; the earlier set is in force"
    elif files.held:
        word = "a newer set waits for `exitd apply`"
    else:
        word = "in force" if files.is_in_sync else "not read yet"
    lines = [("files", f"{files.path}: {word}")]
    lines += [("", text) for text in (*files.errors, *files.held)]
    if files.drift:
        lines.append(("", f"paused by hand: {', '.join(files.drift)}"))
    if files.restart_for:
        changed = ", ".join(files.restart_for)
        lines.append(("", f"changed since the start: {changed}; restart exitd for it"))
    return lines


def ls(
    account: Account = "",
    symbol: Annotated[str, typer.Option("--symbol", metavar="SYMBOL")] = "",
    position: Annotated[
        str,
        typer.Option("--position", metavar="NAME", help="A position of the files."),
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state",
            metavar="STATE",
            help="waiting, armed, confirming, stale, paused, firing, working, or why it"
            " is done.",
        ),
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="stop_loss, take_profit, trailing, above, below, at_time, max_hold.",
        ),
    ] = "",
    owner: Annotated[
        str,
        typer.Option(
            "--owner", metavar="OWNER", help="Such as 'file:*', 'cli:*' or 'api:bot'."
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Those that are done as well.")
    ] = False,
    positions: Annotated[
        bool,
        typer.Option("--positions", help="Positions and what protects them."),
    ] = False,
    json: Json = False,
) -> int:
    """
    List triggers with their levels and how far the price is from them; below them,
    entries of alerts that may still fill or whose exits the broker holds.

    A trail shows its stop of now, and how it was asked for beside its kind; an exit
    at a time shows when, in UTC. On a terminal a table; in a pipe one line each, its
    columns between tabs. Of an id such as trg_01JG5K… its beginning is enough for
    other commands.

    \b
    Examples:
      exitd ls
      exitd ls --positions
      exitd ls --symbol SOL_USDC_PERP --state armed --json
    """
    from exitd.client import calls

    of_triggers = {"position": position, "state": state, "kind": kind, "owner": owner}
    is_asked = any(of_triggers.values())
    if not everything and not state:
        # Those that are done may be many, and are years old.
        of_triggers["state"] = "active"
    place = {"account": account, "symbol": symbol}
    entries: list[EntryView] = []
    with connect() as client:
        status = client.ask(calls.status())
        if positions:
            held = client.ask(calls.positions()).positions
            return _say_positions(held, status.banner, json=json)
        found = all_triggers(client, **place, **of_triggers)
        if not is_asked:
            entries = all_entries(client, **place, everything=everything)
    if not everything:
        # What has filled is guarded by triggers that stand in the list.
        entries = [e for e in entries if not e.is_ended or e.legs]
    if json:
        say_json({"banner": status.banner, "triggers": found, "entries": entries})
        return ExitCode.OK
    accounts = {trigger.account for trigger in found}
    note_mode(status.banner, accounts | {entry.account for entry in entries})
    if not found and not entries:
        note(_NONE_ASKED_FOR if is_asked or any(place.values()) else _NONE)
    if found:
        _say_triggers(found)
    if entries:
        say_section(is_first=not found)
        say_entries(entries, status.ts_now)
    return ExitCode.OK


def _say_triggers(triggers: list[TriggerView]) -> None:
    columns = ("(ID)", "[MARKET]", "(KIND)", "LEVEL", "[PRICE]", "AWAY", "(DOES)")
    rows = [
        (
            trigger.id,
            trigger.symbol,
            wording.kind_as_asked(trigger),
            wording.level_or_time(trigger),
            wording.or_dash(trigger.price),
            f"{trigger.distance_percent}%" if trigger.distance_percent else "-",
            wording.what_it_does(trigger),
            wording.shown_state(trigger),
        )
        for trigger in triggers
    ]
    say_table(
        (*columns, "STATE"),
        rows,
        numbers="LEVEL PRICE AWAY",
        only_on_terminals=("[MARKET]",),
    )


def _say_positions(
    positions: tuple[PositionView, ...], banner: str, *, json: bool
) -> int:
    if json:
        say_json({"banner": banner, "positions": positions})
        return ExitCode.OK
    note_mode(banner, (position.account for position in positions))
    columns = ("(POSITION)", "SIZE", "[ENTRY]", "MARK", "(PROTECTED BY)")
    rows = [
        (
            position.key,
            position.quantity,
            wording.or_dash(position.entry_price),
            wording.or_dash(position.mark),
            wording.protection(position),
        )
        for position in positions
    ]
    if rows:
        say_table(columns, rows, numbers="SIZE ENTRY MARK")
    else:
        note("no open positions")
    return ExitCode.OK


def show(
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A trigger, such as sol-core/sl, or an entry, such as"
            " tv-1795946400123; see `exitd ls`.",
        ),
    ],
    json: Json = False,
) -> int:
    """
    Show one trigger with its firings and its history, or one entry with its alert, its
    exits and its history.

    \b
    Examples:
      exitd show sol-core/sl
      exitd show tv-1795946400123
      exitd show sol-core/sl --json | jq '.fires[0].slippage_percent'
    """
    from exitd.client import calls, entry_calls

    if is_entry_id(id):
        entered = ask(entry_calls.entry(id))
        if json:
            say_json(entered)
        else:
            say_entry(entered)
            _say_facts(entered.facts)
        return ExitCode.OK
    with connect() as client:
        found = client.ask(calls.show(whole_id(client, id)))
    if json:
        say_json(found)
        return ExitCode.OK
    for head, text in _trigger_lines(found.trigger):
        say(f"{head:<10} {text}")
    for fire in found.fires:
        say(f"{'fired':<10} {wording.fire_line(fire)}")
    _say_facts(found.facts)
    return ExitCode.OK


def _say_facts(facts: tuple[FactView, ...]) -> None:
    """Write a history, the newest below."""
    if facts:
        say()
    for fact in reversed(facts):
        say(fact_line(fact))


def _trigger_lines(trigger: TriggerView) -> list[tuple[str, str]]:
    state = wording.shown_state(trigger)
    if trigger.waiting_for:
        state += f" ({trigger.waiting_for})"
    lines = [
        (trigger.id, state),
        ("market", " ".join(filter(None, (trigger.symbol, trigger.side)))),
        ("does", wording.what_it_does(trigger)),
    ]
    lines += wording.condition_lines(trigger)
    lines.append(("owner", trigger.file or trigger.owner))
    lines.append(("arming", str(trigger.arming)))
    for head, value in (("expires", trigger.expires), ("note", trigger.note)):
        if value:
            lines.append((head, value))
    return lines


def fact_line(fact: FactView) -> str:
    """Write a fact as one line: when, what, to whom, and its fields."""
    who = fact.trigger_id or "/".join(filter(None, (fact.account, fact.symbol)))
    what = wording.fields(fact)
    return f"{wording.clock_time(fact.ts)}  {fact.event:<20} {who}  {what}".rstrip()


def explain(trigger_id: TriggerId, json: Json = False) -> int:
    """
    Say why a trigger has fired or has not: price, distance, feed, what holds it.

    \b
    Examples:
      exitd explain sol-core/sl
    """
    from exitd.client import calls

    with connect() as client:
        found = client.ask(calls.explain(whole_id(client, trigger_id)))
    if json:
        say_json(found)
        return ExitCode.OK
    for sentence in found.sentences:
        say(sentence)
    return ExitCode.OK
