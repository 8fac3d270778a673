"""
A bot, as the Bot API lets it be: it hears what people write, and answers.

The token is a part of every address that is asked. So no text of httpx, which may name
the address, gets into an error, and httpx's own log is kept quiet.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from exitd.adapters.network.tls import is_loopback
from exitd.adapters.telegram.errors import (
    AnotherPoller,
    BotUnknown,
    CallRefused,
    NoTelegram,
    TooMany,
)
from exitd.adapters.telegram.wire import Answer, Message, Update, User, update_in
from exitd.errors import ConfigurationError
from exitd.secret import Secret

R = TypeVar("R")

#: Telegram itself holds a request for updates no longer than this.
LONGEST_POLL_S = 50
DEADLINE_S = 15.0
_RETRY_AFTER_S = 5
_TOKEN = re.compile(r"[1-9]\d{0,18}:[A-Za-z0-9_-]{20,60}")
_HEARD = ("message", "callback_query")


class Button(Struct, frozen=True):
    """`data` comes back with its press, 64 bytes at most."""

    text: str
    data: str


class Bot:
    """
    Use it in an `async with` statement.

    Args:
        token: Its token, as BotFather gives it.
        url: The Bot API.
        deadline_s: How long a call may take, besides the time it waits for updates.

    Raises:
        ConfigurationError: This is no token, or the proxy cannot be used.
    """

    def __init__(
        self, token: Secret, *, url: str, deadline_s: float = DEADLINE_S
    ) -> None:
        if not _TOKEN.fullmatch(token.reveal()):
            raise ConfigurationError(
                "telegram.bot_token is no token of a bot; put the one that BotFather"
                " gave, such as 123456789:AA…, into its place"
            )
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._root = f"{url}/bot{token.reveal()}"
        self._deadline_s = deadline_s
        self._http = _client(url)

    def __repr__(self) -> str:
        return "Bot()"

    async def me(self) -> User:
        """`getMe`."""
        return await self._ask("getMe", {}, User)

    async def updates(self, offset: int | None, *, wait_s: int) -> list[Update]:
        """`getUpdates`: what happened from *offset* on, at the latest after *wait_s*.

        To ask from an offset on tells Telegram to forget all before it. A negative one
        counts from the end.
        """
        body: dict[str, Any] = {"timeout": wait_s, "allowed_updates": _HEARD}
        if offset is not None:
            body["offset"] = offset
        raw = await self._ask("getUpdates", body, list[msgspec.Raw], wait_s=wait_s)
        try:
            return [update_in(one) for one in raw]
        except msgspec.DecodeError:
            raise NoTelegram(_UNREADABLE) from None

    async def send(
        self,
        chat_id: int,
        html: str,
        buttons: Sequence[Button] = (),
        *,
        topic_id: int = 0,
    ) -> int:
        """`sendMessage`; gives the id of the message. *html* is in Telegram's HTML.

        Without *topic_id* it goes to the general topic, where a group has topics.
        """
        topic = {"message_thread_id": topic_id} if topic_id else {}
        body = {"chat_id": chat_id, **topic, **_text(html), **_below(buttons)}
        return (await self._ask("sendMessage", body, Message)).message_id

    async def edit(self, chat_id: int, message_id: int, html: str) -> None:
        """`editMessageText`: another text, and no buttons any more."""
        body = {"chat_id": chat_id, "message_id": message_id, **_text(html)}
        await self._ask("editMessageText", body, msgspec.Raw)

    async def answer_press(self, press_id: str, text: str = "") -> None:
        """`answerCallbackQuery`: until then the button shows that it is waited for."""
        body = {"callback_query_id": press_id, "text": text, "show_alert": bool(text)}
        await self._ask("answerCallbackQuery", body, bool)

    async def show_commands(self, commands: Mapping[str, str]) -> None:
        """`setMyCommands`: the menu beside the field that people write in."""
        rows = [{"command": k, "description": v} for k, v in commands.items()]
        await self._ask("setMyCommands", {"commands": rows}, bool)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(
        self, method: str, body: dict[str, Any], kind: type[R], wait_s: int = 0
    ) -> R:
        """Call a method and give its result.

        Raises:
            TelegramError: There is none.
        """
        within_s = wait_s + self._deadline_s
        try:
            async with asyncio.timeout(within_s):
                response = await self._http.post(f"{self._root}/{method}", json=body)
        except TimeoutError:
            raise NoTelegram(
                f"Telegram did not answer {method} within {within_s:g} s"
            ) from None
        except httpx.HTTPError as error:
            # Its text may hold the address; its name says enough.
            raise NoTelegram(
                f"Telegram cannot be reached ({type(error).__name__}); look at the"
                " network, and at HTTPS_PROXY where it is blocked"
            ) from None
        return _result(response, method, kind)


_UNREADABLE = (
    "what answers as Telegram does not speak its Bot API; look at telegram.url"
)


def _client(url: str) -> httpx.AsyncClient:
    # Where Telegram is blocked, people reach it by HTTPS_PROXY.
    is_near = is_loopback(urlsplit(url).hostname or "")
    try:
        return httpx.AsyncClient(timeout=None, trust_env=not is_near)
    except (ValueError, ImportError, httpx.InvalidURL):
        # A proxy may have a password in its address, which the text of this may hold.
        raise ConfigurationError(
            "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used; write a proxy as"
            " http://host:port, or unset it"
        ) from None


def _text(html: str) -> dict[str, Any]:
    return {
        "text": html,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


def _below(buttons: Sequence[Button]) -> dict[str, Any]:
    if not buttons:
        return {}
    row = [{"text": one.text, "callback_data": one.data} for one in buttons]
    return {"reply_markup": {"inline_keyboard": [row]}}


def _result(response: httpx.Response, method: str, kind: type[R]) -> R:
    try:
        answer = msgspec.json.decode(response.content, type=Answer)
        if answer.ok:
            return msgspec.json.decode(answer.result, type=kind)
    except msgspec.DecodeError:
        if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoTelegram(_UNREADABLE) from None
        answer = Answer(ok=False, error_code=response.status_code)
    said = answer.description[:200] or f"status {response.status_code}"
    match answer.error_code or response.status_code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            raise BotUnknown(
                "Telegram does not know this bot token; take the bot's token of now"
                " from BotFather, put it where telegram.bot_token says, and start again"
            )
        case HTTPStatus.CONFLICT if "webhook" in said:
            raise AnotherPoller(
                "this bot has a webhook, which takes all that people write to it;"
                " remove it (deleteWebhook), or make a bot for exitd alone"
            )
        case HTTPStatus.CONFLICT:
            raise AnotherPoller(
                "another program takes what people write to this bot; stop it, or make"
                " a bot for exitd alone"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait_s = answer.parameters.retry_after or _RETRY_AFTER_S
            raise TooMany(f"Telegram asks to wait {wait_s} s", wait_s)
        case code if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoTelegram(f"Telegram answered {code} to {method}")
    moved = answer.parameters.migrate_to_chat_id
    if moved:
        said += f"; the group is {moved} now, write that under telegram.chats"
    raise CallRefused(f"Telegram refused {method}: {said}")
