"""One chat: what is written there, in its order, and the question that is open."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from msgspec import Struct

from exitd.adapters.telegram.bot import Bot, Button
from exitd.adapters.telegram.errors import (
    BotUnknown,
    CallRefused,
    TelegramError,
    TooMany,
)
from exitd.cli import wording
from exitd.cli.telegram.asker import Asker
from exitd.cli.telegram.markup import Html, bold, fitted, joined, plain
from exitd.cli.telegram.menu import answer
from exitd.cli.telegram.reply import Act, Reply
from exitd.client import AsyncClient
from exitd.core.intents import Priority
from exitd.core.units import NS_PER_S
from exitd.errors import ExitdError
from exitd.logs import Event, log
from exitd.ports.clock import Clock
from exitd.runtime.budget import RateBudget

#: How long a question can be answered.
OPEN_S = 60
#: What was written longer ago, by Telegram's clock, is not done any more.
AGE_MAX_S = 60
PER_MINUTE = 30
_WAITING_MAX = 2 * PER_MINUTE
#: An answer that cannot be sent is tried again after these, and then left.
_AGAIN_S = (1.0, 3.0, 10.0, 30.0)
_COMMAND_LOGGED = 100
_YES, _NO = "yes", "no"


class Written(Struct, frozen=True):
    """A message; `name` and `words` are what it asks for.

    `topic_id` is where it is answered: a topic of the group, zero where it has none.
    """

    user_id: int
    name: str
    words: list[str]
    age_s: int
    topic_id: int = 0


class Pressed(Struct, frozen=True):
    """A button below one of our questions."""

    user_id: int
    press_id: str
    data: str
    topic_id: int = 0


class TooFast(Struct, frozen=True):
    """More came than is taken in a minute."""

    topic_id: int


class Open(Struct, frozen=True):
    """A question: who was asked, until when (monotonic), and what a yes does."""

    code: str
    user_id: int
    ends_ns: int
    message_id: int
    text: Html
    what: str
    act: Act


class Conversation:
    """
    Takes what was heard in one chat and answers it; `run` it as a task.

    Args:
        chat_id: Which chat.
        bot: How it is answered.
        daemon: Who is asked.
        clock: Times are monotonic.
        make_code: Gives what cannot be guessed, for each question another.
    """

    def __init__(
        self,
        chat_id: int,
        bot: Bot,
        daemon: AsyncClient,
        clock: Clock,
        make_code: Callable[[], str],
    ) -> None:
        self.chat_id = chat_id
        self._bot = bot
        self._daemon = daemon
        self._clock = clock
        self._make_code = make_code
        self._heard: asyncio.Queue[Written | Pressed | TooFast] = asyncio.Queue(
            _WAITING_MAX
        )
        self._budget = RateBudget(PER_MINUTE, PER_MINUTE, 0)
        self._is_told_fast = False
        self._open: Open | None = None

    def hear(self, heard: Written | Pressed) -> None:
        """Take something in; what is too much is left out, and that is said once."""
        if self._budget.take(Priority.CANCEL, self._clock.monotonic_ns()):
            self._is_told_fast = False
            self._put(heard, heard.user_id)
            return
        log(
            Event.TELEGRAM_DROPPED,
            chat=self.chat_id,
            user=heard.user_id,
            why=f"more than {PER_MINUTE} in a minute",
        )
        if not self._is_told_fast:
            self._is_told_fast = True
            self._put(TooFast(heard.topic_id), heard.user_id)

    def _put(self, heard: Written | Pressed | TooFast, user_id: int) -> None:
        try:
            self._heard.put_nowait(heard)
        except asyncio.QueueFull:
            why = f"{_WAITING_MAX} others wait already"
            log(Event.TELEGRAM_DROPPED, chat=self.chat_id, user=user_id, why=why)

    async def drained(self) -> None:
        """Wait until all that was heard is answered."""
        await self._heard.join()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            heard = await self._heard.get()
            try:
                await self._take(heard)
            finally:
                self._heard.task_done()

    async def _take(self, heard: Written | Pressed | TooFast) -> None:
        match heard:
            case Written():
                await self._answer(heard)
            case Pressed():
                await self._decide(heard)
            case TooFast():
                slower = f"More than {PER_MINUTE} in a minute; write again in a moment."
                await self._send(plain(slower), heard.topic_id)

    async def _answer(self, asked: Written) -> None:
        command = " ".join((f"/{asked.name}", *asked.words))
        log(
            Event.TELEGRAM_ASKED,
            chat=self.chat_id,
            user=asked.user_id,
            command=command[:_COMMAND_LOGGED],
        )
        if asked.age_s > AGE_MAX_S:
            age = wording.span(asked.age_s)
            late = f"{command} was {age} old when it came, so nothing was done."
            again = plain(f"{late} Write it again if it is still wanted.")
            await self._send(again, asked.topic_id)
            return
        asker = Asker(self._daemon, self._asks_for(asked.user_id))
        try:
            reply = await answer(asker, asked.name, asked.words)
        except ExitdError as error:
            reply = Reply([plain(str(error))])
        if reply.act is None:
            await self._send(fitted(reply.parts, more=reply.more), asked.topic_id)
        else:
            await self._ask(asked, command, reply, reply.act)

    async def _ask(self, asked: Written, what: str, reply: Reply, act: Act) -> None:
        """Put a question, in place of one that is open."""
        code = self._make_code()
        text = fitted(reply.parts, more=reply.more)
        hint = plain(f"The buttons work for {OPEN_S} s, once, and for you alone.")
        buttons = (Button("Do it", f"{_YES}:{code}"), Button("No", f"{_NO}:{code}"))
        self._open = None
        message_id = await self._send(
            joined([text, hint], "\n"), asked.topic_id, buttons
        )
        if message_id is None:
            return
        ends_ns = self._clock.monotonic_ns() + OPEN_S * NS_PER_S
        self._open = Open(code, asked.user_id, ends_ns, message_id, text, what, act)

    async def _decide(self, pressed: Pressed) -> None:
        verb, _, code = pressed.data.partition(":")
        asked = self._open
        if asked is None or not hmac.compare_digest(code.encode(), asked.code.encode()):
            await self._tell(pressed, "This question is not open any more; ask again.")
            return
        if pressed.user_id != asked.user_id:
            await self._tell(pressed, "Only who asked can answer this.")
            return
        # Whatever comes of it: no press counts twice.
        self._open = None
        if self._clock.monotonic_ns() > asked.ends_ns:
            outcome = [bold(f"Not done: nobody agreed within {OPEN_S} s.")]
        elif verb != _YES:
            outcome = [bold("Not done.")]
        else:
            outcome = await self._carry_out(asked)
        await self._tell(pressed, "")
        whole = fitted([asked.text, *outcome])
        if not await self._edit(asked.message_id, whole):
            await self._send(fitted(outcome), pressed.topic_id)

    async def _carry_out(self, asked: Open) -> list[Html]:
        try:
            outcome = await asked.act()
            word = "done"
        except ExitdError as error:
            outcome = [plain(str(error))]
            word = str(error)
        log(
            Event.TELEGRAM_CONFIRMED,
            chat=self.chat_id,
            user=asked.user_id,
            command=asked.what[:_COMMAND_LOGGED],
            outcome=word,
        )
        return outcome

    def _asks_for(self, user_id: int) -> str:
        if user_id == self.chat_id:
            return f"telegram:{self.chat_id}"
        return f"telegram:{self.chat_id}:{user_id}"

    async def _send(
        self, text: Html, topic_id: int, buttons: tuple[Button, ...] = ()
    ) -> int | None:
        """Send a message, again and again for a while; gives its id if it went."""
        pauses = iter(_AGAIN_S)
        while True:
            try:
                return await self._bot.send(
                    self.chat_id, text, buttons, topic_id=topic_id
                )
            except (CallRefused, BotUnknown) as error:
                self._log_failed(error)
                return None
            except TelegramError as error:
                pause_s = next(pauses, None)
                if pause_s is None:
                    self._log_failed(error)
                    return None
                wished_s = error.retry_after_s if isinstance(error, TooMany) else 0
                await asyncio.sleep(max(pause_s, wished_s))

    async def _edit(self, message_id: int, text: Html) -> bool:
        """Put what came of it below its question; was that possible?"""
        try:
            await self._bot.edit(self.chat_id, message_id, text)
        except TelegramError as error:
            self._log_failed(error)
            return False
        return True

    async def _tell(self, pressed: Pressed, text: str) -> None:
        try:
            await self._bot.answer_press(pressed.press_id, text)
        except TelegramError as error:
            self._log_failed(error)

    def _log_failed(self, error: TelegramError) -> None:
        log(Event.TELEGRAM_FAILED, chat=self.chat_id, reason=str(error))
