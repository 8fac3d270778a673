"""A house whose daemon is asked from Telegram: `exitd telegram` beside it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.house import DEADLINE_S, EXITD, House, LogLines, house
from e2e.ports import free_port
from fakes.telegram import TOKEN, Telegram, telegram

ME, FRIEND, STRANGER, GROUP = 111_000_111, 222_000_222, 666_000_666, -1_000_333
SECTION = """\
telegram:
  bot_token: {{file: {folder}/bot_token}}
  daemon_token: {{file: {folder}/daemon_token}}
  chats: [{chats}]
  url: {url}
"""


class Messenger:
    """`exitd telegram`, and what it logs."""

    def __init__(self, home: House) -> None:
        self._process = subprocess.Popen(
            [*EXITD, "telegram", "--config", str(home.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=home.environment,
            text=True,
        )
        self.log = LogLines(self._process.stdout)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self._process.wait(DEADLINE_S)
        self.log.close()
        return status

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()


class TelegramHouse:
    """The house, Telegram, and every messenger that was started between them."""

    def __init__(self, home: House, there: Telegram) -> None:
        self.home = home
        self.there = there
        self.messengers: list[Messenger] = []
        for chat in (ME, FRIEND, STRANGER, GROUP):
            there.open_chat(chat)
        self.keep("bot_token", TOKEN)
        section = SECTION.format(
            folder=home.folder, chats=f"{ME}, {GROUP}", url=there.url
        )
        home.config.write_text(home.config.read_text() + section)

    def keep(self, name: str, secret: str) -> None:
        path = self.home.folder / name
        path.touch(mode=0o600)
        path.write_text(f"{secret}\n")

    def let_in(self, *scopes: str) -> None:
        """Make the token that the messenger shows to the daemon."""
        options = [word for scope in scopes for word in ("--scope", scope)]
        made = self.home.command("token", "new", "pocket", *options, "--json")
        assert made.returncode == 0, made.stderr
        self.keep("daemon_token", json.loads(made.stdout)["secret"])

    def start(self) -> Messenger:
        """Start `exitd telegram` and wait until it hears what is written."""
        before = len(self.there.asked("getUpdates"))
        messenger = self.launch()
        messenger.log.wait("telegram.started")
        # The first request only forgets what was written before.
        self.there.until(
            lambda: len(self.there.asked("getUpdates")) >= before + 2, "it listens"
        )
        return messenger

    def launch(self) -> Messenger:
        messenger = Messenger(self.home)
        self.messengers.append(messenger)
        return messenger

    def ask(self, text: str, expected: str, *, chat: int = ME) -> dict[str, object]:
        """Write something and wait for a new answer that has these words."""
        newest = max((m["message_id"] for m in self.there.sent), default=0)
        self.there.write(chat, text, user_id=ME)
        return self.there.wait(chat, expected, after=newest)

    def close(self) -> None:
        for messenger in self.messengers:
            messenger.close()


@contextmanager
def telegram_house(folder: Path) -> Iterator[TelegramHouse]:
    bind = f"127.0.0.1:{free_port()}"
    with house(folder, bind=bind) as home, telegram() as there:
        found = TelegramHouse(home, there)
        try:
            yield found
        finally:
            found.close()
