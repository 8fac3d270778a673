"""Alerts: what came in by the routes of the webhook, and what it became."""

from collections.abc import Iterable

from msgspec import Struct

from exitd.core.entry import EntryRecord, SignalRecord
from exitd.runtime.control.entries import entries_now, exits_of, triggers_shown
from exitd.runtime.control.newest import Place, newest, read_cursor
from exitd.runtime.control.running import AllPrices, settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.entries_shown import entry_view, signal_view
from exitd.runtime.entry_views import SignalDetailView, SignalsView
from exitd.runtime.problems import NotFound
from exitd.runtime.signals.inbox import ticker_of
from exitd.signals.assets import asset_class_of, symbol_of


class SignalFilter(Struct, frozen=True, kw_only=True):
    """Which alerts; empty takes all.

    `symbol` is the ticker of the alert, or the market that it means, in any letter
    case: `BTC-USD` and `BTC/USD` are the same.
    """

    route: str = ""
    state: str = ""
    symbol: str = ""

    def takes(self, record: SignalRecord) -> bool:
        return (
            self.route in ("", record.route)
            and self.state in ("", record.state.value)
            and (not self.symbol or _market(self.symbol) == _market(ticker_of(record)))
        )


def _market(ticker: str) -> str:
    written = ticker.upper()
    return symbol_of(written, asset_class_of(written))


class Signals:
    """Shows alerts; changes nothing."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def every(
        self,
        wanted: SignalFilter,
        *,
        ts_from_ns: int,
        ts_to_ns: int,
        limit: int,
        after: str = "",
    ) -> SignalsView:
        """Give a page of those received in [from, to), newest first."""
        await settle(self._daemon.store)

        async def read(low_ns: int, high_ns: int) -> Iterable[SignalRecord]:
            return filter(
                wanted.takes, await self._daemon.store.signals(low_ns, high_ns)
            )

        page = await newest(
            read,
            _place_of,
            ts_from_ns=ts_from_ns,
            ts_to_ns=ts_to_ns,
            limit=limit,
            after=read_cursor(after),
        )
        entries = await self._entries(page.rows)
        return SignalsView(
            signals=tuple(
                signal_view(record, entries.get(record.entry_id))
                for record in page.rows
            ),
            next=page.next,
        )

    async def show(self, signal_id: str) -> SignalDetailView:
        """Show one alert.

        Raises:
            NotFound: There is none.
        """
        await settle(self._daemon.store)
        found = await self._daemon.store.signals_by_id([signal_id])
        record = found.get(signal_id)
        if record is None:
            raise NotFound(
                "unknown",
                f"there is no alert {signal_id}",
                "`exitd webhook log` lists them",
            )
        entry = (await self._entries([record])).get(record.entry_id)
        state, prices = self._daemon.loop.engine.state, AllPrices(self._daemon)
        view = None
        if entry is not None:
            exits = await exits_of(self._daemon, [entry])
            view = entry_view(state, entry, prices, exits)
        return SignalDetailView(
            signal=signal_view(record, entry),
            body=record.body,
            entry=view,
            triggers=await triggers_shown(self._daemon, record.trigger_ids),
        )

    async def _entries(self, rows: Iterable[SignalRecord]) -> dict[str, EntryRecord]:
        """Give the entries that alerts became."""
        ids = [record.entry_id for record in rows if record.entry_id]
        return await entries_now(self._daemon, ids)


def _place_of(record: SignalRecord) -> Place:
    return Place(record.ts_received_ns, record.id)
