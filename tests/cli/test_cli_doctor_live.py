"""`doctor --live`: real orders at a simulated exchange, and all of them taken back."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.conftest import Command
from e2e.house import SYMBOL, House, house
from exitd.app.doctor.left_over import Journal, LeftOver
from exitd.cli.asking_live import refuse_near
from exitd.cli.failures import CommandFailed
from exitd.core.position import Side
from exitd.errors import ConfigurationError
from exitd.runtime.asking.ground import Ground
from exitd.runtime.asking.ids import AskedIds, tag_of
from exitd.simulator.quirks import Quirks

LEAST = "0.01"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An exchange with a long of minimum size, and the state of a stopped daemon."""
    with house(tmp_path_factory.mktemp("asked")) as found:
        assert found.start().stop() == 0
        yield found


@pytest.fixture
def asked(built: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("EXITD_CONFIG", str(built.config))
    monkeypatch.setenv("EXITD_STATE", str(built.folder / "state"))
    monkeypatch.setenv("EXITD_SOCKET", str(built.folder / "exitd.sock"))
    built.exchange.post("/sim/quirks", msgspec.structs.asdict(Quirks()))
    built.exchange.clear_faults()
    built.open_position(LEAST)
    return built


def answers_in(document: Any) -> dict[str, str]:
    return {one["question"]: one["answer"] for one in document["answers"]}


def hurry(monkeypatch: pytest.MonkeyPatch, rounds: int = 99) -> None:
    """Let requests be over after a second, and what rests be looked for often."""
    orders = "exitd.runtime.asking.orders"
    monkeypatch.setattr(f"{orders}.WINDOW_NS", 10**9)
    monkeypatch.setattr(f"{orders}._LATE_NS", 0)
    monkeypatch.setattr(f"{orders}._ROUNDS_S", (0.1,) * rounds)


def resting(home: House) -> list[Any]:
    return [row for row in home.ask("orders") if row["status"] == "New"]


def test_given_a_least_position_when_asked_then_each_question_is_answered(
    command: Command, asked: House
):
    done = command("doctor", "--live", "--yes", "--json")

    assert done.status == 0, done.err
    assert answers_in(done.json) == {
        "expired_request": "refused",
        "duplicate_while_open": "accepted",
        "duplicate_afterwards": "accepted",
        "oversize_reduce_only": "trimmed",
        "resting_reduce_only": "not_counted",
        "unknown_cancel": "refused",
        "history_lag": "shown",
    }
    assert resting(asked) == []
    assert asked.held() == LEAST


def test_given_another_venue_when_asked_then_it_answers_otherwise(
    command: Command, asked: House
):
    changes = {
        "oversize_reduce_only": "rejected",
        "duplicate_client_id": "refused",
        "resting_reduce_only": "counted",
        "cancel_unknown_code": "INVALID_ORDER",
    }
    asked.exchange.post("/sim/quirks", changes)

    done = command("doctor", "--live", "--yes", "--json")

    assert answers_in(done.json) == {
        "expired_request": "refused",
        "duplicate_while_open": "unknown",
        "duplicate_afterwards": "refused",
        "oversize_reduce_only": "refused",
        "resting_reduce_only": "counted",
        "unknown_cancel": "refused",
        "history_lag": "shown",
    }
    assert resting(asked) == []


@pytest.mark.parametrize("quirk", ["refused_while_open", "refused"])
def test_given_an_id_is_taken_once_while_open_then_that_is_told(
    command: Command, asked: House, quirk: str
):
    asked.exchange.post("/sim/quirks", {"duplicate_client_id": quirk})

    found = answers_in(command("doctor", "--live", "--yes", "--json").json)

    assert found["duplicate_while_open"] == "refused"
    again = "refused" if quirk == "refused" else "accepted"
    assert found["duplicate_afterwards"] == again


def test_given_refusals_with_a_status_200_then_they_are_read_as_refusals(
    command: Command, asked: House
):
    changes = {"reduce_only_refusal": "expired", "oversize_reduce_only": "rejected"}
    asked.exchange.post("/sim/quirks", {**changes, "resting_reduce_only": "counted"})

    found = answers_in(command("doctor", "--live", "--yes", "--json").json)

    assert found["oversize_reduce_only"] == "refused"
    assert found["resting_reduce_only"] == "counted"


def test_given_a_larger_position_then_no_order_is_above_the_least(
    command: Command, asked: House
):
    asked.open_position("10")
    before = len(asked.ledger())

    done = command("doctor", "--live", "--yes", "--json")

    found = answers_in(done.json)
    assert found["oversize_reduce_only"] == found["resting_reduce_only"] == "unknown"
    assert found["duplicate_while_open"] == "accepted"
    sent = asked.ledger()[before:]
    assert sent
    assert {row["quantity"] for row in sent} == {LEAST}
    assert all(row["reduceOnly"] and row["postOnly"] for row in sent)
    assert {row["side"] for row in sent} == {"Ask"}


def test_given_the_answers_then_doctor_shows_them_and_keeps_the_known(
    command: Command, asked: House
):
    assert command("doctor", "--live", "--yes").status == 0
    asked.open_position("10")
    assert command("doctor", "--live", "--yes").status == 0

    checks = command("doctor", "--json").json["checks"]

    venue = [each for each in checks if each["check"] == "venue"]
    assert {each["facts"]["question"] for each in venue} >= {"oversize_reduce_only"}
    assert not [each for each in venue if each["verdict"] == "unknown"]


def test_given_a_dry_run_then_it_says_what_would_leave_and_nothing_does(
    command: Command, asked: House
):
    before = len(asked.ledger())

    done = command("doctor", "--live", "--dry-run")

    assert done.status == 0
    assert f"sell {LEAST} {SYMBOL}, limit 152.28, reduce-only, post-only" in done.out
    assert "but 0.02: above the position" in done.out
    assert len(asked.ledger()) == before


def test_given_nobody_agrees_then_nothing_is_sent(command: Command, asked: House):
    before = len(asked.ledger())

    done = command("doctor", "--live")

    assert done.status == 1
    assert "say --yes" in done.err
    assert len(asked.ledger()) == before


def test_given_no_position_then_all_of_it_stays_unknown(command: Command, asked: House):
    asked.open_position("0")
    before = len(asked.ledger())

    done = command("doctor", "--live", "--yes", "--json")

    assert done.status == 1
    assert set(answers_in(done.json).values()) == {"unknown"}
    assert "open a position of minimum size" in done.err
    assert len(asked.ledger()) == before


def test_given_a_cancel_that_fails_then_it_is_loud_and_the_next_time_begins_with_it(
    command: Command, asked: House, monkeypatch: pytest.MonkeyPatch
):
    hurry(monkeypatch, rounds=2)
    where = {"method": "DELETE", "path": "/api/v1/order"}
    asked.exchange.post(
        "/sim/faults",
        {"kind": "refuse", "status": 503, "code": "MAINTENANCE", "count": 50, **where},
    )

    done = command("doctor", "--live", "--yes")

    assert done.status == 1
    assert done.err.count("MAY STILL REST: order") == len(resting(asked)) == 2
    failed = command("doctor", "--json").json["checks"]
    left = [c for c in failed if c["check"] == "left_over"]
    assert [c["verdict"] for c in left] == ["fail"]
    asked.exchange.clear_faults()
    hurry(monkeypatch)
    again = command("doctor", "--live", "--yes")
    assert again.status == 0, again.err
    assert "that was killed are cancelled" in again.err
    assert resting(asked) == []


def test_given_a_reply_that_is_lost_then_the_order_is_found_and_cancelled(
    command: Command, asked: House, monkeypatch: pytest.MonkeyPatch
):
    hurry(monkeypatch)
    asked.exchange.post(
        "/sim/faults",
        {"kind": "lost_reply", "method": "POST", "path": "/api/v1/order", "count": 1},
    )

    done = command("doctor", "--live", "--yes", "--json")

    assert done.status == 1
    assert "broken off" in done.err
    assert resting(asked) == []
    assert command("doctor", "--live", "--yes").status == 0


def test_given_a_journal_that_cannot_be_read_then_nothing_is_sent(
    command: Command, asked: House
):
    journal = Journal(asked.folder / "state", "backpack")
    journal.path.write_text("no JSON")
    before = len(asked.ledger())

    done = command("doctor", "--live", "--yes")

    journal.clear()
    assert done.status == 1
    assert "then remove it" in done.err
    assert len(asked.ledger()) == before


def test_given_an_id_that_cannot_be_written_down_then_its_order_is_not_sent(
    command: Command, asked: House
):
    blocked = asked.folder / "state" / "doctor-live-backpack.json.new"
    blocked.mkdir()
    before = len(asked.ledger())

    done = command("doctor", "--live", "--yes")

    blocked.rmdir()
    assert done.status == 1
    assert "broken off" in done.err
    assert len(asked.ledger()) == before


def test_given_an_asking_that_goes_on_then_a_second_one_waits(
    command: Command, asked: House
):
    with (asked.folder / "state" / "doctor-live-backpack.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        done = command("doctor", "--live", "--yes")

    assert done.status == 1
    assert "is being asked already" in done.err


def test_given_a_key_that_may_not_trade_then_nothing_is_taken_for_an_answer(
    command: Command, asked: House
):
    where = {"method": "POST", "path": "/api/v1/order", "count": 50}
    refusal = {"kind": "refuse", "status": 403, "code": "FORBIDDEN"}
    asked.exchange.post("/sim/faults", {**refusal, **where})

    done = command("doctor", "--live", "--yes", "--json")

    found = answers_in(done.json)
    # A venue looks at the time of a request before it looks at whose it is.
    assert found.pop("unknown_cancel") == found.pop("expired_request") == "refused"
    assert set(found.values()) == {"unknown"}


def test_given_no_state_to_keep_answers_in_then_nothing_is_asked(
    command: Command, asked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXITD_STATE", str(tmp_path))

    done = command("doctor", "--live", "--yes")

    assert done.status == 1
    assert "start the daemon once" in done.err


def test_given_a_journal_then_it_is_read_as_it_was_written(tmp_path: Path):
    journal = Journal(tmp_path, "backpack")
    left = LeftOver("backpack", SYMBOL, (1, 2), 3)
    assert journal.read() is None

    journal.write(left)

    assert journal.read() == left
    journal.clear()
    assert journal.read() is None


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("doctor", "--live", "--account", "other"), 1, "there is not one account"),
        (("doctor", "--dry-run"), 2, "go with --live"),
        (("doctor", "--account", "backpack"), 2, "go with --live"),
    ],
)
def test_given_what_cannot_be_asked_then_it_says_why(
    command: Command, asked: House, words: tuple[str, ...], status: int, why: str
):
    done = command(*words)

    assert done.status == status
    assert why in done.err


