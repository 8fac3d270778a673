"""What people are told of a hit, and of what a venue's adapter has to say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.market import PriceKind, PriceSource
from exitd.ports.alerts import AlertLevel
from exitd.ports.notices import Notice, NoticeKind
from exitd.runtime.entry_words import ENTRY_LEVELS
from exitd.runtime.telling import alert_for, alert_for_notice

D = Decimal
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


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (
            FactKind.TRIGGER_HIT,
            {"cause": "command", "level": None, "observed": D(143)},
            "cls_01JG5K was told to fire: SOL_USDC_PERP at 143",
        ),
        (
            FactKind.ORDER_REFUSED,
            {"message": "no margin"},
            "cls_01JG5K (SOL_USDC_PERP): the venue refused its close: no margin",
        ),
    ],
)
def test_given_an_id_that_nobody_chose_when_told_then_its_market_is_named(
    kind: FactKind, fields: dict[str, FactValue], words: str
):
    told = {"source": str(PriceSource("main", "SOL_USDC_PERP", PriceKind.MARK))}
    fact = Fact(kind, 1, "main", "SOL_USDC_PERP", "cls_01JG5K", fields=fields | told)

    alert = alert_for(fact)

    assert alert is not None
    assert alert.text == words


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
        "kind": "stop_loss",
        "result": Decimal(-20),
    }
    fact = Fact(kind, 1, "main", "SOL_USDC_PERP", fields=fields)

    alert = alert_for(fact)

    assert alert is not None
    assert alert.text.startswith("desk-1 (SOL_USDC_PERP): ")
    assert (alert.about, alert.topic) == ("desk-1", kind.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"kind": "take_profit", "average_price": D(110), "result": D("100.0")},
            "the broker's take-profit has closed 10 at 110, result 100 before fees",
        ),
        (
            {"kind": None, "average_price": None, "result": None},
            "the broker's exit has closed 10",
        ),
    ],
)
def test_given_an_exit_at_the_broker_filled_then_told_as_far_as_it_is_known(
    fields, words
):
    told = {"entry": "desk-1", "filled": D(10), **fields}
    fact = Fact(FactKind.EXIT_FILLED_AT_BROKER, 1, "main", "AAPL", fields=told)

    alert = alert_for(fact)

    assert alert is not None
    assert alert.text == f"desk-1 (AAPL): {words}"
    assert alert.level is AlertLevel.INFO


def test_given_many_that_were_missed_then_one_alert_counts_them():
    one = Fact(FactKind.TRIGGER_MISSED, 1, "a", "SOL", "sl", fields={"alert": False})
    fields: dict[str, FactValue] = {"missed": 7_600, "fires": 0, "unsure": 12}
    everyone = Fact(FactKind.PRICE_UNWATCHED, 1, "a", "SOL", fields=fields)

    alert = alert_for(everyone)

    assert alert_for(one) is None
    assert alert is not None
    assert "7600 exits were crossed" in alert.text
    assert "of 12 nobody knows" in alert.text
