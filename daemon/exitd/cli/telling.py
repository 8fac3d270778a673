"""`notify test`: does an alert arrive?"""

from __future__ import annotations

import typer

from exitd.cli.asking import ask
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import KEEP, Json
from exitd.cli.printing import note, say_json
from exitd.cli.tree import add_command, add_group, new_group


def add_to(app: typer.Typer) -> None:
    group = new_group("notify", "Whom exitd tells.")
    add_command(group, notify_test, name="test")

    add_group(app, group, panel=KEEP)


def notify_test(json: Json = False) -> int:
    """
    Send one message to each target under `notify:`.

    \b
    Examples:
      exitd notify test
    """
    from exitd.client import calls

    found = ask(calls.notify_test()).deliveries
    if json:
        say_json([{"target": d.target, "reason": d.reason} for d in found])
    elif not found:
        note("nobody is named under notify: in exitd.yaml, so nobody was told")
    for delivery in () if json else found:
        note(f"{delivery.target}: {delivery.reason or 'sent'}")
    failed = any(delivery.reason for delivery in found)
    return ExitCode.FAILED if failed else ExitCode.OK
