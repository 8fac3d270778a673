"""What every store does with alerts and with the entries that they become."""

from __future__ import annotations

from contract.store_contract import keep
from contract.store_samples import entry, signal
from exitd.core.entry import EntryState, SignalState
from exitd.ports.store import Batch, Store


class AlertsContract:
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
