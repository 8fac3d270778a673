"""
The synthetic market maker: a ladder of quotes round the scripted last price.

Without it nothing would fill, because nobody else trades here. It keeps the book
where the path says the market is, and takes out the users' orders that the market
moved through.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from exitd.simulator.engine import Engine
from exitd.simulator.happenings import BookMoved
from exitd.simulator.matching import sweep
from exitd.simulator.values import HOUSE, Order, Side

Level = tuple[Decimal, Decimal]

LEVELS = 10


class MarketMaker:
    """
    The house account's quotes in every market.

    Attributes:
        anchors: Where the middle of each ladder is; the last price that was set,
            not the last that traded.
        held: Ladders that somebody wrote by hand; they stay until released.
    """

    def __init__(self, engine: Engine, levels: int = LEVELS) -> None:
        self._engine = engine
        self._levels = levels
        self._quotes: dict[str, list[Order]] = {}
        self._number = 0
        self.anchors = {s: p.last for s, p in engine.state.prices.items()}
        self.held: dict[str, tuple[Sequence[Level], Sequence[Level]]] = {}

    def move(self, symbol: str, last: Decimal, ts_us: int) -> None:
        """Trade what the market moves through on its way to *last*, then quote."""
        self.anchors[symbol] = last
        self.held.pop(symbol, None)
        self.quote(symbol, ts_us)

    def hold(
        self, symbol: str, bids: Sequence[Level], asks: Sequence[Level], ts_us: int
    ) -> None:
        """Show exactly these levels until the last price is set again."""
        self.held[symbol] = (bids, asks)
        self.quote(symbol, ts_us)

    def quote(self, symbol: str, ts_us: int) -> None:
        """Put the full ladder up again, whatever was taken from it."""
        self._withdraw(symbol)
        bids, asks = self.held.get(symbol) or self._ladder(symbol)
        if symbol not in self.held:
            anchor = self.anchors[symbol]
            self._take_through(symbol, Side.ASK, anchor, ts_us)
            self._take_through(symbol, Side.BID, anchor, ts_us)
        book = self._engine.state.books[symbol]
        step = self._engine.state.markets[symbol].quantity_step
        quotes = []
        for side, levels in ((Side.BID, bids), (Side.ASK, asks)):
            for price, size in levels:
                order = self._order(symbol, side, price, size, ts_us)
                if symbol in self.held:  # the ladder never crosses, a hand may
                    sweep(book, order, price, step, self._engine.settlement, ts_us)
                if order.leaves > 0:
                    book.side(side).add(order)
                    quotes.append(order)
        self._quotes[symbol] = quotes
        self._engine.state.happenings.append(BookMoved(symbol, ts_us))
        self._engine.judge(symbol, ts_us)

    def fill(self, order: Order, quantity: Decimal, ts_us: int) -> None:
        """Trade *quantity* of a resting order, as somebody passing by would."""
        assert order.price is not None, "only priced orders rest"
        passer = self._order(
            order.symbol, order.side.opposite, order.price, quantity, ts_us
        )
        self._engine.settlement.execute(passer, order, quantity, ts_us)
        self._engine.judge(order.symbol, ts_us)

    def print_at_anchor(self, symbol: str, quantity: Decimal, ts_us: int) -> None:
        """A trade of the house with itself, so that the tape follows the path."""
        price = self.anchors[symbol]
        side = Side.BID if self._number % 2 else Side.ASK
        maker = self._order(symbol, side, price, quantity, ts_us)
        taker = self._order(symbol, side.opposite, price, quantity, ts_us)
        self._engine.settlement.print_trade(taker, maker, price, quantity, ts_us)

    def _withdraw(self, symbol: str) -> None:
        book = self._engine.state.books[symbol]
        for order in self._quotes.pop(symbol, ()):
            book.side(order.side).remove(order)

    def _take_through(
        self, symbol: str, side: Side, price: Decimal, ts_us: int
    ) -> None:
        state = self._engine.state
        book = state.books[symbol]
        resting = book.side(side.opposite).levels()
        size = sum((quantity for _, quantity in resting), Decimal(0))
        if size:
            order = self._order(symbol, side, price, size, ts_us)
            step = state.markets[symbol].quantity_step
            sweep(book, order, price, step, self._engine.settlement, ts_us)

    def _ladder(self, symbol: str) -> tuple[list[Level], list[Level]]:
        market = self._engine.state.markets[symbol]
        step = market.price_step
        anchor = self.anchors[symbol]
        # One basis point between levels, but never less than the price step.
        gap = max(step, (anchor / 10_000 // step) * step)
        below = (anchor / step).to_integral_value(ROUND_FLOOR) * step
        above = (anchor / step).to_integral_value(ROUND_CEILING) * step
        bids: list[Level] = []
        asks: list[Level] = []
        for number in range(1, self._levels + 1):
            size = market.maker_size * number
            if below - gap * number >= market.price_min:
                bids.append((below - gap * number, size))
            asks.append((above + gap * number, size))
        return bids, asks

    def _order(
        self, symbol: str, side: Side, price: Decimal, size: Decimal, ts_us: int
    ) -> Order:
        self._number += 1
        return Order(
            id=str(20_000_000_000 + self._number),
            account=HOUSE,
            symbol=symbol,
            side=side,
            order_type="Limit",
            quantity=size,
            price=price,
            created_us=ts_us,
        )
