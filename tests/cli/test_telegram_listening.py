"""Who is heard by Telegram, what is too old, and what is taken once only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.telegram_desk import FRIEND, GROUP, ME, STOP, STRANGER, Desk, desk
from exitd.cli.telegram.listening import command_in, waits
from exitd.core.units import NS_PER_S
from exitd.logs import configure
from fakes.telegram.refused import Refused
from fakes.telegram.serving import BAD_GATEWAY, DROPPED


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found


@pytest.fixture
def logged() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What was logged, as event and fields."""
    seen: list[tuple[str, dict[str, Any]]] = []
    with configure(
        now_ns=lambda: 0,
        monotonic_ns=lambda: 0,
        level="error",
        observe=lambda event, fields: seen.append((str(event), dict(fields))),
    ):
        yield seen


def of(logged: list[tuple[str, dict[str, Any]]], event: str) -> list[dict[str, Any]]:
    return [fields for name, fields in logged if name == event]


async def test_given_strangers_when_they_write_then_no_answer_and_one_line_each(
    at: Desk, logged: list[Any]
):
    id = await at.arm(**STOP)

    for text in ("/start", f"/cancel {id}", "/status"):
        at.there.write(STRANGER, text)
        at.there.write(-999, text, user_id=STRANGER)
    await at.heard()

    assert at.there.texts(STRANGER) == at.there.texts(-999) == []
    assert at.world.state_of(id) == "armed"
    assert of(logged, "telegram.refused") == [
        {"chat": STRANGER, "user": STRANGER},
        {"chat": -999, "user": STRANGER},
    ]
    at.pass_time(3_600)
    at.there.write(STRANGER, "/status")
    await at.heard()
    assert len(of(logged, "telegram.refused")) == 3


async def test_given_a_group_when_members_write_then_only_the_listed_are_answered(
    at: Desk,
):
    at.there.write(GROUP, "/status", user_id=STRANGER)
    at.there.write(GROUP, "are you all right?", user_id=ME)
    at.there.write(GROUP, "/status@another_bot", user_id=ME)
    named = await at.ask("/ls@exitd_test_bot", "no active triggers", chat=GROUP)
    await at.ask("/ls", "no active triggers", chat=GROUP, user=FRIEND)

    assert at.there.texts(GROUP)[0] == named["text"]
    assert len(at.there.texts(GROUP)) == 2


async def test_given_a_group_with_topics_when_asked_in_one_then_answered_in_it(
    at: Desk,
):
    at.there.topics[GROUP] = {7}
    id = await at.arm(**STOP)
    at.there.write(
        GROUP, f"/cancel {id}", user_id=ME, is_topic_message=True, message_thread_id=7
    )
    asked = await asyncio.to_thread(at.there.wait, GROUP, f"Cancel {id}?")
    # A reply in a group without topics has a thread as well, and none is sent to it.
    at.there.write(GROUP, "/status", user_id=ME, message_thread_id=9)
    general = await asyncio.to_thread(at.there.wait, GROUP, "ready")

    assert asked["message_thread_id"] == 7
    assert "message_thread_id" not in general


async def test_given_a_listed_person_in_a_group_that_is_not_then_not_answered(
    at: Desk,
):
    at.there.write(-999, "/status", user_id=ME)
    await at.heard()

    assert at.there.texts(-999) == []


async def test_given_a_stranger_who_presses_then_nothing_is_done(at: Desk):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", "Cancel", chat=GROUP)

    press_id = at.there.press(asked, "Do it", user_id=STRANGER)
    await at.heard()

    assert press_id not in at.there.answered
    assert at.world.state_of(id) == "armed"


async def test_given_what_was_written_before_when_begun_then_it_is_left_undone(
    tmp_path: Path, logged: list[Any]
):
    def before(there: Any) -> None:
        for _ in range(150):
            there.write(ME, "/status")

    async with desk(tmp_path, before=before) as at:
        said = await at.ask("/ls", "no active triggers")
        offset = at.there.asked("getUpdates")[1]["offset"]

    assert at.there.texts(ME) == [said["text"]]
    assert at.there.asked("getUpdates")[0]["offset"] == -1
    assert offset > 150
    assert len(of(logged, "telegram.dropped")) == 1


@pytest.mark.parametrize(("age_s", "is_done"), [(50, True), (70, False)])
async def test_given_an_old_message_when_it_comes_then_said_and_left_undone(
    at: Desk, age_s: int, is_done: bool
):
    at.there.write(ME, "/ls", age_s=age_s)
    await at.heard()

    words = "no active triggers" if is_done else "so nothing was done. Write it again"
    assert words in at.there.texts(ME)[0]


