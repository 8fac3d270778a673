"""Ids as a table shows them: the made-up ones may be said by how they begin.

An id such as `trg_01M8M7DAAABEWG6BGTT055XSP5` is longer than a narrow terminal has
room for, and nobody types it. So its beginning stands for it, with or without the `…`
that a table ends it with, as long as only one trigger begins so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exitd.cli.asking import all_triggers
from exitd.cli.failures import CommandFailed

if TYPE_CHECKING:
    from exitd.client import Client

#: At least the ten characters that people write in notes, less than the thirty of all.
_BEGUN = re.compile(r"(?:trg|cls)_[0-9A-Za-z]{6,25}")


def whole_ids(client: Client, ids: list[str]) -> list[str]:
    """
    Give each id whole.

    Raises:
        ClientError: Nobody answers.
        CommandFailed: Several triggers begin so.
    """
    return [whole_id(client, id) for id in ids]


def whole_id(client: Client, id: str) -> str:
    """
    Give the id that begins so; any other as it is.

    Other are those that are whole, that nothing begins with, or too short to be meant.

    Raises:
        ClientError: Nobody answers.
        CommandFailed: Several triggers begin so.
    """
    begun = beginning_of(id)
    if begun is None:
        return id
    # Those that are done may be many: they are looked through only where none lives.
    for state in ("active", "done"):
        found = [
            t.id for t in all_triggers(client, state=state) if t.id.startswith(begun)
        ]
        only_one(found, begun)
        if found:
            return found[0]
    return begun


def beginning_of(id: str) -> str | None:
    """Give what somebody wrote of a made-up id; None if it is none, or is whole."""
    begun = id.removesuffix("…")
    return begun if _BEGUN.fullmatch(begun) else None


def only_one(found: list[str], begun: str) -> None:
    """
    Raises:
        CommandFailed: Several triggers begin so.
    """
    if len(found) > 1:
        raise CommandFailed(
            f"{len(found)} triggers begin with {begun}: {found[0]}, {found[1]}"
            f"{', …' if len(found) > len(found[:2]) else ''}; write more of it"
        )
