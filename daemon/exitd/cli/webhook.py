"""`webhook`: alerts by hand. `webhook preview` shows what would come of one.

`webhook log` lists those that came, in a file of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed, WrongUsage
from exitd.cli.options import FILES, Json
from exitd.cli.printing import say
from exitd.cli.tree import add_command, add_group, new_group
from exitd.cli.webhook_log import log
from exitd.cli.webhook_url import url

if TYPE_CHECKING:
    from decimal import Decimal

    from exitd.signals.model import Finding
    from exitd.signals.previewing import Preview

STANDARD_INPUT = "-"


class Dialect(StrEnum):
    """`DOCUMENTED` is Alpaca's stop-limit as the format's own page has it."""

    SENT = "sent"
    DOCUMENTED = "documented"


def add_to(app: typer.Typer) -> None:
    group = new_group(
        "webhook", "Alerts: what would come of one, where they go, and the last ones."
    )
    add_command(group, preview)
    add_command(group, url)
    add_command(group, log)
    add_group(app, group, panel=FILES)


def preview(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The body of an alert; - reads standard input."
        ),
    ],
    fill_price: Annotated[
        str,
        typer.Option(
            "--fill-price",
            metavar="PRICE",
            help="What its order was filled at: completes the analysis.",
        ),
    ] = "",
    dialect: Annotated[
        Dialect,
        typer.Option(
            "--dialect",
            help="documented: Alpaca's stop-limit orders as the format's page shows "
            "them, which Alpaca refuses.",
        ),
    ] = Dialect.SENT,
    json: Json = False,
) -> int:
    """
    Say what an alert means, what is wrong with it, and what each broker would get.

    Nothing is sent, and nothing is stored; its auth_key is never shown. Ends with 0
    when the alert is valid (warnings allowed), with 1 when it is not.

    \b
    Examples:
      exitd webhook preview alert.json
      exitd webhook preview alert.json --fill-price 151.12 --json
      pbpaste | exitd webhook preview -
    """
    from exitd.signals.previewing import preview as look
    from exitd.signals.previewing import preview_json
    from exitd.signals.reading import UnreadableBody, read_body

    price = _price(fill_price)
    raw = _read(file)
    try:
        payload = read_body(raw)
    except UnreadableBody as error:
        name = "standard input" if file == STANDARD_INPUT else file
        raise CommandFailed(f"{name}: {error}") from error
    seen = look(payload, fill_price=price, documented=dialect is Dialect.DOCUMENTED)
    if json:
        _say_document(preview_json(seen))
    else:
        _say_page(seen)
    return ExitCode.OK if seen.validation.valid else ExitCode.FAILED


def _price(written: str) -> Decimal | None:
    from exitd.core.units import price_or_none

    price = price_or_none(written)
    if written and price is None:
        raise WrongUsage(
            f"--fill-price {written!r} is not a price; write digits, as in 151.12"
        )
    return price


def _read(file: str) -> bytes:
    import sys
    from pathlib import Path

    from exitd.signals.reading import BODY_BYTES_MAX

    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read(BODY_BYTES_MAX + 1)
        with Path(file).open("rb") as opened:
            return opened.read(BODY_BYTES_MAX + 1)
    except OSError as error:
        raise WrongUsage(
            f"cannot read {file}: {error.strerror}; give a file that holds the body"
        ) from error


def _say_document(document: str) -> None:
    import sys

    import msgspec

    if sys.stdout.isatty():
        document = msgspec.json.format(document, indent=2)
    say(document)


def _say_page(seen: Preview) -> None:
    validation = seen.validation
    say(f"valid: {'yes' if validation.valid else 'NO'}")
    _say_findings("errors", validation.errors, ("cause", "remedy"))
    _say_findings("warnings", validation.warnings, ("meaning", "action"))
    _say_part("normalised", seen.signal)
    _say_part("analysis", seen.analysis)
    for platform, order in seen.orders.items():
        if "error" in order:
            say(f"\n{platform}: no order: {order['error']}")
        else:
            _say_part(platform, order)


def _say_findings(
    head: str, findings: tuple[Finding, ...], words: tuple[str, str]
) -> None:
    if not findings:
        return
    say(f"\n{head}:")
    for finding in findings:
        rule = f" [{finding.rule}]" if finding.rule else ""
        say(f"  {finding.message}{rule}")
        say(f"    {words[0]}: {finding.cause}")
        say(f"    {words[1]}: {finding.remedy}")


def _say_part(head: str, part: object) -> None:
    """Write a part as its fields, one on a line, what is inside them indented."""
    import msgspec

    from exitd.signals.previewing import part_json

    fields = msgspec.json.format(part_json(part), indent=2).splitlines()
    if len(fields) > 1:
        say(f"\n{head}:")
        for line in fields[1:-1]:
            say(line)
