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
