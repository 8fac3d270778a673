"""`exitd export csv`: what was traded, by us and by hand, and what the venue says."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cli.conftest import Command
from contract import store_samples as samples
from contract.store_contract import keep
from e2e.house import SYMBOL, House, house
from exitd.adapters.backpack.signing import Signer
from exitd.adapters.sqlite import open_store
from exitd.adapters.system.clock import SystemClock
from exitd.core.units import NS_PER_S
from exitd.ports.store import Batch
from exitd.runtime.book_views import BookRow
from exitd.secret import Secret


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon that closed 2 of 10, between two trades that somebody made by hand."""
    with house(tmp_path_factory.mktemp("house")) as found:
        found.open_position()
        found.start()
        by_hand(found, "1")
        assert found.command("close", "sol-core", "--quantity", "2", "--yes")
        by_hand(found, "3")
        found.exchange.post("/sim/funding", {"symbol": SYMBOL, "rate": "0.001"})
        found.daemons[-1].stop()
        # It reads what it has not been told of when it starts, and then at its pace.
        found.start()
        found.until(lambda: len(rows_of(found)) == 4, "three fills and a payment")
        yield found


@pytest.fixture
def books(traded: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("EXITD_SOCKET", str(traded.folder / "exitd.sock"))
    return traded


def by_hand(home: House, quantity: str) -> None:
    """Sell at the market with the same keys and without the daemon."""
    order = {"orderType": "Market", "quantity": quantity, "side": "Ask"}
    order["symbol"] = SYMBOL
    secret = Secret((home.folder / "secret").read_text())
    headers = Signer(home.key, secret).headers(
        "orderExecute", order, time.time_ns() // 1_000_000, 5_000
    )
    request = urllib.request.Request(
        f"{home.exchange.url}/api/v1/order",
        json.dumps(order).encode(),
        {**headers, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def rows_of(home: House) -> list[dict[str, str]]:
    done = home.command("export", "csv", "--from", "1d", "--json")
    rows: list[dict[str, str]] = json.loads(done.stdout)["rows"]
    return rows


def test_given_trades_when_exported_then_one_row_for_each_fill_and_payment(
    command: Command, books: House, tmp_path: Path
):
    path = tmp_path / "books.csv"

    done = command("export", "csv", "--from", "1d", "-o", str(path))
    text = command("export", "csv", "--from", "1d").out
    again = command("export", "csv", "-o", str(path))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert (done.status, path.read_text()) == (0, text)
    assert tuple(rows[0]) == BookRow.__struct_fields__
    # The instant of a payment has whole seconds: it may come before them.
    (funding,) = [row for row in rows if row["kind"] == "funding"]
    fills = [row for row in rows if row["kind"] == "fill"]
    assert [row["quantity"] for row in fills] == ["1", "2", "3"]
    assert [row["fire_id"] != "" for row in fills] == [False, True, False]
    ours = fills[1]
    assert (ours["side"], ours["position"], ours["entry_price"]) == (
        "sell",
        "long",
        "140",
    )
    earned = (float(ours["price"]) - 140) * 2 - float(ours["fee"])
    assert float(ours["realised_pnl"]) == pytest.approx(earned)
    assert ours["fee_asset"] == ours["quote"] == "USDC"
    assert ours["venue_order_id"] in {row["id"] for row in books.ledger()}
    assert ours["time"].endswith("Z")
    assert (funding["funding"], funding["position"]) == ("-0.564", "long")
    assert again.status == 1


def test_given_a_time_when_exported_then_nothing_outside_it(
    command: Command, books: House
):
    assert len(command("export", "csv", "--from", "2099-01-01").out.splitlines()) == 1
    assert command("export", "csv", "--to", "2001-01-01", "--json").json == {"rows": []}


@pytest.mark.parametrize("words", [("export", "csv"), ("report",)])
def test_given_times_the_wrong_way_round_when_asked_then_refused(
    command: Command, words: tuple[str, ...]
):
    done = command(*words, "--from", "2030-02-01", "--to", "2030-01-01")

    assert done.status == 2
    assert "--to 2030-01-01 is not after --from 2030-02-01" in done.err


def test_given_the_books_when_reconciled_then_they_agree(
    command: Command, books: House
):
    done = command("export", "csv", "--from", "1d", "--reconcile")
    document = command("export", "csv", "--from", "1d", "--reconcile", "--json").json

    assert done.status == 0
    assert "reconciled: 4 rows agree" in done.err
    assert len(done.out.splitlines()) == 5
    assert document["reconciled"]["agreed"] == 4
    assert document["reconciled"]["differences"] == []


def test_given_a_row_the_venue_never_had_when_reconciled_then_named_and_exit_1(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with house(tmp_path) as home:
        monkeypatch.setenv("EXITD_SOCKET", str(home.folder / "exitd.sock"))
        asyncio.run(book_what_never_was(home))
        home.start()

        done = command("export", "csv", "--from", "1d", "--reconcile")
        document = command("export", "csv", "--from", "1d", "--reconcile", "--json")

    assert done.status == document.status == 1
    assert f"only here: fill t1 of backpack {SYMBOL}, 4 at 131.1" in done.err
    assert "0 rows agree and 1 do not" in done.err
    (difference,) = document.json["reconciled"]["differences"]
    assert (difference["found"], difference["id"]) == ("here", "t1")


async def book_what_never_was(home: House) -> None:
    """Put a fill of an hour ago into the books, as a flawed adapter would have."""
    path = home.folder / "state" / "exitd.db"
    store = open_store(path, SystemClock(), reserve_bytes=0)
    hour_ago_ns = time.time_ns() - 3_600 * NS_PER_S
    fill = replace(
        samples.fill(fire_id="", ts_venue_ns=hour_ago_ns), account="backpack"
    )
    await keep(store, Batch((fill,), ()))
    await store.close()
