"""The calls of the Bot API, on a real socket: what is sent, and what goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from exitd.adapters.telegram.bot import Bot, Button
from exitd.adapters.telegram.errors import (
    AnotherPoller,
    BotUnknown,
    CallRefused,
    NoTelegram,
    TelegramError,
    TooMany,
)
from exitd.errors import ConfigurationError
from exitd.secret import Secret
from fakes.raw_http import raw_server
from fakes.telegram import BOT, TOKEN, Telegram, telegram
from fakes.telegram.refused import Refused
from fakes.telegram.serving import BAD_GATEWAY, DROPPED

ME = 111


@pytest.fixture
def there() -> Iterator[Telegram]:
    with telegram() as found:
        found.open_chat(ME)
        yield found


def bot(there: Telegram, **options: Any) -> Bot:
    return Bot(Secret(TOKEN), url=there.url, **options)


async def test_given_a_bot_when_asked_who_it_is_then_its_name(there: Telegram):
    async with bot(there) as mine:
        me = await mine.me()

    assert (me.id, me.username, me.is_bot) == (BOT["id"], BOT["username"], True)


async def test_given_people_who_write_when_asked_then_what_they_wrote(there: Telegram):
    there.write(ME, "/ls <SOL>")
    there.write(-100, "/status", user_id=ME)

    async with bot(there) as mine:
        first, second = await mine.updates(None, wait_s=0)

    assert first.message is not None
    assert (first.message.text, first.message.chat.is_private) == ("/ls <SOL>", True)
    assert second.message is not None
    assert second.message.sender is not None
    assert (second.message.chat.id, second.message.sender.id) == (-100, ME)
    assert not second.message.chat.is_private


async def test_given_an_offset_when_asked_then_what_is_before_is_forgotten(
    there: Telegram,
):
    ids = [there.write(ME, f"/ls {number}") for number in range(3)]

    async with bot(there) as mine:
        last = await mine.updates(-1, wait_s=0)
        none = await mine.updates(ids[-1] + 1, wait_s=0)

    assert [update.update_id for update in last] == [ids[-1]]
    assert none == []
    assert there.updates.waiting == 0


async def test_given_nothing_yet_when_waited_then_it_comes_at_once(there: Telegram):
    async with bot(there) as mine:
        waiting = asyncio.create_task(mine.updates(None, wait_s=50))
        await asyncio.to_thread(there.until, lambda: there.updates.polls, "it waits")
        there.write(ME, "/status")
        (found,) = await waiting

    assert found.message is not None
    assert found.message.text == "/status"


async def test_given_html_and_buttons_when_sent_then_shown_and_pressed(there: Telegram):
    async with bot(there) as mine:
        buttons = (Button("Do it", "yes:1"), Button("No", "no:1"))
        id = await mine.send(ME, "<b>Pause</b> &lt;sl&gt; &amp; go?", buttons)
        (sent,) = there.sent
        press_id = there.press(sent, "Do it", user_id=ME)
        (update,) = await mine.updates(None, wait_s=0)
        assert update.press is not None
        await mine.answer_press(update.press.id, "too late")
        await mine.edit(ME, id, "Paused.")

    assert sent["text"] == "Pause <sl> & go?"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    assert (update.press.data, update.press.sender.id) == ("yes:1", ME)
    assert update.press.message is not None
    assert update.press.message.message_id == id
    assert there.answered == {press_id: "too late"}
    assert there.sent[0]["text"] == "Paused."
    assert "reply_markup" not in there.sent[0]


async def test_given_commands_when_shown_then_in_the_menu(there: Telegram):
    async with bot(there) as mine:
        await mine.show_commands({"ls": "triggers"})

    assert there.commands == [{"command": "ls", "description": "triggers"}]


@pytest.mark.parametrize(
    ("fault", "kind", "part"),
    [
        (Refused(401, "Unauthorized"), BotUnknown, "does not know this bot token"),
        (Refused(404, "Not Found"), BotUnknown, "does not know this bot token"),
        (Refused(400, "Bad Request: chat not found"), CallRefused, "chat not found"),
        (
            Refused(403, "Forbidden: bot was blocked by the user"),
            CallRefused,
            "blocked",
        ),
        (
            Refused(400, "Bad Request: upgraded", migrate_to_chat_id=-1009),
            CallRefused,
            "the group is -1009 now, write that under telegram.chats",
        ),
        (Refused(500, "Internal Server Error: restart"), NoTelegram, "answered 500"),
        (BAD_GATEWAY, NoTelegram, "answered 502"),
        (DROPPED, NoTelegram, "cannot be reached (RemoteProtocolError)"),
    ],
)
async def test_given_a_fault_when_called_then_named_for_what_happened(
    there: Telegram, fault: Any, kind: type[TelegramError], part: str
):
    there.fail("sendMessage", fault)

    async with bot(there) as mine:
        with pytest.raises(kind) as caught:
            await mine.send(ME, "hello")

    assert part in str(caught.value)


async def test_given_a_limit_when_called_then_how_long_to_wait(there: Telegram):
    limit = Refused(429, "Too Many Requests: retry after 7", retry_after=7)
    there.fail("sendMessage", limit)

    async with bot(there) as mine:
        with pytest.raises(TooMany) as caught:
            await mine.send(ME, "hello")

    assert caught.value.retry_after_s == 7


async def test_given_two_that_poll_then_the_first_is_told_of_the_other(there: Telegram):
    async with bot(there) as mine, bot(there) as other:
        first = asyncio.create_task(mine.updates(None, wait_s=50))
        await asyncio.to_thread(there.until, lambda: there.updates.polls, "one waits")
        second = asyncio.create_task(other.updates(None, wait_s=50))
        with pytest.raises(AnotherPoller, match="another program takes what people"):
            await first
        there.write(ME, "/status")
        assert len(await second) == 1


async def test_given_a_webhook_when_polled_then_said_what_to_do(there: Telegram):
    there.updates.webhook = "https://example.org/hook"

    async with bot(there) as mine:
        with pytest.raises(AnotherPoller, match="deleteWebhook"):
            await mine.updates(None, wait_s=0)


async def test_given_updates_of_unknown_shapes_when_read_then_the_rest_is_heard(
    there: Telegram,
):
    there.updates.add("message", {"text": 7})
    there.updates.add("message", {"message_id": 1, "date": 2, "chat": {"id": "x"}})
    there.write(ME, "/status", new_field={"deep": [1]})

    async with bot(there) as mine:
        first, second, third = await mine.updates(None, wait_s=0)

    assert first.message is second.message is None
    assert third.message is not None
    assert third.update_id == second.update_id + 1 == first.update_id + 2


async def test_given_a_server_that_is_silent_when_called_then_it_is_given_up():
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with raw_server(never) as silent, bot_at(silent.url) as mine:
        with pytest.raises(NoTelegram, match=r"did not answer getMe within 0\.2 s"):
            await mine.me()


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"[]", b'{"ok": true}', b'{"ok": true, "result": {"id": "x"}}'],
)
async def test_given_another_server_when_called_then_said_so(body: bytes):
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)

    async with raw_server(answer) as other, bot_at(other.url) as mine:
        with pytest.raises(NoTelegram, match=r"look at telegram\.url"):
            await mine.me()


async def test_given_nobody_there_when_called_then_said_where_to_look():
    async with bot_at("http://127.0.0.1:1") as mine:
        with pytest.raises(NoTelegram, match=r"cannot be reached \(ConnectError\)"):
            await mine.me()


def bot_at(url: str) -> Bot:
    return Bot(Secret(TOKEN), url=url, deadline_s=0.2)


@pytest.mark.parametrize(
    "text", ["", "hello", "987654321", f"bot{TOKEN}", f"{TOKEN}/x", f"{TOKEN}\n", "1:é"]
)
def test_given_a_text_that_is_no_token_then_refused_and_not_shown(text: str):
    with pytest.raises(ConfigurationError, match="no token of a bot") as caught:
        Bot(Secret(text), url="https://api.telegram.org")

    assert not text.strip() or text.strip() not in str(caught.value)


@pytest.mark.parametrize("proxy", ["ftp://me:hunter2@x", "socks5://me:hunter2@x:1"])
def test_given_a_proxy_that_cannot_be_used_then_said_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        Bot(Secret(TOKEN), url="https://api.telegram.org")

    assert "hunter2" not in str(caught.value)


Call = Callable[[Bot], Awaitable[object]]


@pytest.mark.parametrize("fault", [DROPPED, BAD_GATEWAY, Refused(401, "Unauthorized")])
async def test_given_debugging_when_called_then_the_token_is_in_no_log_and_no_error(
    there: Telegram, fault: Any, caplog: pytest.LogCaptureFixture
):
    calls: tuple[Call, ...] = (
        lambda mine: mine.me(),
        lambda mine: mine.updates(None, wait_s=0),
        lambda mine: mine.send(ME, "hello"),
    )
    caplog.set_level(logging.DEBUG)
    said = []

    async with bot(there) as mine:
        for call in calls:
            await call(mine)
        for method, call in zip(
            ("getMe", "getUpdates", "sendMessage"), calls, strict=True
        ):
            there.fail(method, fault)
            with pytest.raises(TelegramError) as caught:
                await call(mine)
            said.append(repr(caught.value) + str(caught.getrepr(showlocals=False)))
            assert caught.value.__suppress_context__ or not caught.value.__context__
        said.append(repr(mine))

    everything = caplog.text + "".join(said)
    assert TOKEN not in everything
    assert TOKEN.partition(":")[2] not in everything
