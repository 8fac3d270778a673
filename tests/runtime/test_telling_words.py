"""What people are told of a hit: which market, at which price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.core.events import Fact, FactKind
from exitd.core.market import PriceKind, PriceSource
from exitd.runtime.telling import alert_for

OWN = PriceSource("main", "SOL_USDC_PERP", PriceKind.LAST_CLOSE, "1m", closed=True)
OTHER = PriceSource("binance", "BTCUSDT", PriceKind.MARK)


@pytest.mark.parametrize(
    ("source", "market"), [(OWN, "SOL_USDC_PERP"), (OTHER, "binance/BTCUSDT")]
)
def test_given_a_hit_when_told_then_the_market_whose_price_it_was(
    source: PriceSource, market: str
):
    fact = Fact(
        kind=FactKind.TRIGGER_HIT,
        ts_ns=1,
        account="main",
        symbol="SOL_USDC_PERP",
        trigger_id="sol/btc",
        fields={
            "level": Decimal(60000),
            "observed": Decimal("59990.5"),
            "source": str(source),
        },
    )

    alert = alert_for(fact)

    assert alert is not None
    assert alert.text == f"sol/btc was hit: {market} at 59990.5, level 60000"
