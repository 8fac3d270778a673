"""What every store does with alerts and with the entries that they become."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from contract.store_contract import keep
from contract.store_samples import entry, signal
from exitd.core.backstop import BackstopRecord, BackstopState
from exitd.core.entry import EntryState, SignalState
from exitd.core.events import Fact, FactKind
from exitd.core.position import PositionKey, Side
from exitd.ports.store import Batch, FactQuery, Store


class BackstopsContract:
    async def test_given_backstops_when_loaded_then_the_last_of_each_position(
        self, store: Store
    ):
        first = BackstopRecord(
            key=PositionKey("main", "SOL_USDC_PERP", Side.LONG),
            percent=Decimal(3),
            lifetime=1,
            level=Decimal("97.00"),
            client_order_id=7,
        )
        rests = replace(first, state=BackstopState.RESTING, venue_order_id="v1")
        other = replace(first, key=replace(first.key, side=Side.SHORT))
        await keep(store, Batch((first, other), ()), Batch((rests,), ()))

        assert set(store.load().backstops) == {rests, other}


class AlertsContract(BackstopsContract):
    async def test_given_entries_when_loaded_then_those_that_are_not_over(
        self, store: Store
    ):
        held = entry("breakout-2", EntryState.FILLED, legs=("leg-1",), ts_wanted_ns=20)
        over = entry("breakout-3", EntryState.FILLED, ts_wanted_ns=30)
        await keep(store, Batch((over, held, entry()), ()))

        assert set(store.load().entries) == {entry(), held}
        assert await store.entries(0, 30) == (entry(), held)
        assert await store.entries(11, 31) == (held, over)

    async def test_given_alerts_when_asked_for_then_of_that_time_as_they_ended(
        self, store: Store
    ):
        done = signal("breakout-2", SignalState.CARRIED_OUT, ts_received_ns=20)
        first = signal("breakout-2", ts_received_ns=20)
        await keep(store, Batch((first, signal()), ()), Batch((done,), ()))

        assert await store.signals(0, 21) == (signal(), done)
        assert await store.signals(11, 20) == ()

    async def test_given_alerts_when_a_start_reads_then_no_more_than_it_needs(
        self, store: Store
    ):
        done = SignalState.CARRIED_OUT
        waits = signal("breakout-1", ts_received_ns=10)
        old = [signal(f"breakout-{n}", done, ts_received_ns=n) for n in range(20, 40)]
        young = signal("breakout-50", done, ts_received_ns=50)
        newest = signal("breakout-60", done, ts_received_ns=5)
        await keep(store, Batch((waits, *old, young, newest), ()))

        assert await store.inbox(50) == (waits, young, newest)
        assert await store.inbox(70) == (waits, newest)

    async def test_given_an_id_used_twice_when_asked_for_then_the_newest_of_its_route(
        self, store: Store
    ):
        first = signal("breakout-1", client_order_id="a-1")
        second = signal("breakout-2", client_order_id="a-1", again=1)
        await keep(store, Batch((first, second, signal("breakout-3")), ()))
        ended = signal(
            "breakout-1", SignalState.REFUSED, client_order_id="a-1", ts_received_ns=10
        )
        await keep(store, Batch((ended,), ()))

        assert await store.last_signal("breakout", "a-1") == second
        assert await store.last_signal("breakout", "a-2") is None
        assert await store.last_signal("other", "a-1") is None

    async def test_given_ids_when_asked_for_then_those_there_are(self, store: Store):
        over = entry("breakout-2", EntryState.REFUSED)
        await keep(store, Batch((entry(), over, signal(), signal("b-2")), ()))

        asked = ["breakout-2", "nobody", *(f"none-{n}" for n in range(600)), "b-2"]
        assert await store.entries_by_id(asked) == {"breakout-2": over}
        assert await store.signals_by_id(asked) == {"b-2": signal("b-2")}
        assert await store.entries_by_id([]) == {}

    async def test_given_facts_of_entries_when_asked_for_then_those_of_the_one(
        self, store: Store
    ):
        facts = tuple(
            Fact(FactKind.ENTRY_SENT, n, "main", "AAPL", fields=fields)
            for n, fields in enumerate(
                ({"entry": "b-1", "why": "no"}, {"entry": "b-11"}, {"why": "b-1"})
            )
        )
        await keep(store, Batch((), facts))

        found = await store.facts(FactQuery(entry="b-1", event="entry.*"))

        assert [stored.fact for stored in found] == [facts[0]]

    async def test_given_facts_by_several_when_one_is_asked_for_then_theirs_alone(
        self, store: Store
    ):
        told = [
            Fact(kind, number, fields={"by": by, "what": "x"})
            for number, (kind, by) in enumerate(
                [
                    (FactKind.CHANGE_MADE, "api:phone"),
                    (FactKind.TRIGGER_PAUSED, "api:phone"),
                    (FactKind.CHANGE_MADE, "api:phone2"),
                    (FactKind.CHANGE_REFUSED, 'api:"quoted"'),
                    (FactKind.CHANGE_MADE, "api:phone/telegram:7"),
                ],
                1,
            )
        ]
        await keep(store, Batch((), tuple(told)))

        async def seqs(by: str, event: str = "") -> list[int]:
            query = FactQuery(by=by, event=event, oldest_first=True)
            return [stored.seq for stored in await store.facts(query)]

        assert await seqs("api:phone") == [1, 2, 5]
        assert await seqs("api:phone", "change.*") == [1, 5]
        assert await seqs("api:phone/telegram:7") == [5]
        assert await seqs('api:"quoted"') == [4]
        assert await seqs("nobody") == []
