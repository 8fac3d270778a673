"""What markets are paid in, also those that ended long ago."""

from collections.abc import Collection

from exitd.runtime.daemon import Daemon


class Quotes:
    """Finds quote currencies in memory, and those of the past in the store."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def of(
        self, markets: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], str]:
        """Give them by account and symbol, those that are known.

        The store must have all that was decided.
        """
        here = self._daemon.loop.engine.state.instruments
        # Before the store is asked: meanwhile one may end.
        known = {m: here[m].quote for m in markets if m in here}
        missing = [market for market in markets if market not in known]
        past = await self._daemon.store.past_instruments(missing) if missing else {}
        return known | {market: found.quote for market, found in past.items()}