async def test_given_edited_and_forwarded_messages_then_ignored(at: Desk):
    at.there.write(ME, "/ls", kind="edited_message")
    at.there.write(ME, "/ls", forward_origin={"type": "user", "date": 1})
    at.there.updates.add("message", {"message_id": 1, "date": 1, "chat": {"id": ME}})
    await at.heard()

    assert len(at.there.texts(ME)) == 1
    heard = at.there.asked("getUpdates")[0]["allowed_updates"]
    assert heard == ["message", "callback_query"]


async def test_given_an_update_that_is_told_twice_then_answered_once(at: Desk):
    id = at.there.write(ME, "/ls")
    await at.until(lambda: at.there.texts(ME))
    message = {
        "message_id": 7,
        "date": at.clock.now_ns() // NS_PER_S,
        "chat": {"id": ME, "type": "private"},
        "from": {"id": ME},
        "text": "/ls",
    }
    at.there.updates.repeat({"update_id": id, "message": message})
    await at.heard()

    assert len([text for text in at.there.texts(ME) if "no active" in text]) == 1


async def test_given_ids_that_begin_anew_when_written_then_heard_as_ever(at: Desk):
    await at.ask("/ls", "no active triggers")
    at.there.updates.begin_again_at(17)

    await at.ask("/ls", "no active triggers")
    await at.ask("/ls", "no active triggers")


async def test_given_too_many_when_written_then_said_once_and_later_heard_again(
    at: Desk, logged: list[Any]
):
    for _ in range(35):
        at.there.write(ME, "/ls")
    slower = "More than 30 in a minute"
    await at.until(lambda: any(slower in text for text in at.there.texts(ME)))
    await at.answered()
    at.pass_time(60)
    await at.ask("/help", "/status:")

    assert len([text for text in at.there.texts(ME) if slower in text]) == 1
    assert of(logged, "telegram.dropped")[0]["why"] == "more than 30 in a minute"


@pytest.mark.parametrize(
    "fault",
    [
        DROPPED,
        BAD_GATEWAY,
        Refused(409, "Conflict: terminated by other getUpdates request"),
        Refused(429, "Too Many Requests: retry after 1", retry_after=1),
        Refused(500, "Internal Server Error"),
    ],
)
async def test_given_trouble_with_telegram_when_over_then_it_goes_on(
    at: Desk, fault: Any, logged: list[Any]
):
    at.there.fail("getUpdates", fault, times=1 if isinstance(fault, Refused) else 3)

    await at.ask("/ls", "no active triggers")
    await at.ask("/ls", "no active triggers")

    assert len(of(logged, "telegram.lost")) == 1
    assert len(of(logged, "telegram.recovered")) == 1


async def test_given_answers_that_cannot_be_sent_then_told_in_the_log_and_gone_on(
    at: Desk, logged: list[Any]
):
    at.there.fail("sendMessage", Refused(429, "Too Many Requests", retry_after=1))
    await at.ask("/ls", "no active triggers")
    at.there.blocked.add(FRIEND)
    at.there.write(FRIEND, "/ls")
    await at.heard()

    (failed,) = of(logged, "telegram.failed")
    assert failed["chat"] == FRIEND
    assert "bot was blocked by the user" in failed["reason"]


async def test_given_a_slow_chat_when_another_writes_then_it_does_not_wait(at: Desk):
    limit = Refused(429, "Too Many Requests: retry after 600", retry_after=600)
    at.there.fail("sendMessage", limit)
    at.there.write(ME, "/ls")
    await at.until(lambda: at.there.asked("sendMessage"))

    said = await at.ask("/ls", "no active triggers", chat=FRIEND, user=FRIEND)

    assert at.there.texts(ME) == []
    assert said["chat"]["id"] == FRIEND


async def test_given_answers_that_come_empty_at_once_then_not_asked_without_end(
    at: Desk,
):
    # What a broken proxy does: no request waits for anything.
    at.there.updates.is_closing = True
    at.there.write(ME, "/ls")
    await at.until(lambda: at.there.texts(ME))
    at.there.write(ME, "/ls")
    await at.until(lambda: len(at.there.texts(ME)) == 2)

    assert len(at.there.asked("getUpdates")) < 8


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/ls", ("ls", [])),
        ("/LS sol  x", ("ls", ["sol", "x"])),
        ("/ls@My_Bot sol", ("ls", ["sol"])),
        ("/ls@other sol", None),
        ("ls", None),
        ("", None),
        ("/", ("", [])),
        ("/ls\nsol", ("ls", ["sol"])),
    ],
)
def test_given_a_text_when_read_then_the_command_for_us(text: str, found: object):
    assert command_in(text, "my_bot") == found


def test_given_failures_when_they_go_on_then_asked_ever_more_slowly():
    pauses = waits()

    assert [next(pauses) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_given_telegram_away_when_waiting_then_nothing_else_stands_still(
    at: Desk,
):
    at.there.fail("getUpdates", BAD_GATEWAY, times=50)
    at.there.write(ME, "/ls")

    async with asyncio.timeout(20):
        await at.until(lambda: at.there.texts(ME))
