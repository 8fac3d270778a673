"""What is traded here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

_NAMESPACE = uuid.UUID("00000000-0000-0000-0000-0000616c7061")


@dataclass(frozen=True)
class Asset:
    symbol: str
    asset_class: str = "us_equity"
    exchange: str = "NASDAQ"
    fractionable: bool = True
    shortable: bool = True
    tradable: bool = True
    price_increment: str | None = None
    min_trade_increment: str | None = None
    min_order_size: str | None = None

    @property
    def id(self) -> str:
        return _id_of(self.symbol)

    @property
    def is_crypto(self) -> bool:
        return self.asset_class == "crypto"

    @property
    def position_symbol(self) -> str:
        """Positions of crypto have no slash."""
        return self.symbol.replace("/", "")

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": self.id,
            "class": self.asset_class,
            "exchange": self.exchange,
            "symbol": self.symbol,
            "name": f"{self.symbol} of the tests",
            "status": "active",
            "tradable": self.tradable,
            "marginable": not self.is_crypto,
            "shortable": self.shortable,
            "easy_to_borrow": self.shortable,
            "fractionable": self.fractionable,
            "attributes": [],
        }
        if self.is_crypto:
            found["price_increment"] = self.price_increment
            found["min_trade_increment"] = self.min_trade_increment
            found["min_order_size"] = self.min_order_size
        return found


@cache
def _id_of(symbol: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, symbol))


def coin(symbol: str, price: str, trade: str, least: str) -> Asset:
    return Asset(
        symbol,
        "crypto",
        "CRYPTO",
        shortable=False,
        price_increment=price,
        min_trade_increment=trade,
        min_order_size=least,
    )


ASSETS = {
    asset.symbol: asset
    for asset in (
        Asset("AAPL"),
        Asset("MSFT"),
        Asset("NVDA"),
        Asset("TSLA"),
        Asset("SPY", exchange="ARCA"),
        Asset("QQQ"),
        Asset("X", exchange="NYSE"),
        Asset("PENY", fractionable=False, shortable=False),
        Asset("HALT", tradable=False),
        coin("BTC/USD", "0.01", "0.000000001", "0.00001"),
        coin("ETH/USD", "0.01", "0.000000001", "0.0001"),
    )
}
#: What things cost before anybody says otherwise.
PRICES = {
    "AAPL": Decimal(140),
    "MSFT": Decimal(350),
    "NVDA": Decimal(450),
    "TSLA": Decimal(200),
    "SPY": Decimal(450),
    "QQQ": Decimal(380),
    "X": Decimal(150),
    "PENY": Decimal("0.5"),
    "HALT": Decimal(10),
    "BTC/USD": Decimal(60000),
    "ETH/USD": Decimal(3000),
}
