"""Accounts: balances, positions, fees and realised profit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from exitd.simulator.markets import Market
from exitd.simulator.values import HOUSE, ZERO, Fill, Order, Side

_FEE_STEP = Decimal("0.000001")


@dataclass(slots=True)
class Position:
    """
    One net position, from flat to flat.

    Attributes:
        net_quantity: Base units, signed: above zero is long.
        pnl_realized: Without fees.
        position_id: New for each lifetime, unless a quirk says otherwise.
    """

    symbol: str
    position_id: int
    opened_us: int
    net_quantity: Decimal = ZERO
    entry_price: Decimal = ZERO
    pnl_realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    quantity_max: Decimal = ZERO
    closing_price: Decimal | None = None
    updated_us: int = 0
    closed_us: int | None = None

    def apply(self, signed: Decimal, price: Decimal) -> Decimal:
        """
        Add *signed* base units at *price*.

        The caller splits what would cross zero, so one call opens or reduces.

        Returns:
            The profit that it realised, in quote units.
        """
        if self.net_quantity * signed >= 0:
            grown = self.net_quantity + signed
            cost = self.entry_price * self.net_quantity + price * signed
            # Eight places: what the wire shows, and enough for any tick size.
            self.entry_price = (cost / grown).quantize(Decimal("1e-8"))
            self.net_quantity = grown
            self.quantity_max = max(self.quantity_max, abs(grown))
            return ZERO
        assert abs(signed) <= abs(self.net_quantity), "the caller splits at zero"
        realised = (self.entry_price - price) * signed
        self.net_quantity += signed
        self.pnl_realized += realised
        return realised


@dataclass(slots=True, frozen=True)
class FundingPayment:
    symbol: str
    quantity: Decimal
    rate: Decimal
    ts_us: int


@dataclass(slots=True)
class Account:
    """
    What belongs to one API key.

    Attributes:
        positions: Open ones, by symbol.
        closed: Positions that ended, oldest first.
        moves: What each position was after each change, oldest first.
        orders: Every order ever accepted, by id, oldest first.
    """

    key: str
    user_id: int
    balances: dict[str, Decimal]
    positions: dict[str, Position] = field(default_factory=dict)
    closed: list[Position] = field(default_factory=list)
    moves: list[tuple[int, Position]] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    open_orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    funding: list[FundingPayment] = field(default_factory=list)
    leverage_limit: Decimal = Decimal(10)
    switches: dict[str, bool] = field(
        default_factory=lambda: {
            "autoBorrowSettlements": True,
            "autoLend": False,
            "autoRealizePnl": True,
            "autoRepayBorrows": True,
        }
    )
    is_liquidating: bool = False

    @property
    def is_house(self) -> bool:
        return self.key == HOUSE

    def balance(self, asset: str) -> Decimal:
        return self.balances.get(asset, ZERO)

    def deposit(self, asset: str, amount: Decimal) -> None:
        """Add *amount*, which may be negative."""
        self.balances[asset] = self.balance(asset) + amount

    def record_funding(
        self, position: Position, payment: Decimal, rate: Decimal, ts_us: int
    ) -> None:
        """Book a funding payment; below zero, the account pays."""
        self.deposit("USDC", payment)
        position.funding += payment
        position.updated_us = ts_us
        self.funding.append(FundingPayment(position.symbol, payment, rate, ts_us))

    def net_quantity(self, symbol: str) -> Decimal:
        position = self.positions.get(symbol)
        return ZERO if position is None else position.net_quantity

    def positions_at(self, ts_us: int) -> list[Position]:
        """The open positions as they were at *ts_us*."""
        known = {p.symbol: p for at_us, p in self.moves if at_us <= ts_us}
        return [position for position in known.values() if position.net_quantity]

    def open_on(self, symbol: str) -> list[Order]:
        return [o for o in self.open_orders.values() if o.symbol == symbol]

    def exposure(self, symbol: str) -> Decimal:
        """The worst net quantity that fills of open orders could lead to."""
        net = self.net_quantity(symbol)
        return worst_exposure(net, self.open_on(symbol))

    def locked(self, asset: str, markets: dict[str, Market]) -> Decimal:
        """What resting spot orders hold of *asset*."""
        held = ZERO
        for order in self.open_orders.values():
            market = markets[order.symbol]
            if market.is_perp or not order.is_resting:
                continue
            if order.side is Side.ASK and market.base == asset:
                held += order.leaves
            elif order.side is Side.BID and market.quote == asset:
                held += order.leaves * (order.price or ZERO)
        return held


def worst_exposure(net: Decimal, orders: Iterable[Order]) -> Decimal:
    """Signed: *net* after all bids or after all asks, whichever is larger."""
    bids = asks = ZERO
    for order in orders:
        if not order.is_resting or order.reduce_only:
            continue
        if order.side is Side.BID:
            bids += order.leaves
        else:
            asks += order.leaves
    longest, shortest = net + bids, net - asks
    return longest if abs(longest) >= abs(shortest) else shortest


@dataclass(slots=True, frozen=True)
class FeeSchedule:
    """Fees in basis points, as `GET /api/v1/account` shows them."""

    futures_maker: Decimal = Decimal("2")
    futures_taker: Decimal = Decimal("5")
    spot_maker: Decimal = Decimal("8")
    spot_taker: Decimal = Decimal("10")

    def fee(
        self, market: Market, side: Side, quote: Decimal, base: Decimal, is_maker: bool
    ) -> tuple[Decimal, str]:
        """The fee of one execution and its asset: what the account receives."""
        if market.is_perp:
            rate = self.futures_maker if is_maker else self.futures_taker
            amount, asset = quote, market.quote
        else:
            rate = self.spot_maker if is_maker else self.spot_taker
            bought = side is Side.BID
            amount, asset = (base, market.base) if bought else (quote, market.quote)
        fee = (amount * rate / 10_000).quantize(_FEE_STEP, rounding=ROUND_UP)
        return fee, asset
