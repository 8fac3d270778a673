"""Everything the matching engine knows, in one place, with nothing decided here."""

from __future__ import annotations

from collections import deque
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal

from exitd.simulator.accounts import Account, FeeSchedule
from exitd.simulator.book import Book
from exitd.simulator.happenings import Happening, OrderHappened
from exitd.simulator.markets import Market
from exitd.simulator.quirks import Quirks
from exitd.simulator.values import HOUSE, Expiry, Fill, Order, Prices, Trade

TRADES_KEPT = 1_000


def _opening(market: Market) -> Prices:
    """Marks and indices have decimals of their own; a trade is on the price step."""
    step = market.price_step
    last = (market.opening_price / step).to_integral_value() * step
    return Prices(market.opening_price, market.opening_price, last)


@dataclass(slots=True)
class EngineState:
    """
    Markets, books, prices, accounts and what has happened since the last drain.

    Attributes:
        opening_balances: What an account holds when its key is first seen.
        pending: Triggers that wait, by symbol, then by order id.
        touched: Markets whose last price moved and whose triggers are to be judged.
    """

    markets: dict[str, Market]
    quirks: Quirks = field(default_factory=Quirks)
    fees: FeeSchedule = field(default_factory=FeeSchedule)
    opening_balances: dict[str, Decimal] = field(
        default_factory=lambda: {
            "USDC": Decimal(1_000_000),
            "SOL": Decimal(1_000),
        }
    )
    books: dict[str, Book] = field(init=False)
    prices: dict[str, Prices] = field(init=False)
    pending: dict[str, dict[str, Order]] = field(init=False)
    trades: dict[str, deque[Trade]] = field(init=False)
    trade_ids: dict[str, int] = field(init=False)
    accounts: dict[str, Account] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    last_order_id: int = 59_669_287_000
    last_position_id: int = 5_479_295_500

    def __post_init__(self) -> None:
        self.books = {symbol: Book() for symbol in self.markets}
        self.pending = {symbol: {} for symbol in self.markets}
        self.trades = {symbol: deque(maxlen=TRADES_KEPT) for symbol in self.markets}
        self.trade_ids = dict.fromkeys(self.markets, 7_558_000)
        self.prices = {symbol: _opening(m) for symbol, m in self.markets.items()}
        self.accounts[HOUSE] = Account(HOUSE, 0, {})

    def open_account(self, key: str) -> Account:
        """The account of *key*, opened with the test balance on first use."""
        account = self.accounts.get(key)
        if account is None:
            user_id = 1_813_870 + len(self.accounts)
            account = Account(key, user_id, dict(self.opening_balances))
            self.accounts[key] = account
        return account

    def next_order_id(self) -> str:
        self.last_order_id += 1
        return str(self.last_order_id)

    def next_position_id(self, symbol: str, user_id: int) -> int:
        if self.quirks.position_id == "symbol":
            return user_id * 1_000 + sorted(self.markets).index(symbol)
        self.last_position_id += 1
        return self.last_position_id

    def next_trade_id(self, symbol: str) -> int:
        self.trade_ids[symbol] += 1
        return self.trade_ids[symbol]

    def tell(
        self,
        kind: str,
        order: Order,
        ts_us: int,
        *,
        fill: Fill | None = None,
        reason: Expiry | None = None,
    ) -> None:
        """Record that something happened to a user's order."""
        order.updated_us = ts_us
        if order.account != HOUSE:
            self.happenings.append(
                OrderHappened(kind, copy(order), ts_us, fill, reason)
            )
