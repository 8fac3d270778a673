"""`amend`: another level, trail, time or size for a trigger that is there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from exitd.cli import exit_options as option
from exitd.cli.asking import connect
from exitd.cli.exit_codes import ExitCode
from exitd.cli.exit_words import (
    Words,
    move_words,
    patience_words,
    said,
    tighten_words,
    twap_words,
)
from exitd.cli.failures import WrongUsage
from exitd.cli.holding import say_armed
from exitd.cli.options import DryRun, Json, TriggerId
from exitd.cli.printing import note, say, say_json
from exitd.cli.short_ids import whole_id

#: Takes a word away again.
_NONE = ("none", "never")


def amend(
    trigger_id: TriggerId,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            metavar="LEVEL",
            help="The new level of a stop-loss, take-profit, above or below.",
            rich_help_panel=option.WHEN,
        ),
    ] = None,
    trailing: option.Trailing = None,
    at_time: option.AtTime = None,
    max_hold: option.MaxHold = None,
    calendar: option.Calendar = None,
    after: option.After = None,
    tighten: option.TightenOption = None,
    step: option.Step = None,
    for_: option.For = None,
    prices: option.Prices = None,
    emergency: option.Emergency = None,
    missed: option.Missed = None,
    move: option.Moves = None,
    before_liquidation: option.BeforeLiquidation = None,
    entry: option.Entry = None,
    leverage: option.Leverage = None,
    close: option.OneClose = None,
    order: option.Order = None,
    slippage_limit: option.SlippageLimit = None,
    patience: option.Patience = None,
    hard: option.Hard = None,
    twap: option.TwapOption = None,
    expires: option.Expires = None,
    note_text: option.Note = None,
    if_crossed: option.IfCrossed = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Change a trigger that a command or the API made; what is not said stays.

    A trail keeps the best price that it has seen. The value 'none' takes a word
    away, and --prices 0 does. A trigger of a file is changed in the file.

    \b
    Examples:
      exitd amend trg_01JG5K --level 133
      exitd amend trg_01JG5K --trailing 1.5% --tighten none
      exitd amend trg_01JG5K --for 60s --emergency 125
      exitd amend trg_01JG5K --move 'entry at +5%'
      exitd amend trg_01JG5K --close 25% --expires never
    """
    changes = said(
        level=level,
        trailing=trailing,
        at_time=at_time,
        max_hold=max_hold,
        calendar=calendar,
        after=after,
        tighten=_unless_none(tighten, tighten_words),
        step=step,
        for_=for_,
        prices=prices,
        emergency=emergency,
        missed=missed,
        moves=_none_of(move) or move_words(move),
        before_liquidation=before_liquidation,
        entry=entry,
        leverage=leverage,
        close=close,
        order=order,
        slippage_limit=slippage_limit,
        patience=patience_words(patience),
        hard=hard,
        twap=_unless_none(twap, twap_words),
        expires=expires,
        note=note_text,
    )
    if not changes:
        raise WrongUsage("nothing to change; say --level, --close or another option")
    for name, value in changes.items():
        if name != "note" and (value in _NONE or (name == "prices" and value == 0)):
            changes[name] = None
    asked = changes if if_crossed is None else {**changes, "if_crossed": if_crossed}
    if dry_run:
        return _tell(trigger_id, changes, asked, json=json)
    return _amend(trigger_id, asked, json=json)


def _unless_none(written: str | None, read: Any) -> Any:
    return written if written in _NONE else read(written)


def _none_of(moves: list[str] | None) -> str | None:
    return "none" if moves is not None and moves == ["none"] else None


def _tell(trigger_id: str, changes: Words, asked: Words, *, json: bool) -> int:
    """Say what would be set; what would be refused is refused here as well."""
    from exitd.client import calls

    with connect() as client:
        id = whole_id(client, trigger_id)
        found = client.ask(calls.show(id)).trigger
        tried = client.ask(calls.preview_change(id, asked))
    would = tried.previews[0]
    if json:
        said = {"trigger": found, "changes": changes, "preview": would}
        say_json({"dry_run": True, **said, "notes": tried.notes})
        return ExitCode.OK
    named = ", ".join(f"{name} to {_shown(value)}" for name, value in changes.items())
    now = " ".join(filter(None, (found.kind, found.asked or found.level)))
    say(f"would set {named} of {found.id}, now {now}")
    if would.fires_now:
        note(f"note: {found.id} would fire at once")
    for sentence in tried.notes:
        note(f"note: {sentence}")
    return ExitCode.OK


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_shown(held)}" for name, held in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(held) for held in value)
    return "none" if value is None else str(value)


def _amend(trigger_id: str, changes: Words, *, json: bool) -> int:
    from exitd.client import calls

    with connect() as client:
        amended = client.ask(calls.amend(whole_id(client, trigger_id), changes))
    if json:
        say_json(amended)
    else:
        say_armed(amended)
    return ExitCode.OK
