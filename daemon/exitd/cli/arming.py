"""`add` and `amend`: triggers by hand, in the words of the files."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.holding import say_armed
from exitd.cli.options import SET, Account, DryRun, Json, TriggerId
from exitd.cli.printing import note, say, say_json
from exitd.cli.tree import add_command

Words = dict[str, str]

Close = Annotated[
    list[str] | None,
    typer.Option(
        "--close",
        metavar="SIZE",
        help="How much: 50%, 2.5, rest. One for each --tp in its order, or one for"
        " all; a stop beside a take-profit always closes everything.",
    ),
]
OrderOption = Annotated[
    Literal["market", "limit"] | None,
    typer.Option("--order", metavar="KIND", help="market or limit."),
]
SlippageLimit = Annotated[
    str | None,
    typer.Option(
        "--slippage-limit", metavar="PERCENT", help="Such as 0.5%, for limit orders."
    ),
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="WHEN", help="8h, 3d or 2030-01-01T00:00:00Z."),
]
IfCrossed = Annotated[
    Literal["refuse", "fire", "wait"] | None,
    typer.Option(
        "--if-crossed",
        metavar="WORD",
        help="A level that is crossed already: refuse, fire or wait.",
    ),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT")]


def add_to(app: typer.Typer) -> None:
    add_command(app, add, panel=SET)
    add_command(app, amend, panel=SET)


def add(
    position: Annotated[
        str,
        typer.Argument(
            metavar="POSITION", help="A position of the files; else say --symbol."
        ),
    ] = "",
    sl: Annotated[
        str | None, typer.Option("--sl", metavar="PRICE", help="A stop-loss.")
    ] = None,
    tp: Annotated[
        list[str] | None,
        typer.Option("--tp", metavar="PRICE", help="A take-profit; may be repeated."),
    ] = None,
    above: Annotated[
        str | None, typer.Option("--above", metavar="PRICE", help="Needs --do.")
    ] = None,
    below: Annotated[
        str | None, typer.Option("--below", metavar="PRICE", help="Needs --do.")
    ] = None,
    do: Annotated[
        str | None,
        typer.Option(
            "--do", metavar="WORD", help="close, cancel, cancel_and_close or notify."
        ),
    ] = None,
    orders: Annotated[
        str | None,
        typer.Option(
            "--orders",
            metavar="WHICH",
            help="What a cancel takes: all, limit, trigger or a client id.",
        ),
    ] = None,
    close: Close = None,
    order: OrderOption = None,
    slippage_limit: SlippageLimit = None,
    price: Annotated[
        str | None,
        typer.Option(
            "--price",
            metavar="KIND",
            help="mark (default), index, last, last_close or bid_ask.",
        ),
    ] = None,
    last_close: Annotated[
        Literal["running", "closed"] | None,
        typer.Option("--last-close", metavar="WORD", help="running or closed candles."),
    ] = None,
    candle: Annotated[
        str | None, typer.Option("--candle", metavar="LENGTH", help="Such as 15m.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", metavar="SYMBOL", help="The market.")
    ] = None,
    side: Annotated[
        Literal["long", "short"] | None,
        typer.Option("--side", metavar="SIDE", help="long or short."),
    ] = None,
    account: Account = "",
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Makes the id POSITION/NAME."),
    ] = None,
    expires: Expires = None,
    note_text: Note = None,
    if_crossed: IfCrossed = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Without a position, wait for one to be opened."),
    ] = False,
    key: Annotated[
        str,
        typer.Option(
            "--idempotency-key",
            metavar="TEXT",
            help="The same key twice arms once.",
        ),
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the YAML to paste, and arm nothing."),
    ] = False,
    json: Json = False,
) -> int:
    """
    Arm triggers by hand: all of them, or none. They end with the position.

    Those of one position know one another: what one closes, the others do not, and
    what is left of them is retired when the position is flat.

    \b
    Examples:
      exitd add sol-core --sl 131.25
      exitd add sol-core --sl 131.25 --tp 150 --close 50% --tp 160 --close rest
      exitd add --symbol BTC_USDC_PERP --side short --sl 104000 --price last
      exitd add --symbol SOL_USDC_PERP --below 120 --do cancel --orders limit
      exitd add sol-core --sl 131.25 --dry-run >> conf.d/sol.yaml
    """
    shared = _said(
        position=position,
        account=account,
        symbol=symbol,
        side=side,
        name=name,
        price=price,
        last_close=last_close,
        candle=candle,
        expires=expires,
        note=note_text,
    )
    how = _said(order=order, slippage_limit=slippage_limit, do=do, orders=orders)
    triggers = [
        shared | words
        for words in _conditions(sl, tp or [], above, below, close or [], how)
    ]
    if not triggers:
        raise WrongUsage("a trigger needs a level; add --sl, --tp, --above or --below")
    if name is not None and len(triggers) > 1:
        raise WrongUsage("--name is for one trigger; add them one by one")
    if dry_run:
        return _paste(triggers, json=json)
    return _arm(triggers, if_crossed, wait=wait, key=key, json=json)


def _arm(
    triggers: list[Words], if_crossed: str | None, *, wait: bool, key: str, json: bool
) -> int:
    from exitd.client import calls

    armed = ask(
        calls.arm(
            triggers,
            if_crossed=if_crossed,
            if_no_position="wait" if wait else None,
            idempotency_key=key,
        )
    )
    if json:
        say_json(armed)
    else:
        say_armed(armed)
    return ExitCode.OK


def _said(**words: str | None) -> Words:
    return {name: value for name, value in words.items() if value}


def _conditions(
    sl: str | None,
    targets: list[str],
    above: str | None,
    below: str | None,
    closes: list[str],
    how: Words,
) -> list[Words]:
    """Give the words of each trigger that belong to it alone."""
    others = [("take_profit", level) for level in targets]
    others += [("above", above)] if above is not None else []
    others += [("below", below)] if below is not None else []
    if len(closes) > 1 and len(closes) != len(others):
        raise WrongUsage("write one --close for each --tp, or one for all of them")
    found: list[Words] = []
    if sl is not None:
        # Beside others a stop is the one that takes whatever is left.
        own = {} if others else _said(close=closes[0] if closes else None, **how)
        found.append({"stop_loss": sl, **own})
    for index, (kind, level) in enumerate(others):
        close = closes[index if len(closes) > 1 else 0] if closes else None
        found.append({kind: level, **_said(close=close, **how)})
    return found


_PLACE = ("position", "account", "symbol", "side", "name")


def _paste(triggers: list[Words], *, json: bool) -> int:
    """Print what somebody would write into a file instead, checked as a file is."""
    first = triggers[0]
    name = first.get("position", "my-position")
    exits = {_name_of(t, triggers): _exit_words(t) for t in triggers}
    if json:
        market = _said(
            venue=first.get("account"),
            symbol=first.get("symbol"),
            side=first.get("side"),
        )
        say_json({"positions": {name: {**market, "exits": exits}}})
        return ExitCode.OK
    lines = [f"      {exit_}: {_flow(words)}" for exit_, words in exits.items()]
    if "position" in first:
        note(f"# under positions: {name}: exits:")
        checked = _market_lines({"account": "v", "symbol": "S", "side": "long"})
        _check(["positions:", f"  {name}:", *checked, "    exits:", *lines])
        for line in lines:
            say(line)
        return ExitCode.OK
    whole = ["positions:", f"  {name}:", *_market_lines(first), "    exits:", *lines]
    _check(whole)
    for line in whole:
        say(line)
    return ExitCode.OK


def _market_lines(words: Words) -> list[str]:
    lines = [f"    venue: {words.get('account', 'backpack')}"]
    lines.append(f"    symbol: {words.get('symbol', '')}")
    if "side" in words:
        lines.append(f"    side: {words['side']}")
    return lines


def _name_of(trigger: Words, triggers: list[Words]) -> str:
    if "name" in trigger:
        return trigger["name"]
    short = {"stop_loss": "sl", "take_profit": "tp"}
    kind = next(
        iter(k for k in ("stop_loss", "take_profit", "above") if k in trigger), "below"
    )
    alike = [other for other in triggers if kind in other]
    number = str(alike.index(trigger) + 1) if len(alike) > 1 else ""
    return f"{short.get(kind, kind)}{number}"


def _exit_words(trigger: Words) -> Words:
    conditions = ("stop_loss", "take_profit", "above", "below")
    first = {k: v for k, v in trigger.items() if k in conditions}
    # A note belongs to triggers by hand; a file has comments.
    rest = {
        k: v
        for k, v in trigger.items()
        if k not in conditions and k not in _PLACE and k != "note"
    }
    return first | rest


def _flow(words: Words) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in words.items()) + "}"


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


def amend(
    trigger_id: TriggerId,
    level: Annotated[
        str | None, typer.Option("--level", metavar="PRICE", help="The new level.")
    ] = None,
    close: Annotated[
        str | None,
        typer.Option("--close", metavar="SIZE", help="50%, 2.5 or rest."),
    ] = None,
    order: OrderOption = None,
    slippage_limit: SlippageLimit = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="WHEN", help="8h, a time, or never."),
    ] = None,
    note_text: Note = None,
    if_crossed: IfCrossed = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Change a trigger that a command or the API made; what is not said stays.

    A trigger of a file is changed in the file.

    \b
    Examples:
      exitd amend trg_01JG5K --level 133
      exitd amend trg_01JG5K --close 25% --expires never
    """
    from exitd.client import calls

    changes: dict[str, str | None] = dict(
        _said(
            level=level,
            close=close,
            order=order,
            slippage_limit=slippage_limit,
            expires=expires,
            note=note_text,
        )
    )
    if not changes:
        raise WrongUsage("nothing to change; say --level, --close or another option")
    if expires == "never":
        changes["expires"] = None
    if dry_run:
        found = ask(calls.show(trigger_id)).trigger
        if json:
            say_json({"dry_run": True, "trigger": found, "changes": changes})
        else:
            said = ", ".join(f"{name} to {value}" for name, value in changes.items())
            say(f"would set {said} of {found.id}, now {found.kind} {found.level}")
        return ExitCode.OK
    if if_crossed is not None:
        changes["if_crossed"] = if_crossed
    amended = ask(calls.amend(trigger_id, changes))
    if json:
        say_json(amended)
    else:
        say_armed(amended)
    return ExitCode.OK