def test_given_paper_then_nothing_is_sent(command: Command, asked: House):
    text = asked.config.read_text()
    asked.config.write_text(text.replace("mode: live", "mode: paper"))

    done = command("doctor", "--live", "--yes")

    asked.config.write_text(text)
    assert done.status == 1
    assert "mode is paper" in done.err


@pytest.mark.parametrize(
    ("state", "distance", "why"),
    [
        ("firing", "40", "is firing"),
        ("confirming", None, "is confirming"),
        ("armed", "0.9", "could fire"),
        ("armed", "-0.1", "could fire"),
        ("armed", "1", ""),
        ("waiting", None, ""),
    ],
)
def test_given_a_trigger_that_may_fire_then_nothing_is_asked_now(
    state: str, distance: str | None, why: str
):
    if why:
        with pytest.raises(CommandFailed, match=why):
            refuse_near("sol-core/sl", state, distance)
    else:
        refuse_near("sol-core/sl", state, distance)


@pytest.mark.parametrize(("side", "price"), [(Side.LONG, "108.01"), (Side.SHORT, "92")])
def test_given_a_price_then_the_order_rests_on_the_far_side(side: Side, price: str):
    ground = Ground(
        account="backpack",
        symbol=SYMBOL,
        side=side,
        position=Decimal("0.015"),
        least=Decimal("0.01"),
        quantity_step=Decimal("0.01"),
        price_step=Decimal("0.01"),
        mark=Decimal("100.001"),
    )

    assert ground.price(Decimal(8)) == Decimal(price)
    assert ground.is_least
    assert ground.oversize == Decimal("0.025")


def test_given_tags_that_are_taken_then_ids_have_another():
    taken = set(range(256)) - {7}
    ids = AskedIds(taken, lambda below: below - 1)

    assert [tag_of(ids.next()), ids.next()] == [7, 7 << 24 | 1]
    with pytest.raises(ConfigurationError, match="every tag"):
        AskedIds(range(256), lambda below: below - 1)
