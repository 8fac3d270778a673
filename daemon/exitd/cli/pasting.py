"""`add --dry-run`: the YAML that a file would have instead, checked as a file is."""

from __future__ import annotations

from typing import Any

from exitd.cli.exit_codes import ExitCode
from exitd.cli.exit_words import CONDITIONS, Words, said
from exitd.cli.failures import CommandFailed
from exitd.cli.printing import note, say, say_json

_PLACE = ("position", "account", "symbol", "side", "name", "moves")
_SHORT = {"stop_loss": "sl", "take_profit": "tp", "trailing": "trail"}
#: Stands where a file of its own would name its market.
_SOMEWHERE: Words = {"account": "v", "symbol": "S", "side": "long"}


def paste(triggers: list[Words], *, json: bool) -> int:
    """Print what somebody would write into a file instead."""
    first = triggers[0]
    name = first.get("position", "my-position")
    exits = {_name_of(t, triggers): _exit_words(t) for t in triggers}
    moves = [
        {"set": _name_of(trigger, triggers), **move}
        for trigger in triggers
        for move in trigger.get("moves", [])
    ]
    if json:
        market = said(
            venue=first.get("account"),
            symbol=first.get("symbol"),
            side=first.get("side"),
        )
        say_json({"positions": {name: {**market, "exits": exits, **said(moves=moves)}}})
        return ExitCode.OK
    lines = [f"      {exit_}: {_flow(words)}" for exit_, words in exits.items()]
    moved = [f"      - {_flow(move)}" for move in moves]
    if "position" in first:
        _check(["positions:", f"  {name}:", *_market(_SOMEWHERE), "    exits:", *lines])
        _say_under(f"positions: {name}: exits:", lines)
        _say_under(f"positions: {name}: moves:", moved)
        return ExitCode.OK
    whole = ["positions:", f"  {name}:", *_market(first), "    exits:", *lines]
    whole += ["    moves:", *moved] if moved else []
    _check(whole)
    for line in whole:
        say(line)
    return ExitCode.OK


def _say_under(where: str, lines: list[str]) -> None:
    if lines:
        note(f"# under {where}")
    for line in lines:
        say(line)


def _market(words: Words) -> list[str]:
    lines = [f"    venue: {words.get('account', 'backpack')}"]
    lines.append(f"    symbol: {words.get('symbol', '')}")
    if "side" in words:
        lines.append(f"    side: {words['side']}")
    return lines


def _kind_of(trigger: Words) -> str:
    return next(kind for kind in CONDITIONS if kind in trigger)


def _name_of(trigger: Words, triggers: list[Words]) -> str:
    if "name" in trigger:
        return str(trigger["name"])
    kind = _kind_of(trigger)
    alike = [other for other in triggers if kind in other]
    number = str(alike.index(trigger) + 1) if len(alike) > 1 else ""
    return f"{_SHORT.get(kind, kind)}{number}"


def _exit_words(trigger: Words) -> Words:
    first = {k: v for k, v in trigger.items() if k in CONDITIONS}
    # A note belongs to triggers by hand; a file has comments.
    rest = {
        k: v
        for k, v in trigger.items()
        if k not in CONDITIONS and k not in _PLACE and k != "note"
    }
    return first | rest


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {_flow(held)}" for key, held in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(held) for held in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _check(lines: list[str]) -> None:
    """
    Refuse what a file would be refused for.

    Raises:
        CommandFailed: The first thing that is wrong.
    """
    from exitd.configuration.exit_rules import findings
    from exitd.configuration.findings import in_order
    from exitd.configuration.keys import ExitDefaults
    from exitd.configuration.position_file import PositionFile
    from exitd.configuration.validation import validate
    from exitd.configuration.yaml import parse

    document = parse("\n".join(lines).encode(), "add")
    model, found = validate(document, PositionFile, sections=frozenset(), depth=2)
    wrong = [*document.findings, *found]
    if model is not None:
        for name, position in model.positions.items():
            layers = (model.defaults, ExitDefaults())
            wrong += findings(document, name, position, layers)
    errors = [finding for finding in in_order(wrong) if finding.is_error]
    if errors:
        raise CommandFailed(errors[0].message)
