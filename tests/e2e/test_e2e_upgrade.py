"""A daemon of today on the state that one of long ago left when it was killed."""

from __future__ import annotations

import json

import pytest

from e2e.house import House
from e2e.webhook_house import add_webhook
from exitd.adapters.sqlite.migrating import known_revisions
from upgrades.scene import BTC, ETH, LAST_PRICES, POSITIONS, positions_file
from upgrades.states import KEPT, of_the_future, put_at, rows_of

pytestmark = pytest.mark.e2e

NEWEST = known_revisions()[-1]
ALERTS_SINCE, TRAILS_SINCE = 4, 3
#: What the exchange holds at the end of the scene: a take-profit has closed a part.
HELD = {**POSITIONS, BTC: ("-0.3", "100000")}


def settle_in(home: House, revision: str) -> None:
    """Put a state in place, and the exchange and the files as they were."""
    put_at(home.folder / "state" / "exitd.db", revision, is_moved=False)
    number = int(revision[1:])
    home.positions_file.write_text(positions_file(number))
    if number >= ALERTS_SINCE:
        add_webhook(home)
    for symbol, (quantity, entry) in HELD.items():
        price = LAST_PRICES[symbol]
        document = {"symbol": symbol, "mark": price, "index": price, "last": price}
        home.exchange.post("/sim/prices", document)
        position = {"symbol": symbol, "net_quantity": quantity, "entry_price": entry}
        home.exchange.post("/sim/positions", {"api_key": home.key, **position})


@pytest.mark.parametrize("revision", KEPT)
def test_given_a_state_of_a_schema_when_the_daemon_starts_then_it_goes_on_from_there(
    home: House, revision: str
):
    settle_in(home, revision)
    state = home.folder / "state" / "exitd.db"
    before = {row["id"]: row["state"] for row in rows_of(state, "triggers")}

    daemon = home.start()
    daemon.log.wait("position.closed", symbol=ETH)

    # What was in doubt had never arrived, so it is sent once more, and once only.
    assert closes(home) == [(ETH, "Ask", "2")]
    listed = json.loads(home.command("ls", "--all", "--json").stdout)["triggers"]
    found = {one["id"]: one for one in listed}
    assert found.keys() >= before.keys()
    of_sol = [id for id in before if id.startswith(("sol-", "trg_"))]
    assert {id: is_kept(found[id], before[id]) for id in of_sol} == dict.fromkeys(
        of_sol, True
    )
    if int(revision[1:]) >= TRAILS_SINCE:
        assert found["sol-core/trail"]["watermark"] == "143"
        assert found["btc-swing/sl"]["level"] == "100000"
    tokens = json.loads(home.command("token", "ls", "--json").stdout)["tokens"]
    assert {one["name"] for one in tokens} == {"dashboard", "bot"}
    if int(revision[1:]) >= ALERTS_SINCE:
        home.until(lambda: "accepted" not in states(home), "alerts carried out")
    assert daemon.stop() == 0


def closes(home: House) -> list[tuple[str, str, str]]:
    return [
        (row["symbol"], row["side"], row["executedQuantity"])
        for row in home.ledger()
        if row["executedQuantity"] not in ("0", None)
    ]


def is_kept(trigger: dict[str, str], before: str) -> bool:
    """Whether a trigger is as it was: on watch, waiting, or done."""
    if before == "armed":
        return trigger["state"] in ("armed", "paused")
    return (trigger["state"] == "waiting") is (before == "waiting")


def states(home: House) -> set[str]:
    return {row["state"] for row in rows_of(home.folder / "state/exitd.db", "signals")}


def test_given_a_state_of_a_newer_exitd_when_started_then_one_sentence_and_no_daemon(
    home: House,
):
    settle_in(home, NEWEST)
    state = home.folder / "state" / "exitd.db"
    before = of_the_future(state)

    daemon = home.launch()

    assert daemon.wait() != 0
    assert "was written by a newer exitd (schema r9999" in daemon.log.text()
    assert "Traceback" not in daemon.log.text()
    assert state.read_bytes() == before
