"""The books: every fill and payment of a time, and the venue's history beside them."""

from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.runtime.accounts import Account
from exitd.runtime.book_views import BooksView, ReconciledView
from exitd.runtime.comparing import Comparison, fill_entry, funding_entry
from exitd.runtime.control.quotes import Quotes
from exitd.runtime.control.running import settle
from exitd.runtime.daemon import Daemon
from exitd.runtime.ledger import book_rows, untraced
from exitd.runtime.problems import VenueFailed
from exitd.runtime.shown import timestamp

#: Histories cut instants that streams give in full: both sides of an edge are read.
_EDGE_NS = NS_PER_S


class Books:
    """Reads the books of every account."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._quotes = Quotes(daemon)

    async def rows(self, ts_from_ns: int, ts_to_ns: int) -> BooksView:
        """Give fills executed and funding paid in [from, to), oldest first."""
        store = self._daemon.store
        await settle(store)
        fills = await store.fills(ts_from_ns, ts_to_ns)
        exits = await store.exits(ts_from_ns, ts_to_ns)
        quotes = await self._quotes.of(
            {
                *((booked.fill.account, booked.fill.symbol) for booked in fills),
                *((row.fire.account, row.fire.symbol) for row in exits),
            }
        )
        funding = await store.funding(ts_from_ns, ts_to_ns)

        def quote_of(account: str, symbol: str) -> str:
            return quotes.get((account, symbol), "")

        return BooksView(rows=book_rows(fills, exits, funding, quote_of))

    async def reconcile(self, ts_from_ns: int, ts_to_ns: int) -> ReconciledView:
        """Compare the books of [from, to) with what every venue lists.

        Raises:
            VenueFailed: A history could not be read, so nothing can be said.
        """
        found = Comparison(ts_from_ns, ts_to_ns)
        for account in self._daemon.accounts.values():
            await self._compare(account, found, ts_from_ns, ts_to_ns)
        for row in await self._daemon.store.exits(ts_from_ns, ts_to_ns):
            rest = None if row.fire.open else untraced(row.fire, row.fills)
            owner = self._daemon.accounts.get(row.fire.account)
            if rest is not None and owner is not None:
                why = "its order reported this as filled, and no fill is known"
                entry = fill_entry(rest, kind="untraced")
                found.one_sided("here", entry, why, _recent_ns(owner))
        return ReconciledView(
            since=timestamp(ts_from_ns),
            until=timestamp(ts_to_ns),
            agreed=found.agreed,
            recent=found.recent,
            differences=tuple(sorted(found.differences, key=lambda d: (d.time, d.id))),
        )

    async def _compare(
        self, account: Account, found: Comparison, since_ns: int, until_ns: int
    ) -> None:
        try:
            fills, funding = await account.books.listed(since_ns - _EDGE_NS)
        except VenueError as error:
            raise VenueFailed(
                "venue_failed", f"{account.name}: {error}", "ask again shortly"
            ) from error
        # Read after the venue: what came in meanwhile is on both sides then.
        store, edges = self._daemon.store, (since_ns - _EDGE_NS, until_ns + _EDGE_NS)
        await settle(store)
        booked = [b.fill for b in await store.fills(*edges)]
        paid = await store.funding(*edges)
        found.compare(
            [
                *(fill_entry(f) for f in booked if f.account == account.name),
                *(funding_entry(p) for p in paid if p.account == account.name),
            ],
            [*map(fill_entry, fills), *map(funding_entry, funding)],
            recent_ns=_recent_ns(account),
        )


def _recent_ns(account: Account) -> int:
    """From when on a venue may not have listed everything yet."""
    return account.venue.venue_now_ns() - account.venue.capabilities.lag_slack_ns
