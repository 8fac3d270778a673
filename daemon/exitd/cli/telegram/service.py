"""The whole of it: a bot, a conversation for each listed chat, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Sequence

from exitd.adapters.telegram.bot import Bot
from exitd.adapters.telegram.errors import BotUnknown, TelegramError
from exitd.cli.telegram.conversation import Conversation
from exitd.cli.telegram.listening import Listener
from exitd.cli.telegram.menu import ABOUT
from exitd.client import Address, AsyncClient
from exitd.errors import ConfigurationError
from exitd.logs import Event, log
from exitd.ports.clock import Clock
from exitd.secret import Secret

#: What is under way when it is stopped has so long to be answered.
_LAST_WORDS_S = 5.0
_CODE_BYTES = 12


async def serve(
    token: Secret, url: str, chats: Sequence[int], address: Address, clock: Clock
) -> None:
    """
    Answer the chats until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: The token is none, or Telegram does not know it.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Bot(token, url=url) as bot, AsyncClient(address) as daemon:
        conversations = {
            chat: Conversation(chat, bot, daemon, clock, _code) for chat in chats
        }
        listener = Listener(bot, conversations, clock)
        async with asyncio.TaskGroup() as group:
            answering = [
                group.create_task(one.run(), name=f"chat {one.chat_id}")
                for one in conversations.values()
            ]
            unknown = await _listen(bot, listener, stop, str(address))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):
                    for one in conversations.values():
                        await one.drained()
            for task in answering:
                task.cancel()
    log(Event.TELEGRAM_STOPPED, reason=str(unknown or "asked to"))
    if unknown is not None:
        raise ConfigurationError(str(unknown)) from unknown


async def _listen(
    bot: Bot, listener: Listener, stop: asyncio.Event, daemon: str
) -> BotUnknown | None:
    """Hear until *stop*; gives why Telegram lets us no more, if that ended it."""

    async def hear() -> None:
        log(Event.TELEGRAM_STARTED, bot=await listener.begin(), daemon=daemon)
        try:
            await bot.show_commands(ABOUT)
        except TelegramError as error:
            # Without the menu people still know what to write.
            log(Event.TELEGRAM_FAILED, reason=str(error))
        await listener.run()

    hearing = asyncio.create_task(hear(), name="telegram")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait((hearing, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        hearing.cancel()
    try:
        await hearing
    except BotUnknown as error:
        return error
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    return None


def _code() -> str:
    return secrets.token_urlsafe(_CODE_BYTES)
