"""`symmio delegate`: what a sub-account's owner signs so that exitd may close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.chain_keys import NEEDS_EXTRA, key
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import KEEP, Json
from exitd.cli.printing import note, say, say_json
from exitd.cli.tree import add_command, add_group, new_group

if TYPE_CHECKING:
    from exitd.configuration.chain_tables import ChainTable


def add_to(app: typer.Typer) -> None:
    group = new_group("symmio", "Positions that are quotes on a chain.")
    add_command(group, delegate)
    add_command(group, key)
    add_group(app, group, panel=KEEP)


def delegate(
    account: Annotated[
        str,
        typer.Argument(metavar="SUB_ACCOUNT", help="Whose quotes are to be closed."),
    ],
    closer: Annotated[
        str,
        typer.Option("--to", metavar="ADDRESS", help="The address of exitd's own key."),
    ],
    multi_account: Annotated[
        str,
        typer.Option(
            "--multi-account",
            metavar="NAME|ADDRESS",
            help="The front-end's contract that made the sub-account.",
        ),
    ],
    chain: Annotated[
        str, typer.Option("--chain", metavar="NAME", help="As in venues/symmio.yaml.")
    ] = "base",
    json: Json = False,
) -> int:
    """
    Print the transaction that lets exitd close for a sub-account, and no more.

    It may ask for closes and take them back; it cannot open, withdraw or transfer.
    The owner's wallet sends it; exitd never has that wallet's key. Contracts up to
    0.8.4 and from 0.8.5 on want it written differently: the wrong one is refused.

    \b
    Examples:
      exitd symmio delegate 0xSUB --to 0xEXITD --multi-account vibe
    """
    try:
        from exitd.adapters.symmio import calls
    except ImportError as exc:
        raise CommandFailed(NEEDS_EXTRA) from exc
    table = _chain(chain)
    target = table.multi_accounts.get(multi_account, multi_account)
    try:
        calls.address_word(target)
        data = {
            versions: "0x"
            + calls.delegate_call(account, closer, with_state=with_state).hex()
            for versions, with_state in (("to 0.8.4", True), ("from 0.8.5", False))
        }
    except ValueError as exc:
        raise WrongUsage(
            "SUB_ACCOUNT, --to and --multi-account are addresses like 0x91Cf…be43, or"
            f" the last a name in venues/symmio.yaml: {exc}"
        ) from exc
    if json:
        say_json({"chain_id": table.chain_id, "to": target, "data": data})
        return ExitCode.OK
    say(f"chain       {table.chain_id}")
    say(f"to          {target}")
    for versions, written in data.items():
        say(f"{versions:<11} {written}")
    note(
        "the owner of the sub-account sends one of the two; see what it is with "
        "the front-end or a block explorer first"
    )
    return ExitCode.OK


def _chain(name: str) -> ChainTable:
    from exitd.configuration.chain_tables import shipped_chains

    tables = shipped_chains()
    found = tables.chains.get(name)
    if found is None:
        known = ", ".join(tables.chains)
        raise WrongUsage(f"there is no chain {name}; known are: {known}")
    return found
