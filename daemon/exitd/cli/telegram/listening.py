"""What people write to the bot: fetched by long polling, and sorted by who may."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from exitd.adapters.telegram.bot import LONGEST_POLL_S, Bot
from exitd.adapters.telegram.errors import BotUnknown, TelegramError, TooMany
from exitd.adapters.telegram.wire import Message, Press, Update
from exitd.cli.telegram.conversation import Conversation, Pressed, Written
from exitd.core.units import NS_PER_S
from exitd.logs import Event, log
from exitd.ports.clock import Clock

T = TypeVar("T")

_FIRST_WAIT_S, _MOST_WAIT_S = 1.0, 60.0
#: A server that answers empty at once would be asked without end.
_POLL_LEAST_NS = NS_PER_S
_REMEMBERED = 1_000
_STRANGERS_MAX = 1_000
_STRANGER_TOLD_NS = 3_600 * NS_PER_S


def waits() -> Iterator[float]:
    """Give the waits between attempts, in seconds: 1 rising to 60."""
    wait_s = _FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, _MOST_WAIT_S)


class Listener:
    """
    Hears the listed chats, and passes what they say to their conversations.

    Args:
        bot: Whose updates.
        conversations: By the id of the chat; nobody else is answered.
        clock: By its UTC the age of a message is judged.
        pauses: How long to wait between attempts while Telegram cannot be asked.
    """

    def __init__(
        self,
        bot: Bot,
        conversations: Mapping[int, Conversation],
        clock: Clock,
        *,
        pauses: Callable[[], Iterator[float]] = waits,
    ) -> None:
        self._pauses = pauses
        self._bot = bot
        self._conversations = conversations
        self._clock = clock
        self._name = ""
        # The newest update ids: Telegram may tell one twice.
        self._taken: deque[int] = deque(maxlen=_REMEMBERED)
        # When each stranger was last logged; the oldest goes.
        self._strangers: dict[int, int] = {}

    async def begin(self) -> str:
        """Learn the bot's name, once Telegram can be reached.

        Raises:
            BotUnknown: The token is not valid.
        """
        self._name = (await self._patiently(self._bot.me)).username
        return self._name

    async def run(self) -> None:
        """Hear until cancelled; what was written before is left undone.

        Raises:
            BotUnknown: The token is not valid any more.
        """
        # Those that wait are forgotten but for the last, and the offset behind it makes
        # Telegram forget that one too: a `cancel` of yesterday must not act today.
        before = await self._patiently(lambda: self._bot.updates(-1, wait_s=0))
        offset = before[-1].update_id + 1 if before else None
        for update in before:
            self._log_dropped(update, "written before this program began")
        while True:
            asked_from, began_ns = offset, self._clock.monotonic_ns()
            heard = await self._patiently(
                lambda: self._bot.updates(asked_from, wait_s=LONGEST_POLL_S)  # noqa: B023
            )
            for update in heard:
                # Not the highest: after a silent week Telegram begins anew, anywhere.
                offset = update.update_id + 1
                if update.update_id not in self._taken:
                    self._taken.append(update.update_id)
                    self._take(update)
            took_ns = self._clock.monotonic_ns() - began_ns
            if not heard and took_ns < _POLL_LEAST_NS:
                await asyncio.sleep((_POLL_LEAST_NS - took_ns) / NS_PER_S)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer, ever more slowly."""
        pauses = self._pauses()
        began_ns: int | None = None
        told = ""
        while True:
            try:
                found = await ask()
            except BotUnknown:
                raise
            except TelegramError as error:
                pause_s = next(pauses)
                if isinstance(error, TooMany):
                    pause_s = error.retry_after_s
                if str(error) != told:
                    told = str(error)
                    log(Event.TELEGRAM_LOST, reason=told)
                if began_ns is None:
                    began_ns = self._clock.monotonic_ns()
                await asyncio.sleep(pause_s)
            else:
                if began_ns is not None:
                    lasted_ns = self._clock.monotonic_ns() - began_ns
                    log(Event.TELEGRAM_RECOVERED, lasted_s=lasted_ns // NS_PER_S)
                return found

    def _take(self, update: Update) -> None:
        if update.press is not None:
            self._take_press(update.press)
        elif update.message is not None:
            self._take_message(update.message)

    def _take_press(self, press: Press) -> None:
        if press.message is None:
            return
        conversation = self._admitted(press.message.chat.id, press.sender.id)
        if conversation is not None:
            topic_id = press.message.topic_id
            pressed = Pressed(press.sender.id, press.id, press.data, topic_id)
            conversation.hear(pressed)

    def _take_message(self, message: Message) -> None:
        user_id = message.sender.id if message.sender is not None else 0
        conversation = self._admitted(message.chat.id, user_id)
        if conversation is None or message.is_forwarded or not message.text:
            return
        found = command_in(message.text, self._name)
        if found is None:
            # In a group people speak to one another; alone with the bot, to it.
            if not message.chat.is_private:
                return
            found = ("", [])
        age_s = self._clock.now_ns() // NS_PER_S - message.date
        conversation.hear(Written(user_id, *found, age_s, message.topic_id))

    def _admitted(self, chat_id: int, user_id: int) -> Conversation | None:
        """Give the conversation of a listed chat, if who writes is listed as well."""
        conversation = self._conversations.get(chat_id)
        if conversation is not None and user_id in self._conversations:
            return conversation
        now_ns = self._clock.monotonic_ns()
        told_ns = self._strangers.get(chat_id)
        if told_ns is None or now_ns - told_ns >= _STRANGER_TOLD_NS:
            self._strangers.pop(chat_id, None)
            if len(self._strangers) >= _STRANGERS_MAX:
                del self._strangers[next(iter(self._strangers))]
            self._strangers[chat_id] = now_ns
            log(Event.TELEGRAM_REFUSED, chat=chat_id, user=user_id)
        return None

    def _log_dropped(self, update: Update, why: str) -> None:
        message = update.press.message if update.press is not None else update.message
        if message is not None and message.chat.id in self._conversations:
            log(Event.TELEGRAM_DROPPED, chat=message.chat.id, why=why)


def command_in(text: str, bot_name: str) -> tuple[str, list[str]] | None:
    """Read `/name@bot words`; None where it is no command, or another bot's."""
    if not text.startswith("/"):
        return None
    first, *words = text.split()
    name, _, addressed = first.removeprefix("/").partition("@")
    if addressed and addressed.casefold() != bot_name.casefold():
        return None
    return name.casefold(), words
