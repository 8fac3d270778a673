"""The commands that a chat can give, and what is said of each."""

from __future__ import annotations

from exitd.cli.telegram import changing, looking
from exitd.cli.telegram.asker import Asker
from exitd.cli.telegram.markup import Html, joined, plain
from exitd.cli.telegram.reply import Command, Reply

COMMANDS: dict[str, Command] = {
    "status": looking.status,
    "ls": looking.ls,
    "pause": changing.pause,
    "resume": changing.resume,
    "cancel": changing.cancel,
    "flatten": changing.flatten,
}
#: As the menu of Telegram shows them.
ABOUT = {
    "status": "mode, readiness, positions, feeds, last exit",
    "ls": "triggers, the nearest first; /ls SYMBOL for one market",
    "pause": "stop watching: /pause ID",
    "resume": "watch again: /resume ID",
    "cancel": "remove a trigger, or take back an entry: /cancel ID",
    "flatten": "cancel a market's open orders: /flatten SYMBOL",
}


async def answer(asker: Asker, name: str, words: list[str]) -> Reply:
    """Carry out a command; what is none, is answered with those there are."""
    command = COMMANDS.get(name)
    if command is not None:
        return await command(asker, words)
    heads = [] if name in ("start", "help", "") else [plain(f"There is no /{name}.")]
    return Reply([*heads, *help_lines()])


def help_lines() -> list[Html]:
    lines = [plain(f"/{name}: {about}") for name, about in ABOUT.items()]
    asked = "What changes something says first what it will do, and asks."
    return [joined(lines, "\n"), plain(asked)]
