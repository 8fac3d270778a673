"""A chat of Telegram asks, pauses, cancels and flattens; a stranger gets nothing."""

import asyncio
import signal
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from e2e.house import SYMBOL
from e2e.telegram_house import (
    GROUP,
    ME,
    STRANGER,
    TOKEN,
    Messenger,
    TelegramHouse,
    telegram_house,
)
from simulator.rig import Trader

pytestmark = pytest.mark.e2e

BY_ME = f"api:pocket/telegram:{ME}"


@pytest.fixture
def pocket(tmp_path: Path) -> Iterator[TelegramHouse]:
    with telegram_house(tmp_path) as found:
        yield found


def agree(pocket: TelegramHouse, question: dict[str, Any], words: str) -> str:
    """Press *Do it*, and wait until the question is replaced by what came of it."""
    id, there = question["message_id"], pocket.there
    there.press(question, "Do it", user_id=ME)

    def now() -> str:
        return next(m["text"] for m in there.sent if m["message_id"] == id)

    there.until(lambda: words in now(), words)
    return now()


def rest_by_hand(pocket: TelegramHouse) -> None:
    """Rest an order that exitd knows nothing of, as its owner does elsewhere."""

    async def place() -> None:
        home = pocket.home
        seed = b64decode((home.folder / "secret").read_text())
        async with httpx.AsyncClient(base_url=home.exchange.url) as http:
            limit = {"orderType": "Limit", "price": "139", "timeInForce": "GTC"}
            await Trader(http, SigningKey(seed)).placed(
                side="Bid", quantity="1", **limit
            )

    asyncio.run(place())


def assert_silent(messenger: Messenger, pocket: TelegramHouse) -> None:
    """Neither token is in what it wrote."""
    written = messenger.log.text()
    shown = (pocket.home.folder / "daemon_token").read_text().strip()
    for secret in (TOKEN, TOKEN.partition(":")[2], shown):
        assert secret not in written


def test_given_a_listed_chat_when_it_asks_and_agrees_then_done_in_its_name(
    pocket: TelegramHouse,
):
    home, there = pocket.home, pocket.there
    daemon = home.start_armed()
    pocket.let_in("trade")
    made = home.command("add", "--symbol", SYMBOL, "--side", "long", "--sl", "120")
    other = made.stdout.partition(":")[0]
    rest_by_hand(pocket)
    messenger = pocket.start()

    there.write(STRANGER, "/cancel sol-core/sl")
    assert "1 open, all protected" in pocket.ask("/status", "LIVE")["text"]
    assert "stop_loss 131.25" in pocket.ask("/ls sol-core", "sol-core/sl")["text"]
    asked = pocket.ask("/pause sol-core/sl", "is left with")
    assert f"{other}." in asked["text"]
    agree(pocket, asked, "sol-core/sl paused")
    cancel = pocket.ask(f"/cancel {other[:16]}", f"Cancel {other}?")
    assert f"⚠ {SYMBOL} long 10 will be UNPROTECTED." in cancel["text"]
    said = agree(pocket, cancel, f"{other} cancelled")
    assert "sol-core/sl is paused" in said
    flatten = pocket.ask(f"/flatten {SYMBOL}", f"Cancel 1 open order of {SYMBOL}?")
    assert "buy 1 at 139" in flatten["text"]
    agree(pocket, flatten, f"Cancelled 1 open order of {SYMBOL}.")

    daemon.log.wait("trigger.paused", trigger_id="sol-core/sl", by=BY_ME)
    daemon.log.wait("trigger.cancelled", trigger_id=other, by=BY_ME)
    daemon.log.wait("orders.cancelled", symbol=SYMBOL, cancelled=1, by=BY_ME)
    assert [row for row in home.ask("orders") if row["status"] == "New"] == []
    assert home.held() == "10"
    assert there.texts(STRANGER) == []
    messenger.log.wait("telegram.refused", chat=STRANGER, user=STRANGER)
    messenger.log.wait("telegram.confirmed", 3, chat=ME, user=ME, outcome="done")
    assert [row["command"] for row in there.commands][:2] == ["status", "ls"]
    assert messenger.stop() == 0
    assert_silent(messenger, pocket)
    assert daemon.stop() == 0


