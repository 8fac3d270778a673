"""What a command answers: a text, and perhaps a change that waits for a yes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from exitd.cli.failures import CommandFailed
from exitd.cli.telegram.asker import Asker
from exitd.cli.telegram.markup import Html

Act = Callable[[], Awaitable[list[Html]]]


class Reply(Struct, frozen=True):
    """`act` is done once somebody has agreed; None where nothing is to be agreed to.

    `more` names the parts of the text that there may be no room for.
    """

    parts: list[Html]
    act: Act | None = None
    more: str = "{} more lines"


Command = Callable[[Asker, list[str]], Awaitable[Reply]]


def words_for(usage: str, words: list[str], *, least: int, most: int) -> list[str]:
    """Check how many words stand behind a command.

    Raises:
        CommandFailed: Too few or too many; it says how the command is written.
    """
    if not least <= len(words) <= most:
        raise CommandFailed(f"write {usage}")
    return words
