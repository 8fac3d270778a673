"""What changes something by Telegram: said first, agreed to once, by who asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.daemons import ME as OWNER
from api.daemons import POSITIONS_YAML
from cli.telegram_desk import FRIEND, GROUP, ME, PROFIT, STOP, Desk, desk
from exitd.core.units import NS_PER_S
from fakes.exchange import SOL
from fakes.resting import rest
from fakes.telegram.refused import Refused

POSITION = f"{SOL} long 10"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found


async def test_given_a_stop_when_paused_then_warned_asked_and_done_in_the_chats_name(
    at: Desk,
):
    id = await at.arm(**STOP)

    asked = await at.ask(f"/pause {id}", f"Pause {id}?")
    state_before = at.world.state_of(id)
    await at.press(asked, "Do it")
    said = await at.becomes(asked, f"{id} paused")

    assert asked["text"].startswith("LIVE")
    assert f"⚠ {POSITION} will be UNPROTECTED." in asked["text"]
    assert f"{SOL} long: stop_loss 90, 10.00% away, close 100%" in asked["text"]
    assert state_before == "armed"
    assert at.world.daemon.loop.engine.state.triggers[id].paused
    assert f"⚠ {SOL} long: {id} is paused" in said
    assert (await at.who("trigger.paused", id)).endswith(f"/telegram:{ME}")


async def test_given_a_question_when_refused_then_nothing_is_done(at: Desk):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", f"Cancel {id}?")

    await at.press(asked, "No")

    said = await at.becomes(asked, "Not done.")
    assert "buttons" not in said
    assert at.world.state_of(id) == "armed"


async def test_given_a_question_when_pressed_twice_then_it_counts_once(at: Desk):
    id = await at.arm(**PROFIT)
    asked = await at.ask(f"/pause {id}", f"Pause {id}?")

    await at.press(asked, "Do it")
    await at.becomes(asked, f"{id} paused")
    await at.world.control.triggers.resume(id, OWNER)
    again = await at.press(asked, "Do it")

    assert again == "This question is not open any more; ask again."
    assert at.world.state_of(id) == "armed"
    assert not at.world.daemon.loop.engine.state.triggers[id].paused


@pytest.mark.parametrize(("waited_s", "state"), [(60, "cancelled"), (61, "armed")])
async def test_given_a_question_when_a_minute_has_passed_then_too_late(
    at: Desk, waited_s: int, state: str
):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", f"Cancel {id}?")

    await at.answered()
    at.clock.advance(waited_s * NS_PER_S)
    await at.press(asked, "Do it")

    outcome = "cancelled" if state == "cancelled" else "nobody agreed within 60 s"
    await at.becomes(asked, outcome)
    assert (at.world.state_of(id) == "armed") == (state == "armed")


async def test_given_a_second_question_when_asked_then_the_first_is_void(at: Desk):
    stop, profit = await at.arm(**STOP), await at.arm(**PROFIT)
    first = await at.ask(f"/cancel {stop}", f"Cancel {stop}?")
    second = await at.ask(f"/cancel {profit}", f"Cancel {profit}?")

    late = await at.press(first, "Do it")
    await at.press(second, "Do it")

    await at.becomes(second, f"{profit} cancelled")
    assert "not open any more" in late
    assert at.world.state_of(stop) == "armed"


async def test_given_a_group_when_another_presses_then_only_who_asked_counts(at: Desk):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", f"Cancel {id}?", chat=GROUP)

    other = await at.press(asked, "Do it", user=FRIEND)
    state = at.world.state_of(id)
    await at.press(asked, "Do it")

    await at.becomes(asked, f"{id} cancelled")
    assert other == "Only who asked can answer this."
    assert state == "armed"
    by = await at.who("trigger.cancelled", id)
    assert by.endswith(f"/telegram:{GROUP}:{ME}")


async def test_given_a_question_of_one_chat_when_pressed_in_another_then_void(at: Desk):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", f"Cancel {id}?")

    elsewhere = {**asked, "chat": at.there.open_chat(FRIEND)}
    said = await at.press(elsewhere, "Do it", user=FRIEND)

    assert "not open any more" in said
    assert at.world.state_of(id) == "armed"


async def test_given_a_trigger_that_changes_meanwhile_when_agreed_then_left_alone(
    at: Desk,
):
    id = await at.arm(**STOP)
    asked = await at.ask(f"/cancel {id}", f"Cancel {id}?")
    await at.world.control.triggers.pause(id, OWNER)

    await at.press(asked, "Do it")

    await at.becomes(asked, f"{id} has changed meanwhile and is paused, so nothing was")
    assert at.world.state_of(id) == "armed"


async def test_given_two_stops_when_one_goes_then_said_what_is_left(at: Desk):
    first = await at.arm(**STOP)
    other = await at.arm(**{**STOP, "stop_loss": "85"})

    asked = await at.ask(f"/cancel {first}", f"Cancel {first}?")

    assert f"⚠ It is a stop. {POSITION} is left with {other}." in asked["text"]


async def test_given_a_take_profit_when_paused_then_no_warning(at: Desk):
    id = await at.arm(**PROFIT)

    asked = await at.ask(f"/pause {id}", f"Pause {id}?")

    assert "⚠" not in asked["text"]


async def test_given_a_paused_one_when_resumed_then_asked_and_done(at: Desk):
    id = await at.arm(**PROFIT)
    await at.world.control.triggers.pause(id, OWNER)

    again = await at.ask(f"/pause {id}", "is paused already")
    asked = await at.ask(f"/resume {id}", f"Resume {id}?")
    await at.press(asked, "Do it")

    await at.becomes(asked, f"{id} armed")
    assert again["text"].endswith(f"/resume {id} lets it watch again")
    assert "is not paused" in (await at.ask(f"/resume {id}", "not paused"))["text"]


async def test_given_a_shortened_id_when_cancelled_then_the_whole_is_asked(at: Desk):
    id = await at.arm(**STOP)

    asked = await at.ask(f"/cancel {id[:14]}", "Cancel")

    assert f"Cancel {id}?" in asked["text"]


async def test_given_a_trigger_of_a_file_when_cancelled_then_said_where(
    tmp_path: Path,
):
    async with desk(tmp_path, exits=POSITIONS_YAML) as at:
        await at.world.until(lambda: at.world.state_of("sol-core/sl") == "armed")

        refused = await at.ask("/cancel Sol-Core/sl", "is owned by")

        assert "sol.yaml" in refused["text"]
        assert refused["text"].endswith("remove it there, or /pause sol-core/sl")


async def test_given_one_that_is_over_when_cancelled_then_said_so(at: Desk):
    id = await at.arm(**STOP)
    await at.world.control.triggers.cancel(id, OWNER)

    assert await at.ask(f"/cancel {id}", f"{id} is over: cancelled")


async def test_given_open_orders_when_flattened_then_listed_asked_and_cancelled(
    at: Desk,
):
    venue = at.world.venue
    first, _ = rest(venue), rest(venue, price=Decimal(131))

    asked = await at.ask(f"/flatten {SOL.lower()}", "Cancel 2 open orders of")
    resting = len(await venue.open_orders(SOL))
    await at.press(asked, "Do it")

    said = await at.becomes(asked, f"Cancelled 2 open orders of {SOL}.")
    assert f"{first.id}: sell 2 at 130" in asked["text"]
    assert "a dry run: nothing was cancelled" in asked["text"]
    assert "positions stay open" in said
    assert resting == 2
    assert await venue.open_orders(SOL) == ()


async def test_given_no_open_orders_when_flattened_then_nothing_to_agree_to(at: Desk):
    said = await at.ask(f"/flatten {SOL}", "has no open orders to cancel.")

    assert "reply_markup" not in said


async def test_given_a_venue_that_is_away_when_flattened_then_its_words(at: Desk):
    rest(at.world.venue)
    asked = await at.ask(f"/flatten {SOL}", "Cancel 1 open order of")

    at.world.venue.is_down = True
    await at.press(asked, "Do it")

    await at.becomes(asked, "look at the venue's status and try again")


async def test_given_a_message_that_cannot_be_edited_when_done_then_said_anew(at: Desk):
    id = await at.arm(**PROFIT)
    asked = await at.ask(f"/pause {id}", f"Pause {id}?")

    at.there.fail("editMessageText", Refused(400, "Bad Request: message to edit"))
    at.there.press(asked, "Do it")

    await at.until(lambda: any(f"{id} paused" in t for t in at.there.texts(ME)[1:]))
    assert at.world.daemon.loop.engine.state.triggers[id].paused
