"""`/status` and `/ls` by Telegram, and what is said of what cannot be done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.telegram_desk import ME, PROFIT, STOP, Desk, desk
from exitd.cli.telegram.menu import ABOUT, COMMANDS
from fakes.exchange import SOL


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found


async def test_given_a_daemon_when_asked_how_it_does_then_as_the_command_says(at: Desk):
    await at.arm(**STOP)

    said = await at.ask("/status", "LIVE")

    lines = said["text"].splitlines()
    assert lines[0].startswith("LIVE exitd ")
    assert lines[0].endswith(", ready")
    assert lines[1:3] == ["triggers 1 armed", "positions 1 open, all protected"]
    assert lines[3].startswith(f"feeds {SOL} mark 100 (")
    assert said["entities"][0] == {"type": "bold", "offset": 0, "length": 4}


async def test_given_a_stop_that_is_missing_when_asked_then_said(at: Desk):
    said = await at.ask("/status", "1 NOT PROTECTED")

    assert "no stop watches it" in said["text"]


async def test_given_triggers_when_listed_then_the_nearest_first_with_ids_to_tap(
    at: Desk,
):
    stop = await at.arm(**STOP, note="<b>&")
    profit = await at.arm(**PROFIT)
    near = await at.arm(**{**STOP, "stop_loss": "99"})

    said = await at.ask("/ls", "LIVE")

    assert said["text"].splitlines() == [
        "LIVE",
        f"{near} armed",
        f"{SOL} long: stop_loss 99, 1.00% away, close 100%",
        f"{stop} armed",
        f"{SOL} long: stop_loss 90, 10.00% away, close 100%",
        f"{profit} armed",
        f"{SOL} long: take_profit 120, 20.00% away, close 100%",
    ]
    copied = [e for e in said["entities"] if e["type"] == "code"]
    assert [entity["length"] for entity in copied] == [len(stop)] * 3


async def test_given_a_word_when_listed_then_those_it_means(at: Desk):
    id = await at.arm(**STOP)
    await at.arm(**PROFIT)

    by_market = await at.ask("/ls sol_", "stop_loss")
    by_name = await at.ask(f"/ls {id}", "stop_loss")
    none = await at.ask("/ls <eth>", "no trigger of <eth> is active")

    assert "take_profit" in by_market["text"]
    assert "take_profit" not in by_name["text"]
    assert none["text"].startswith("LIVE")


async def test_given_more_than_a_message_holds_when_listed_then_how_many_are_left(
    at: Desk,
):
    body = [{**STOP, "stop_loss": f"{80 + n / 100:.2f}"} for n in range(100)]
    async with at.world.unix() as owner:
        answer = await owner.post("/v1/triggers", json={"triggers": body})
    assert answer.status_code == 201

    said = await at.ask("/ls", "… and ")

    shown = said["text"].count("stop_loss")
    assert said["text"].splitlines()[-1] == (
        f"… and {100 - shown} more; /ls SYMBOL lists those of one market"
    )
    assert 30 <= shown <= 50


async def test_given_paper_when_asked_then_every_answer_begins_with_it(tmp_path: Path):
    async with desk(tmp_path, mode="paper") as at:
        id = await at.arm(**STOP)

        for words in ("/status", "/ls", f"/pause {id}", f"/flatten {SOL}"):
            said = await at.ask(words, "PAPER")
            assert said["text"].startswith("PAPER, NOT PROTECTING")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/status now", "write /status"),
        ("/ls a b", "write /ls or /ls SYMBOL"),
        ("/pause", "write /pause ID, as /ls shows it"),
        ("/cancel a b", "write /cancel ID"),
        ("/flatten", "write /flatten SYMBOL, and the account where there are several"),
        ("/pause sol-core/nix", "there is no trigger sol-core/nix"),
        ("/cancel tv-1795946400123", "there is no entry tv-1795946400123"),
        ("/flatten SOL_USDC_PERP mars", "there is no account 'mars'"),
        ("/fire sol-core/sl", "There is no /fire."),
        ("/start", "/status: mode"),
        ("hello", "/status: mode"),
    ],
)
async def test_given_what_cannot_be_done_when_asked_then_said_what_can(
    at: Desk, text: str, says: str
):
    await at.ask(text, says)


async def test_given_no_daemon_when_asked_then_that_is_said(at: Desk):
    at.world.socket.unlink()

    said = await at.ask("/status", "no daemon answers at")

    assert "systemctl start exitd" in said["text"]
    assert at.there.texts(ME) == [said["text"]]


def test_given_the_menu_when_read_then_each_command_is_told():
    assert list(ABOUT) == list(COMMANDS)
