"""Options that several commands have, so that they look alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from exitd.cli.ids import ids_of_triggers

LOOK = "See what is going on"
SET = "Arm, change and cancel"
ACT = "Trade now"
FILES = "Configuration files"
RUN = "Run and try out"
KEEP = "History, alerts and access"

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of text.")
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do it without asking (for scripts).")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
]
Account = Annotated[
    str,
    typer.Option(
        "--account",
        "--venue",
        metavar="NAME",
        help="The account, as under `venues:`; needed where there are several.",
    ),
]
TriggerId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="A trigger, such as sol-core/sl or trg_…; see `exitd ls`.",
        autocompletion=ids_of_triggers,
    ),
]
OfTrigger = Annotated[
    str, typer.Option("--trigger", metavar="ID", help="Of one trigger.")
]
OfEvent = Annotated[
    str,
    typer.Option("--event", metavar="NAME", help="Such as trigger.hit or 'order.*'."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="PATH",
        help="exitd.yaml or its directory.  [default: $EXITD_CONFIG, or "
        "/etc/exitd/exitd.yaml]",
        show_default=False,
    ),
]