def test_given_a_restart_when_it_was_killed_then_nothing_of_before_is_done_again(
    pocket: TelegramHouse,
):
    home, there = pocket.home, pocket.there
    daemon = home.start_armed()
    pocket.let_in("trade")
    messenger = pocket.start()
    asked = pocket.ask("/pause sol-core/tp1", "Pause sol-core/tp1?")

    assert messenger.stop(signal.SIGKILL) == -signal.SIGKILL
    there.press(asked, "Do it")
    there.write(ME, "/flatten SOL_USDC_PERP")
    again = pocket.start()
    there.press(asked, "Do it")
    said = pocket.ask("/ls", "sol-core/tp1 armed")

    assert "paused" not in said["text"]
    assert daemon.log.of("trigger.paused") == []
    assert len(there.texts(ME)) == 2
    assert set(there.answered.values()) == {
        "This question is not open any more; ask again."
    }
    assert again.stop() == 0
    assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("read", "has not the scope trade; make one with"),
        ("phone", "may pause take-profits, and sol-core/sl is none"),
    ],
)
def test_given_a_token_of_less_when_agreed_then_refused_and_still_armed(
    pocket: TelegramHouse, scope: str, says: str
):
    daemon = pocket.home.start_armed()
    pocket.let_in(scope)
    pocket.start()

    pocket.ask("/status", "2 armed", chat=GROUP)
    asked = pocket.ask("/pause sol-core/sl", "Pause sol-core/sl?", chat=GROUP)
    agree(pocket, asked, says)

    assert daemon.log.of("trigger.paused") == []


def test_given_a_token_that_is_revoked_when_asked_then_that_is_said(
    pocket: TelegramHouse,
):
    daemon = pocket.home.start_armed()
    pocket.let_in("trade")
    pocket.start()
    pocket.ask("/status", "2 armed")

    assert pocket.home.command("token", "revoke", "pocket", "--yes").returncode == 0

    pocket.ask("/status", "the token is not valid; make one with `exitd token new`")
    daemon.kill()
    pocket.ask("/status", "no daemon answers at http://127.0.0.1:")


def test_given_a_bot_token_that_is_not_known_when_started_then_78_and_one_sentence(
    pocket: TelegramHouse,
):
    pocket.keep("daemon_token", "exitd_something")
    pocket.there.token = TOKEN[:-1] + "3"

    messenger = pocket.launch()

    assert messenger.wait() == 78
    text = messenger.log.text()
    assert "exitd: error: Telegram does not know this bot token; take the" in text
    assert text.count("exitd: error:") == 1
    assert_silent(messenger, pocket)


def test_given_a_bot_token_that_is_taken_back_while_it_runs_then_it_ends(
    pocket: TelegramHouse,
):
    pocket.keep("daemon_token", "exitd_something")
    messenger = pocket.start()

    pocket.there.token = TOKEN[:-1] + "3"
    pocket.there.write(ME, "/status")

    assert messenger.wait() == 78
    assert_silent(messenger, pocket)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("telegram:", "exitd.yaml has no section telegram:"),
        ("daemon_token", "daemon_token is not there; create it"),
        ("bot_token", "telegram.bot_token is no token of a bot"),
    ],
)
def test_given_what_is_missing_when_started_then_78_and_said(
    pocket: TelegramHouse, wrong: str, says: str
):
    config = pocket.home.config
    if wrong == "telegram:":
        config.write_text(config.read_text().partition("telegram:")[0])
    if wrong == "bot_token":
        pocket.keep("daemon_token", "exitd_something")
        pocket.keep("bot_token", "not a token")

    messenger = pocket.launch()

    assert messenger.wait() == 78
    assert says in messenger.log.text()
