"""`entries`, `ls`, `show`, `cancel` and `webhook log` for what alerts asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cli.conftest import Command
from cli.test_cli_looking import on_a_terminal
from e2e.house import SYMBOL, House, house
from e2e.webhook_house import KEY, add_webhook, alert, post
from exitd.client import entry_calls

BESIDE = "backpack:paper"
OPENS = {"direction": "long", "positionIntent": "buy_to_open"}
RESTS = {
    **OPENS,
    "qty": 2,
    "orderType": "limit",
    "limitPrice": 120,
    "stopLossTarget": 100,
}


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, list[str]]]:
    """A daemon that took four alerts: three rest as entries, one is refused."""
    with house(tmp_path_factory.mktemp("house")) as found:
        port = add_webhook(found)
        found.start_armed()
        bodies: list[dict[str, Any]] = [
            RESTS,
            {**RESTS, "qty": 3},
            {**RESTS, "qty": 4, "limitPrice": 119},
            {"ticker": "NOPE", **OPENS},
        ]
        taken = [
            post(port, alert(number, **body))[1]["webhookEvent"]["id"]
            for number, body in enumerate(bodies)
        ]

        def is_settled() -> bool:
            with found.client() as client:
                page = client.ask(entry_calls.signals())
            states = [signal.entry_state for signal in page.signals]
            return sorted(map(str, states)) == ["None", *["working"] * 3]

        found.until(is_settled, "three entries rest")
        yield found, taken


@pytest.fixture
def home(ids: tuple[House, list[str]], monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("EXITD_SOCKET", str(ids[0].folder / "exitd.sock"))
    return ids[0]


@pytest.fixture
def taken(ids: tuple[House, list[str]], home: House) -> list[str]:
    return ids[1]


def test_given_entries_when_listed_then_one_line_each(
    command: Command, taken: list[str]
):
    done = command("entries")
    document = command("entries", "--json").json

    rows = {row[0]: row[1:] for row in map(_cells, done.out.splitlines())}
    first = rows[taken[0]]
    assert first[:5] == [BESIDE, SYMBOL, "buy", "0/2", "120"]
    assert first[6] == "working, PAPER"
    assert f"{BESIDE}: PAPER, NOT PROTECTING" in done.err
    assert taken[3] not in rows
    shown = {entry["id"]: entry for entry in document["entries"]}
    assert shown[taken[0]]["limit_price"] == "120"
    assert KEY not in str(document)


def _cells(line: str) -> list[str]:
    return line.split("\t")


def test_given_a_terminal_when_listed_then_tables_within_80_columns(
    home: House, taken: list[str]
):
    text = on_a_terminal(home, "entries", NO_COLOR="1")
    listed = on_a_terminal(home, "ls", NO_COLOR="1")

    lines = text.splitlines() + listed.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert text.splitlines()[-1].split()[-2:] == ["working,", "PAPER"]
    head = [line for line in listed.splitlines() if "FILLED" in line]
    assert len(head) == 1


def test_given_entries_when_ls_and_status_then_they_are_there(
    command: Command, taken: list[str]
):
    listed = command("ls")
    of_kind = command("ls", "--kind", "stop_loss")
    document = command("ls", "--json").json
    status = command("status")
    counted = command("status", "--json").json["entries"]

    assert taken[0] in listed.out
    assert "sol-core/sl\tstop_loss" in listed.out
    assert taken[0] not in of_kind.out
    assert {e["id"] for e in document["entries"]} <= set(taken)
    assert "entries " in status.out
    assert counted["working"] >= 1


def test_given_an_entry_when_shown_then_alert_exits_and_history(
    command: Command, taken: list[str]
):
    done = command("show", taken[0])
    document = command("show", taken[0], "--json").json
    nobody = command("show", "tv-1")

    assert f"order      buy 2 {SYMBOL}, limit 120" in done.out
    assert f"{taken[0]}/sl: stop_loss 100, armed once something has filled" in done.out
    assert "alert      tv, " in done.out
    assert "entry of 2 SOL_USDC_PERP long, limit, 1 exit for exitd to hold" in done.out
    assert "entry.wanted" in done.out
    assert document["signal"]["entry_state"] == "working"
    assert document["facts"][-1]["event"] == "entry.wanted"
    assert (nobody.status, "there is no entry tv-1" in nobody.err) == (1, True)


def test_given_an_entry_when_cancelled_then_first_said_then_taken_back(
    command: Command, home: House, taken: list[str]
):
    id = taken[1]
    rehearsed = command("cancel", id, "--dry-run")
    unsaid = command("cancel", id)
    wrong = command("cancel", id, "--abandon", "--yes")
    still = _state(command, id)
    done = command("cancel", id, "--yes")
    home.until(lambda: _state(command, id) == "cancelled", "it is taken back")
    again = command("cancel", id, "--yes", "--json").json
    listed = command("entries").out
    every = command("entries", "--all").out

    assert rehearsed.out == f"would take back {id}, which is working, 0/3 filled\n"
    assert (unsaid.status, wrong.status, still) == (1, 2, "working")
    assert done.status == 0
    assert f"{id}: buy 3 {SYMBOL}, limit 120" in done.out
    assert "is being cancelled at the broker" in done.err
    assert again["notes"] == [f"{id} is cancelled already"]
    assert again["entry"]["withdrawn"].startswith("taken back by cli:")
    assert id not in listed
    assert id in every


def _state(command: Command, id: str) -> str:
    return str(command("show", id, "--json").json["entry"]["state"])


def test_given_an_entry_and_a_trigger_when_cancelled_dry_then_both_are_told(
    command: Command, taken: list[str]
):
    done = command("cancel", taken[0], "sol-core/sl", "--dry-run")
    document = command("cancel", taken[0], "--dry-run", "--json").json

    assert f"would take back {taken[0]}" in done.out
    assert "would cancel sol-core/sl" in done.out
    assert [entry["id"] for entry in document["entries"]] == [taken[0]]


def test_given_alerts_when_logged_then_the_newest_below_with_what_became_of_them(
    command: Command, home: House, taken: list[str]
):
    logged = home.daemons[-1].log.wait("webhook.carried_out", webhook_id=taken[0])
    done = command("webhook", "log")
    last = command("webhook", "log", "-n", "1", "--json").json["signals"]
    refused = command("webhook", "log", "--route", "tv", "--state", "refused")
    none = command("webhook", "log", "--route", "nobody")

    lines = done.out.splitlines()
    assert [line.split()[2] for line in lines] == taken
    assert "; its entry: working" in lines[0]
    assert "PAPER long SOL_USDC_PERP  carried_out: entry of 2" in lines[0]
    assert [signal["id"] for signal in last] == [taken[3]]
    assert "has no market NOPE" in refused.out
    assert (none.status, none.out) == (0, "")
    assert KEY not in done.out + str(last)
    assert logged["entry_state"] in ("wanted", "signed", "sent", "working")
