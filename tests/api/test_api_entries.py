"""Entries and alerts over HTTP: listed, shown, taken back, and never with a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import ACCOUNT, World, served, started
from contract import store_samples as samples
from contract.store_contract import keep
from exitd.adapters.system.clock import SystemClock
from exitd.client import AsyncClient, DaemonRefused, calls, entry_calls
from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder, EntryState, SignalState
from exitd.core.entry_inputs import Enter
from exitd.core.position import OrderSide
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.units import NS_PER_HOUR, NS_PER_S
from exitd.ports.store import Batch
from exitd.runtime.steady import SteadyClock
from fakes.entries import FakeEntering
from fakes.exchange import SOL
from fakes.outcomes import Fill, Refuse, Rest
from runtime.desk import stop as stop_rule

DAY_NS = 24 * NS_PER_HOUR


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[World]:
    """A daemon at a broker that takes entries; nothing is held there."""
    venue = FakeEntering(SteadyClock(SystemClock()), ACCOUNT)
    async with started(tmp_path, net="0", venue=venue) as running, served(running):
        yield running


async def enter(world: World, id: str = "tv-1", *outcomes: object) -> None:
    """Ask for an entry of 10 at 99 with a stop, and wait until it is answered for."""
    venue = world.venue
    assert isinstance(venue, FakeEntering)
    venue.script_entries(*outcomes)  # type: ignore[arg-type]
    now_ns = world.daemon.clock.now_ns()
    await world.until(lambda: (ACCOUNT, SOL) in state(world).instruments)
    ticket = Ticket(
        symbol=SOL,
        asset_class=AssetClass.CRYPTO,
        side=OrderSide.BUY,
        quantity=Decimal(10),
        order=TicketType.LIMIT,
        limit_price=Decimal(99),
        client_order_id=f"ref-{id}",
    )
    await world.daemon.loop.command(
        Enter(
            order=EntryOrder(id=id, account=ACCOUNT, ticket=ticket),
            exits=(stop_rule(f"{id}/sl", owner="webhook:tv"),),
            not_after_ns=now_ns + 60 * NS_PER_S,
            now_ns=now_ns,
        )
    )
    waits = (EntryState.WANTED, EntryState.SIGNED, EntryState.SENT)
    await world.until(lambda: state(world).entries[id].state not in waits)


def state(world: World):  # type: ignore[no-untyped-def]
    return world.daemon.loop.engine.state


async def test_given_a_working_entry_when_listed_then_what_it_is(broker: World):
    await enter(broker, "tv-1", Rest())
    async with AsyncClient(broker.address) as client:
        (entry,) = (await client.ask(entry_calls.entries())).entries
        status = await client.ask(calls.status())

    assert (entry.id, entry.account, entry.symbol) == ("tv-1", ACCOUNT, SOL)
    assert (entry.side, entry.order, entry.limit_price) == ("buy", "limit", "99")
    assert (entry.state, entry.quantity, entry.filled) == ("working", "10", "0")
    assert entry.position == f"{ACCOUNT}/{SOL}/long"
    assert [(e.id, e.kind, e.level, e.state) for e in entry.exits] == [
        ("tv-1/sl", "stop_loss", "95", None)
    ]
    assert entry.venue_order_id == broker.venue.ledger[0].id
    assert (entry.is_over, entry.withdrawn) == (False, "")
    assert status.entries == {"working": 1}


async def test_given_filters_when_listed_then_only_what_fits(broker: World):
    await enter(broker, "tv-1", Rest())
    await enter(broker, "tv-2", Refuse(RefusalKind.INVALID, "NO", "not today"))
    async with AsyncClient(broker.address) as client:

        async def found(**words: object) -> list[str]:
            call = entry_calls.entries(**words)  # type: ignore[arg-type]
            return [entry.id for entry in (await client.ask(call)).entries]

        assert await found() == ["tv-1"]
        assert await found(everything=True) == ["tv-2", "tv-1"]
        assert await found(state="refused") == ["tv-2"]
        assert await found(state="working") == ["tv-1"]
        assert await found(symbol=SOL.lower()) == ["tv-1"]
        assert await found(symbol="AAPL") == []
        assert await found(account="other", everything=True) == []
        assert await found(since="2099-01-01T00:00:00Z") == []
        with pytest.raises(DaemonRefused) as refused:
            await found(state="fill")
        assert str(refused.value) == (
            "state: 'fill' is not one of wanted, signed, sent, in_doubt, working, "
            "partially_filled, filled, refused, cancelled, expired (did you mean "
            "'filled'?)"
        )


async def test_given_entries_of_years_when_paged_then_each_is_seen_once(world: World):
    now_ns = world.daemon.clock.now_ns()
    ages = [0, 1, 2, 30, 31, 400, 4000]
    rows = tuple(
        replace(
            samples.entry(f"tv-{n}", EntryState.FILLED),
            ts_wanted_ns=now_ns - age * DAY_NS,
        )
        for n, age in enumerate(ages)
    )
    twin = replace(rows[1], order=replace(rows[1].order, id="tv-1b"))
    await keep(world.daemon.store, Batch((*rows, twin), ()))

    seen: list[str] = []
    async with AsyncClient(world.address) as client:
        cursor: str | None = ""
        while cursor is not None:
            call = entry_calls.entries(everything=True, limit=2, after=cursor)
            page = await client.ask(call)
            seen += [entry.id for entry in page.entries]
            cursor = page.next

    newest_first = ["tv-0", "tv-1b", *(f"tv-{n}" for n in range(1, len(ages)))]
    assert seen == newest_first


async def test_given_no_cursor_when_asked_after_it_then_refused_by_its_name(
    world: World,
):
    async with world.unix() as raw:
        answer = await raw.get("/v1/signals?after=tv-1")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "bad_cursor")
    assert problem["field"] == "after"


async def test_given_an_entry_when_shown_then_alert_exits_and_history(broker: World):
    alert = replace(
        samples.signal("tv-1", SignalState.CARRIED_OUT),
        outcome="entry of 10",
        entry_id="tv-1",
        ts_received_ns=broker.daemon.clock.now_ns(),
    )
    await keep(broker.daemon.store, Batch((alert,), ()))
    await enter(broker, "tv-1", Fill())
    await broker.until(lambda: "tv-1/sl" in state(broker).triggers)
    async with AsyncClient(broker.address) as client:
        found = await client.ask(entry_calls.entry("tv-1"))

    assert (found.entry.state, found.entry.filled) == ("filled", "10")
    assert found.entry.average_price == "100"
    assert [trigger.id for trigger in found.triggers] == ["tv-1/sl"]
    assert found.signal is not None
    assert found.signal.outcome == "entry of 10"
    events = [fact.event for fact in reversed(found.facts)]
    assert events[0] == "entry.wanted"
    assert "entry.filled" in events
    assert all(fact.fields["entry"] == "tv-1" for fact in found.facts)


async def test_given_an_entry_that_is_over_and_forgotten_then_still_shown(world: World):
    over = samples.entry("tv-7", EntryState.EXPIRED)
    await keep(world.daemon.store, Batch((over,), ()))
    async with AsyncClient(world.address) as client:
        found = await client.ask(entry_calls.entry("tv-7"))

        assert (found.entry.state, found.entry.is_over) == ("expired", True)
        assert found.signal is None
        again = await client.ask(entry_calls.withdraw("tv-7"))
        assert again.notes == ("tv-7 is expired already",)


async def test_given_a_working_entry_when_withdrawn_then_cancelled_and_said_why(
    broker: World,
):
    await enter(broker, "tv-1", Rest())
    async with AsyncClient(broker.address) as client:
        asked = await client.ask(entry_calls.withdraw("tv-1"))
        await broker.until(
            lambda: state(broker).entries["tv-1"].state is EntryState.CANCELLED
        )
        once_more = await client.ask(entry_calls.withdraw("tv-1"))

    assert asked.notes == ("tv-1 is being cancelled at the broker",)
    assert asked.entry.withdrawn.startswith("taken back by ")
    assert (once_more.entry.state, once_more.notes) == (
        "cancelled",
        ("tv-1 is cancelled already",),
    )
    assert not broker.venue.ledger[0].is_resting


async def test_given_what_cannot_be_taken_back_when_withdrawn_then_said_why(
    broker: World,
):
    await enter(broker, "tv-1", Fill())
    async with broker.unix() as raw:
        filled = await raw.delete("/v1/entries/tv-1")
        unknown = await raw.delete("/v1/entries/nobody-1")
        foreign = await raw.delete("/v1/entries/tv-1?account=other")

    assert (filled.status_code, filled.json()["code"]) == (409, "ended")
    assert f"exitd close {ACCOUNT}/{SOL}/long" in filled.json()["remedy"]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown")
    assert "there is no entry nobody-1" in unknown.json()["detail"]
    assert foreign.status_code == 404


async def test_given_tcp_when_withdrawn_without_the_scope_then_refused(broker: World):
    await enter(broker, "tv-1", Rest())
    async with AsyncClient(broker.address) as client:
        secret = (await client.ask(calls.create_token("eyes", ["read"]))).secret
    async with broker.tcp() as nobody, broker.tcp(str(secret)) as reader:
        no_token = await nobody.delete("/v1/entries/tv-1")
        no_scope = await reader.delete("/v1/entries/tv-1")
        looked = await reader.get("/v1/entries")

    assert (no_token.status_code, no_scope.status_code) == (401, 403)
    assert len(looked.json()["entries"]) == 1
    assert state(broker).entries["tv-1"].withdrawn == ""


async def test_given_alerts_when_listed_then_what_was_begun_and_what_became_of_it(
    broker: World,
):
    now_ns = broker.daemon.clock.now_ns()
    begun = replace(
        samples.signal("tv-1", SignalState.CARRIED_OUT),
        route="tv",
        body='{"ticker":"BTC-USD","direction":"long"}',
        outcome="entry of 10, 1 exit for the broker to hold",
        account=ACCOUNT,
        entry_id="tv-1",
        trigger_ids=("tv-1/sl",),
        ts_received_ns=now_ns,
        ts_done_ns=now_ns + 5,
    )
    refused = replace(
        samples.signal("breakout-2", SignalState.REFUSED),
        outcome="the route only closes",
        ts_received_ns=now_ns + 1,
    )
    await keep(broker.daemon.store, Batch((begun, refused), ()))
    await enter(broker, "tv-1", Refuse(RefusalKind.INVALID, "NO", "not today"))
    async with AsyncClient(broker.address) as client:
        page = await client.ask(entry_calls.signals())

        async def found(**words: str) -> list[str]:
            call = entry_calls.signals(**words)  # type: ignore[arg-type]
            return [signal.id for signal in (await client.ask(call)).signals]

        assert await found(route="tv") == ["tv-1"]
        assert await found(state="refused") == ["breakout-2"]
        assert await found(symbol="btc/usd") == ["tv-1"]
        assert await found(symbol="AAPL") == ["breakout-2"]
        assert await found(until="2001-01-01T00:00:00Z") == []
        detail = await client.ask(entry_calls.signal("tv-1"))
        with pytest.raises(DaemonRefused, match="there is no alert tv-3"):
            await client.ask(entry_calls.signal("tv-3"))

    newer, older = page.signals
    assert (newer.id, newer.state, newer.entry_state) == ("breakout-2", "refused", None)
    assert older.state == "carried_out"
    assert older.outcome == "entry of 10, 1 exit for the broker to hold"
    assert (older.entry_state, older.entry_refusal) == ("refused", "NO: not today")
    assert older.trigger_ids == ("tv-1/sl",)
    assert older.ts_done is not None
    assert detail.body == begun.body
    assert detail.entry is not None
    assert detail.entry.state == "refused"


async def test_given_the_description_when_read_then_it_has_entries_and_alerts(
    world: World,
):
    async with world.unix() as raw:
        document = (await raw.get("/openapi.json")).json()
        page = (await raw.get("/docs")).text

    paths = document["paths"]
    assert set(paths["/v1/entries/{id}"]) == {"get", "delete"}
    assert {p["name"] for p in paths["/v1/entries"]["get"]["parameters"]} == {
        *("account", "symbol", "state", "all", "from", "to", "limit", "after")
    }
    assert {p["name"] for p in paths["/v1/signals"]["get"]["parameters"]} == {
        *("route", "symbol", "state", "from", "to", "limit", "after")
    }
    delete = paths["/v1/entries/{id}"]["delete"]["responses"]
    assert "application/problem+json" in delete["default"]["content"]
    assert "signed" not in document["components"]["schemas"]["EntryView"]["properties"]
    assert "id=problem-ended" in page
