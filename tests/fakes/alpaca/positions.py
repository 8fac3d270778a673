"""What the account holds, what its orders hold of that, and what it can pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fakes.alpaca.assets import Asset
from fakes.alpaca.orders import ZERO, Order, written
from fakes.alpaca.refused import forbidden, unfit

CASH = Decimal(1_000_000)


class Book:
    """Positions by symbol: signed quantity and average entry price."""

    def __init__(self) -> None:
        self.net: dict[str, Decimal] = {}
        self.entry: dict[str, Decimal] = {}
        self.buying_power = CASH

    def held(self, symbol: str) -> Decimal:
        return self.net.get(symbol, ZERO)

    def apply(self, symbol: str, signed: Decimal, price: Decimal) -> None:
        """Take in an execution: averaged where it adds, the entry stays where not."""
        before = self.held(symbol)
        after = before + signed
        if before == ZERO or (before > 0) == (signed > 0):
            paid = abs(before) * self.entry.get(symbol, ZERO) + abs(signed) * price
            self.entry[symbol] = paid / abs(after)
        elif (after > 0) != (before > 0):
            self.entry[symbol] = price
        self.net[symbol] = after
        if after == ZERO:
            del self.net[symbol], self.entry[symbol]

    def reserved(self, symbol: str, orders: list[Order]) -> list[Order]:
        """Give the open orders that hold part of a position; of a pair, one does."""
        net = self.held(symbol)
        closing = "sell" if net > 0 else "buy"
        return [
            order
            for order in orders
            if order.symbol == symbol
            and order.is_open
            and order.side == closing
            and order.status != "held"
        ]

    def infer(self, asset: Asset, side: str) -> str:
        """Say what an order would do to the position."""
        net = self.held(asset.symbol)
        if net > 0 and side == "sell":
            return "sell_to_close"
        if net < 0 and side == "buy":
            return "buy_to_close"
        return f"{side}_to_open"

    def check(
        self,
        asset: Asset,
        side: str,
        qty: Decimal,
        price: Decimal,
        intent: str,
        orders: list[Order],
    ) -> str:
        """Refuse what the account cannot do; gives the intent that it has."""
        inferred = self.infer(asset, side)
        if intent and intent != inferred:
            raise unfit(
                f"position intent mismatch, inferred: {inferred}, specified: {intent}"
            )
        if inferred.endswith("_to_close"):
            self._check_free(asset, qty, orders)
        elif side == "sell":
            self._check_short(asset, qty)
        elif qty * price > self.buying_power:
            raise forbidden(
                "insufficient buying power",
                buying_power=written(self.buying_power),
                cost_basis=written(qty * price),
            )
        return inferred

    def _check_free(self, asset: Asset, qty: Decimal, orders: list[Order]) -> None:
        holding = self.reserved(asset.symbol, orders)
        existing = abs(self.held(asset.symbol))
        held = sum((order.left for order in holding), ZERO)
        free = max(existing - held, ZERO)
        if qty > free:
            raise forbidden(
                f"insufficient qty available for order (requested: {written(qty)},"
                f" available: {written(free)})",
                available=written(free),
                existing_qty=written(existing),
                held_for_orders=written(held),
                symbol=asset.symbol,
                related_orders=[order.id for order in holding],
            )

    @staticmethod
    def _check_short(asset: Asset, qty: Decimal) -> None:
        if asset.is_crypto:
            raise forbidden(
                f"insufficient balance for {asset.symbol.partition('/')[0]} (requested:"
                f" {written(qty)}, available: 0)"
            )
        if not asset.shortable or qty % 1:
            raise forbidden(f'asset "{asset.symbol}" cannot be sold short')

    def as_json(
        self, asset: Asset, price: Decimal, orders: list[Order]
    ) -> dict[str, Any]:
        net, entry = self.net[asset.symbol], self.entry[asset.symbol]
        held = sum((o.left for o in self.reserved(asset.symbol, orders)), ZERO)
        sign = 1 if net > 0 else -1
        return {
            "asset_id": asset.id,
            "symbol": asset.position_symbol,
            "exchange": asset.exchange,
            "asset_class": asset.asset_class,
            "asset_marginable": not asset.is_crypto,
            "qty": written(net),
            "qty_available": written(net - sign * held),
            "avg_entry_price": written(entry),
            "side": "long" if net > 0 else "short",
            "market_value": written(net * price),
            "cost_basis": written(net * entry),
            "unrealized_pl": written(net * (price - entry)),
            "unrealized_plpc": "0",
            "unrealized_intraday_pl": "0",
            "unrealized_intraday_plpc": "0",
            "current_price": written(price),
            "lastday_price": written(price),
            "change_today": "0",
        }
