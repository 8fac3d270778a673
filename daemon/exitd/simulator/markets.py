"""The markets that the exchange lists, with filters like the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exitd.simulator.values import text

MARKET_STATES = ("Open", "Closed", "CancelOnly", "LimitOnly", "PostOnly")


@dataclass(slots=True, kw_only=True)
class Market:
    """
    One order book and its rules.

    Attributes:
        price_step: The tick size.
        state: `Open`, `Closed`, `CancelOnly`, `LimitOnly` or `PostOnly`.
        max_impact: How far from the mark a market order may reach, as a factor.
        band_min, band_max: How far from the mark a limit may be, as factors.
        opening_price: Where every price starts unless a script says otherwise.
    """

    symbol: str
    base: str
    quote: str = "USDC"
    price_step: Decimal
    quantity_step: Decimal
    quantity_min: Decimal
    price_min: Decimal
    price_max: Decimal | None
    quantity_max: Decimal | None = None
    band_min: Decimal = Decimal("0.9")
    band_max: Decimal = Decimal("1.1")
    min_impact: Decimal = Decimal("0.99")
    max_impact: Decimal = Decimal("1.01")
    imf: Decimal = Decimal("0.02")
    imf_factor: Decimal = Decimal("0.00006")
    mmf: Decimal = Decimal("0.0135")
    mmf_factor: Decimal = Decimal("0.000036")
    funding_interval_ms: int = 3_600_000
    open_interest_limit: Decimal = Decimal("4000000")
    opening_price: Decimal
    maker_size: Decimal
    state: str = "Open"

    @property
    def is_perp(self) -> bool:
        return self.symbol.endswith("_PERP")

    @property
    def kind(self) -> str:
        return "PERP" if self.is_perp else "SPOT"

    def document(self) -> dict[str, Any]:
        """The market as `GET /api/v1/markets` lists it."""
        perp = self.is_perp
        imf, mmf = margin_functions(self)
        return {
            "baseSymbol": self.base,
            "createdAt": "2025-01-21T06:34:54.691858",
            "filters": {
                "price": {
                    "borrowEntryFeeMaxMultiplier": None,
                    "borrowEntryFeeMinMultiplier": None,
                    "maxImpactMultiplier": text(self.max_impact),
                    "maxMultiplier": "2",
                    "maxPrice": None
                    if self.price_max is None
                    else text(self.price_max),
                    "meanMarkPriceBand": {
                        "maxMultiplier": text(self.band_max),
                        "minMultiplier": text(self.band_min),
                    }
                    if perp
                    else None,
                    "meanPremiumBand": {"tolerancePct": "0.05"} if perp else None,
                    "minImpactMultiplier": text(self.min_impact),
                    "minMultiplier": "0.25",
                    "minPrice": text(self.price_min),
                    "tickSize": text(self.price_step),
                },
                "quantity": {
                    "maxQuantity": None
                    if self.quantity_max is None
                    else text(self.quantity_max),
                    "minQuantity": text(self.quantity_min),
                    "stepSize": text(self.quantity_step),
                },
            },
            "fundingInterval": self.funding_interval_ms if perp else None,
            "fundingRateLowerBound": "-100" if perp else None,
            "fundingRateUpperBound": "100" if perp else None,
            "imfFunction": imf if perp else None,
            "marketType": self.kind,
            "mmfFunction": mmf if perp else None,
            "openInterestLimit": text(self.open_interest_limit) if perp else "0",
            "orderBookState": self.state,
            "positionLimitWeight": "1" if perp else None,
            "quoteSymbol": self.quote,
            "symbol": self.symbol,
            "visible": True,
        }


def margin_functions(market: Market) -> tuple[dict[str, str], dict[str, str]]:
    """The initial and maintenance margin functions as the wire shows them."""
    return (
        {"base": text(market.imf), "factor": text(market.imf_factor), "type": "sqrt"},
        {"base": text(market.mmf), "factor": text(market.mmf_factor), "type": "sqrt"},
    )


def default_markets() -> dict[str, Market]:
    """Fresh copies of the four markets that every simulator lists."""
    listed = (
        Market(
            symbol="SOL_USDC_PERP",
            base="SOL",
            price_step=Decimal("0.01"),
            quantity_step=Decimal("0.01"),
            quantity_min=Decimal("0.01"),
            price_min=Decimal("0.01"),
            price_max=Decimal("1000"),
            opening_price=Decimal("140"),
            maker_size=Decimal("50"),
        ),
        Market(
            symbol="BTC_USDC_PERP",
            base="BTC",
            price_step=Decimal("0.1"),
            quantity_step=Decimal("0.00001"),
            quantity_min=Decimal("0.00001"),
            price_min=Decimal("0.1"),
            price_max=Decimal("1000000"),
            opening_price=Decimal("100000"),
            maker_size=Decimal("0.5"),
        ),
        Market(
            symbol="ETH_USDC_PERP",
            base="ETH",
            price_step=Decimal("0.01"),
            quantity_step=Decimal("0.0001"),
            quantity_min=Decimal("0.0001"),
            price_min=Decimal("0.01"),
            price_max=Decimal("100000"),
            opening_price=Decimal("4000"),
            maker_size=Decimal("5"),
        ),
        Market(
            symbol="SOL_USDC",
            base="SOL",
            price_step=Decimal("0.01"),
            quantity_step=Decimal("0.01"),
            quantity_min=Decimal("0.01"),
            price_min=Decimal("0.01"),
            price_max=None,
            opening_price=Decimal("140"),
            maker_size=Decimal("50"),
        ),
    )
    return {market.symbol: market for market in listed}
