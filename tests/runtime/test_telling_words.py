"""What people are told of a hit, and of what a venue's adapter has to say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.core.events import Fact, FactKind
from exitd.core.market import PriceKind, PriceSource
from exitd.ports.alerts import AlertLevel
from exitd.ports.notices import Notice, NoticeKind
from exitd.runtime.entry_words import ENTRY_LEVELS
from exitd.runtime.telling import alert_for, alert_for_notice

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


@pytest.mark.parametrize("kind", NoticeKind)
def test_given_any_notice_when_told_then_its_alert_and_its_end_are_of_one_thing(
    kind: NoticeKind,
):
    begun = alert_for_notice(Notice("so it is", kind=kind, about="base/nonce-4"))
    over = alert_for_notice(
        Notice("no more", kind=kind, about="base/nonce-4", is_over=True)
    )

    assert (begun.topic, begun.about) == (over.topic, over.about)
    assert (begun.topic, begun.text) == (kind.value, "so it is")
    assert begun.level in (AlertLevel.WARNING, AlertLevel.CRITICAL)
    assert (begun.cleared, over.cleared) == (False, True)
    assert over.level is AlertLevel.INFO


@pytest.mark.parametrize("kind", ENTRY_LEVELS)
def test_given_a_fact_about_an_entry_then_a_sentence_that_names_it(kind: FactKind):
    fields = {
        "entry": "desk-1",
        "filled": Decimal(4),
        "average_price": Decimal(100),
        "why": "so it is",
        "exit": "desk-1/sl",
    }
    fact = Fact(kind, 1, "main", "SOL_USDC_PERP", fields=fields)

    alert = alert_for(fact)

    assert alert is not None
    assert alert.text.startswith("desk-1 (SOL_USDC_PERP): ")
    assert (alert.about, alert.topic) == ("desk-1", kind.value)
