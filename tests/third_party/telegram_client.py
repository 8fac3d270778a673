"""
python-telegram-bot against the fake of Telegram, unmodified but for its address.

It shows that the fake speaks as Telegram does, and not only as exitd expects: what the
library sends is understood, what it gets back it can read, and what goes wrong is the
error that it knows.

    PYTHONPATH=tests python tests/third_party/telegram_client.py

Run by CI with the interpreter of an environment that holds python-telegram-bot; the
fake needs nothing but Python.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
)

from fakes.telegram import BOT, TOKEN, Telegram, telegram
from fakes.telegram.refused import Refused

ME, GROUP = 111_000_111, -1_000_333
QUESTION = "<b>Pause &lt;sol-core/sl&gt;?</b> <code>sol-core/sl</code>"


class Failed(Exception):
    """A call did not do what the library promises."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(call: str, answer: Any, good: Callable[[Any], object]) -> Any:
    if not good(answer):
        raise Failed(f"{call}: unexpected answer {str(answer)[:600]}")
    say(f"ok   python-telegram-bot {call}")
    return answer


async def refused(
    call: str, work: Awaitable[Any], kind: type[TelegramError], message: str
) -> None:
    try:
        answer = await work
    except kind as error:
        judge(call, str(error), lambda said: message.lower() in said.lower())
        return
    raise Failed(f"{call}: was taken: {str(answer)[:300]}")


def base_of(there: Telegram) -> str:
    return f"{there.url}/bot"


async def by_hand(there: Telegram) -> None:
    """Each call by itself, and each refusal as the exception that it is."""
    async with Bot(TOKEN, base_url=base_of(there)) as bot:
        me = await bot.get_me()
        judge("get_me", me, lambda m: (m.id, m.username) == (BOT["id"], bot.username))
        await bot.set_my_commands([("ls", "triggers")])
        found = await bot.get_my_commands()
        judge("set_my_commands", found, lambda rows: rows[0].command == "ls")
        await send(bot, there)
        await fetch(bot, there)
    wrong = Bot(TOKEN[:-1] + "3", base_url=base_of(there))
    await refused("a token of nobody", wrong.initialize(), InvalidToken, "rejected")


async def send(bot: Bot, there: Telegram) -> None:
    row = [InlineKeyboardButton("Do it", callback_data="yes:1")]
    markup = InlineKeyboardMarkup([row])
    sent = await bot.send_message(
        ME, QUESTION, parse_mode=ParseMode.HTML, reply_markup=markup
    )
    judge("send_message", sent, lambda m: m.text_html == QUESTION)
    edited = await bot.edit_message_text("Paused.", ME, sent.message_id)
    judge("edit_message_text", edited, lambda m: m.text == "Paused.")
    there.moved[GROUP] = -100_999
    there.blocked.add(7)
    wide = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="y" * 65)]])

    async def text(text: str, **more: Any) -> Any:
        return await bot.send_message(ME, text, **more)

    for call, work, kind, message in (
        ("an unknown chat", bot.send_message(5, "x"), BadRequest, "chat not found"),
        ("a chat that blocks", bot.send_message(7, "x"), Forbidden, "was blocked by"),
        ("a group that moved", bot.send_message(GROUP, "x"), ChatMigrated, "migrated"),
        ("a text too long", text("x" * 4097), BadRequest, "message is too long"),
        ("no text", text(" "), BadRequest, "message text is empty"),
        (
            "a tag left open",
            text("<b>x", parse_mode=ParseMode.HTML),
            BadRequest,
            "can't parse entities: can't find end tag",
        ),
        ("too much data", text("x", reply_markup=wide), BadRequest, "data_invalid"),
        (
            "the same text",
            bot.edit_message_text("Paused.", ME, sent.message_id),
            BadRequest,
            "message is not modified",
        ),
        (
            "another's message",
            bot.edit_message_text("x", ME, 1),
            BadRequest,
            "message to edit not found",
        ),
        (
            "a press of nobody",
            bot.answer_callback_query("17"),
            BadRequest,
            "query is too old",
        ),
    ):
        await refused(call, work, kind, message)
    limit = Refused(429, "Too Many Requests: retry after 3", retry_after=3)
    there.fail("sendMessage", limit)
    await refused("too many", text("x"), RetryAfter, "retry in 3 seconds")


async def fetch(bot: Bot, there: Telegram) -> None:
    ids = [there.write(ME, f"/ls {number}") for number in range(3)]
    found = await bot.get_updates(timeout=0)
    judge("get_updates", found, lambda us: [u.update_id for u in us] == ids)
    judge("a command", found[0].message, lambda m: m.entities[0].type == "bot_command")
    last = await bot.get_updates(offset=-1, timeout=0)
    judge("a negative offset", last, lambda us: [u.update_id for u in us] == ids[-1:])
    none = await bot.get_updates(offset=ids[-1] + 1, timeout=0)
    judge("an offset behind all", none, lambda us: us == ())
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.to_thread(there.until, lambda: there.updates.polls, "one waits")
    async with Bot(TOKEN, base_url=base_of(there)) as other:
        second = asyncio.create_task(other.get_updates(timeout=20))
        await refused("two at once", first, Conflict, "only one bot instance")
        there.write(ME, "/ls")
        judge("a long poll", await second, lambda us: us[0].message.text == "/ls")
    there.updates.webhook = "https://example.org/hook"
    await refused(
        "beside a webhook", bot.get_updates(timeout=0), Conflict, "deletewebhook"
    )
    await bot.delete_webhook()


async def by_application(there: Telegram) -> None:
    """A bot as people write one: handlers, long polling, a question and its answer."""
    heard: list[str] = []

    async def pause(update: Update, _: Any) -> None:
        row = [InlineKeyboardButton("Do it", callback_data="yes:1")]
        assert update.effective_message is not None
        await update.effective_message.reply_text(
            QUESTION,
            parse_mode=ParseMode.HTML,
            reply_markup=InlineKeyboardMarkup([row]),
        )

    async def agree(update: Update, _: Any) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("done")
        await query.edit_message_text(f"{query.data} of {query.from_user.id}")
        heard.append(query.data or "")

    builder: Any = ApplicationBuilder().token(TOKEN).base_url(base_of(there))
    application: Application[Any, Any, Any, Any, Any, Any] = builder.build()
    application.add_handler(CommandHandler("pause", pause))
    application.add_handler(CallbackQueryHandler(agree))
    async with application:
        assert application.updater is not None
        await application.start()
        await application.updater.start_polling(drop_pending_updates=True)
        there.write(ME, "/pause sol-core/sl")
        asked = await asyncio.to_thread(there.wait, ME, "Pause <sol-core/sl>?")
        press_id = there.press(asked, "Do it")
        done = await asyncio.to_thread(there.wait, ME, f"yes:1 of {ME}")
        judge("an application", done, lambda m: "reply_markup" not in m)
        judge("a press", there.answered.get(press_id), lambda said: said == "done")
        await application.updater.stop()
        await application.stop()


async def run() -> None:
    with telegram() as there:
        there.open_chat(ME)
        there.open_chat(7)
        there.open_chat(GROUP)
        await by_hand(there)
        await by_application(there)


def main() -> int:
    say(f"python-telegram-bot {importlib.metadata.version('python-telegram-bot')}")
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(run())
    except Failed as failure:
        say(f"FAIL {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
