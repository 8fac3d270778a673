"""From what happened in the engine to the frames of the streams."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exitd.simulator import frames
from exitd.simulator.accounts import Account, Position
from exitd.simulator.binance_publisher import BinancePublisher
from exitd.simulator.candles import Candle, Candles, span
from exitd.simulator.clock import VenueClock
from exitd.simulator.happenings import (
    BalanceHappened,
    BookMoved,
    Happening,
    OrderHappened,
    PositionHappened,
    PricesMoved,
    Printed,
)
from exitd.simulator.hub import Hub
from exitd.simulator.markets import Market
from exitd.simulator.state import EngineState
from exitd.simulator.values import text

_DAY_S = 86_400
_GAP_BARS = 100


class Publisher:
    """Sends each happening to the streams that show it."""

    def __init__(
        self, state: EngineState, hub: Hub, candles: Candles, clock: VenueClock
    ) -> None:
        self._state = state
        self._hub = hub
        self._candles = candles
        self._clock = clock
        self._update_ids = dict.fromkeys(state.markets, 1_000_000)
        self._tops: dict[str, object] = {}
        self._depths: dict[str, dict[str, dict[Decimal, Decimal]]] = {}
        self._depth_ids: dict[str, int] = {}
        self._last_bars: dict[str, Candle] = {}
        self._last_closes: dict[str, Decimal] = {}
        self._marked: set[str] = set()
        self._binance = BinancePublisher(state, hub, candles, clock)

    def update_id(self, symbol: str) -> int:
        return self._update_ids[symbol]

    def publish(self, happenings: list[Happening]) -> None:
        moved: dict[str, int] = {}
        for happened in happenings:
            match happened:
                case OrderHappened():
                    self._order(happened)
                case PositionHappened():
                    self._position(happened)
                case BalanceHappened():
                    self._balance(happened)
                case Printed():
                    self._printed(happened)
                case PricesMoved():
                    self._prices(happened)
                case BookMoved():
                    moved[happened.symbol] = happened.ts_us
        for symbol, ts_us in moved.items():
            self._book(symbol, ts_us)

    def _order(self, happened: OrderHappened) -> None:
        order, quirks = happened.order, self._state.quirks
        for stream in ("account.orderUpdate", f"account.orderUpdate.{order.symbol}"):
            self._hub.publish(
                stream,
                lambda: frames.order_update(happened, quirks, self._clock.now_us()),
                order.account,
            )
        if order.system_order_type is not None and happened.fill is not None:
            self._hub.publish("liquidation", lambda: frames.liquidation(happened))

    def _position(self, happened: PositionHappened) -> None:
        account = self._state.accounts[happened.account]
        symbol = happened.position.symbol
        for stream in ("account.positionUpdate", f"account.positionUpdate.{symbol}"):
            self._hub.publish(
                stream,
                lambda: self.position_data(happened.kind, account, happened.position),
                happened.account,
            )

    def position_data(
        self, kind: str | None, account: Account, position: Position
    ) -> dict[str, Any]:
        state = self._state
        return frames.position_update(
            kind,
            account,
            position,
            state.markets[position.symbol],
            state.prices[position.symbol],
            state.quirks,
            self._clock.now_us(),
        )

    def _balance(self, happened: BalanceHappened) -> None:
        account = self._state.accounts[happened.account]
        self._hub.publish(
            "account.balanceUpdate",
            lambda: frames.balance_update(
                happened.asset,
                account.balance(happened.asset),
                account.locked(happened.asset, self._state.markets),
                happened.ts_us,
            ),
            happened.account,
        )

    def _printed(self, happened: Printed) -> None:
        trade = happened.trade
        self._candles.trade(trade.symbol, trade.price, trade.quantity, trade.ts_us)
        self._hub.publish(f"trade.{trade.symbol}", lambda: frames.trade(trade))
        self._binance.printed(trade)

    def _prices(self, happened: PricesMoved) -> None:
        symbol, ts_us = happened.symbol, happened.ts_us
        prices = self._state.prices[symbol]
        self._candles.observe(symbol, "Mark", prices.mark, ts_us)
        self._candles.observe(symbol, "Index", prices.index, ts_us)
        self.mark_price(symbol)
        if self._state.quirks.mark_drift == "adjusted":
            for account in self._state.accounts.values():
                position = account.positions.get(symbol)
                if position is not None:
                    self._position(
                        PositionHappened(
                            "positionAdjusted", account.key, position, ts_us
                        )
                    )

    def beat(self) -> None:
        """Send each mark that was not sent since the last beat, and the tickers."""
        marked, self._marked = self._marked, set()
        for symbol in self._state.markets:
            if symbol not in marked:
                self.mark_price(symbol)
            self.ticker(symbol)
        self._marked.clear()

    def mark_price(self, symbol: str) -> None:
        state = self._state
        self._marked.add(symbol)
        now_us = self._clock.now_us()
        funding_ms = next_funding_ms(state.markets[symbol], now_us)
        if state.markets[symbol].is_perp:
            self._hub.publish(
                f"markPrice.{symbol}",
                lambda: frames.mark_price(
                    symbol, state.prices[symbol], funding_ms, now_us
                ),
            )
            self._binance.mark(symbol, funding_ms)

    def _book(self, symbol: str, ts_us: int) -> None:
        self._update_ids[symbol] += 1
        top = self._state.books[symbol].top()
        if self._tops.get(symbol) != top:
            self._tops[symbol] = top
            self._hub.publish(
                f"bookTicker.{symbol}",
                lambda: frames.book_ticker(
                    symbol, *top, self._update_ids[symbol], ts_us
                ),
            )
            self._binance.book(symbol, top, self._update_ids[symbol], ts_us)
        if self._hub.has_listeners(f"depth.{symbol}"):
            self.depth(f"depth.{symbol}", symbol)

    def depth(self, stream: str, symbol: str) -> None:
        """What changed in the book since this stream's last frame."""
        if not self._hub.has_listeners(stream):
            self._depths.pop(stream, None)
            return
        book = self._state.books[symbol]
        new = {"b": dict(book.bids.levels()), "a": dict(book.asks.levels())}
        old = self._depths.get(stream, {"b": {}, "a": {}})
        changes = {side: _changes(old[side], new[side]) for side in ("a", "b")}
        self._depths[stream] = new
        if not changes["a"] and not changes["b"]:
            return
        last = self._update_ids[symbol]
        first = self._depth_ids.get(stream, last - 1) + 1
        self._depth_ids[stream] = last
        now_us = self._clock.now_us()
        self._hub.publish(
            stream,
            lambda: {
                "E": now_us,
                "T": now_us,
                "U": min(first, last),
                "a": changes["a"],
                "b": changes["b"],
                "e": "depth",
                "s": symbol,
                "u": last,
            },
        )

    def klines(self, now_s: int) -> None:
        """Push the bars that changed, and each bar that ended, once."""
        streams = {s for s, _ in self._hub.listened() if s.startswith("kline.")}
        # What ended while nobody listened is never repeated.
        for gone in self._last_bars.keys() - streams:
            del self._last_bars[gone]
        for stream in streams:
            _, interval, symbol = stream.split(".", 2)
            self._kline(stream, interval, self._state.markets[symbol], now_s)
        self._binance.klines(now_s)

    def _kline(self, stream: str, interval: str, market: Market, now_s: int) -> None:
        start_s, _ = span(interval, now_s)
        seen = self._last_bars.get(stream)
        if seen is not None and start_s - seen.end_s > _GAP_BARS * seen.length_s:
            seen = None  # the clock was moved; nobody wants the bars in between
        while seen is not None and seen.start_s < start_s:
            ended = self._candles.bar(market, "Last", interval, seen.start_s)
            self._push_bar(stream, market.symbol, ended, is_closed=True)
            following, following_end = span(interval, seen.end_s)
            seen = Candle(following, following_end)
        bar = self._candles.bar(market, "Last", interval, now_s)
        has_changed = seen is None or bar.trades != seen.trades
        if has_changed and bar.open is not None:
            self._push_bar(stream, market.symbol, bar, is_closed=False)
        self._last_bars[stream] = bar

    def _push_bar(
        self, stream: str, symbol: str, bar: Candle, *, is_closed: bool
    ) -> None:
        now_us = self._clock.now_us()
        last = self._last_closes.get(stream, self._state.prices[symbol].last)
        if bar.close is not None:
            self._last_closes[stream] = bar.close
        elif self._state.quirks.empty_kline == "flat":
            bar.observe(last)
        self._hub.publish(stream, lambda: frames.kline(symbol, bar, is_closed, now_us))

    def ticker(self, symbol: str) -> None:
        self._binance.ticker(
            symbol, lambda market: day_bar(self._candles, market, self._clock.now_us())
        )
        if not self._hub.has_listeners(f"ticker.{symbol}"):
            return
        now_us = self._clock.now_us()
        day = day_bar(self._candles, self._state.markets[symbol], now_us)
        if day.open is not None:
            self._hub.publish(
                f"ticker.{symbol}", lambda: frames.ticker(symbol, day, now_us)
            )

    def open_interest(self, symbol: str, quantity: Decimal) -> None:
        now_us = self._clock.now_us()
        for stream in ("openInterest", f"openInterest.{symbol}"):
            self._hub.publish(
                stream, lambda: frames.open_interest(symbol, quantity, now_us)
            )


def _changes(
    old: dict[Decimal, Decimal], new: dict[Decimal, Decimal]
) -> list[tuple[str, str]]:
    """Levels to set, and levels to remove, which have quantity 0."""
    gone = [(price, Decimal(0)) for price in old if price not in new]
    fresh = [(price, size) for price, size in new.items() if old.get(price) != size]
    return [(text(price), text(size)) for price, size in sorted(gone + fresh)]


def day_bar(candles: Candles, market: Market, now_us: int) -> Candle:
    """The last 24 hours as one bar."""
    now_s = now_us // 1_000_000
    whole = Candle(now_s - _DAY_S, now_s)
    for bar in candles.bars(market, "Last", "1m", now_s - _DAY_S, now_s):
        whole.join(bar)
    return whole


def next_funding_ms(market: Market, now_us: int) -> int:
    interval = market.funding_interval_ms
    return (now_us // 1_000 // interval + 1) * interval
