"""Markets that end with their position: which there are, and who needs them."""

from collections.abc import Iterator

from exitd.core.market import PriceSource
from exitd.core.trigger import TriggerDefinition

#: An account, and a symbol of it.
Market = tuple[str, str]


class MarketEnds:
    """Of the `accounts` whose markets end; of others, nothing is kept here.

    `due` is from when on each market may be forgotten, the first to come first;
    `needed_by` how many triggers are on it, or watch it; `sources` are its prices, and
    those that it is a part of, where there are books or rows of them.
    """

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.due: dict[Market, int] = {}
        self.needed_by: dict[Market, int] = {}
        self.sources: dict[Market, dict[PriceSource, None]] = {}

    def note_source(self, source: PriceSource) -> None:
        """Let a price go one day with the markets that it is of, or is made of."""
        for part in source.parts if self.accounts else ():
            if part.feed in self.accounts:
                market = (part.feed, part.symbol)
                self.sources.setdefault(market, {})[source] = None
                self.due.setdefault(market, 0)

    def note_due(self, market: Market, due_ns: int) -> None:
        """Look at a market then, and not before."""
        if market[0] in self.accounts:
            self.due.pop(market, None)
            self.due[market] = due_ns

    def need(self, definition: TriggerDefinition) -> None:
        """Count a trigger that is there now."""
        for market in self._of(definition):
            self.needed_by[market] = self.needed_by.get(market, 0) + 1

    def leave(self, definition: TriggerDefinition) -> None:
        """Count a trigger no more that was counted."""
        for market in self._of(definition):
            left = self.needed_by.pop(market, 0) - 1
            if left > 0:
                self.needed_by[market] = left

    def _of(self, definition: TriggerDefinition) -> set[Market]:
        """Give the market of a trigger and those that it watches, where they end."""
        if not self.accounts:
            return set()
        return {m for m in _markets_of(definition) if m[0] in self.accounts}


def _markets_of(definition: TriggerDefinition) -> Iterator[Market]:
    yield definition.account, definition.symbol
    confirmation = definition.confirmation
    emergency = confirmation.emergency_source if confirmation is not None else None
    for source in (definition.source, emergency):
        for part in source.parts if source is not None else ():
            yield part.feed, part.symbol
