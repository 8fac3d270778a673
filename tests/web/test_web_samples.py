"""Prices that the page can go back to."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.engine import Engine
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_S
from exitd.web.samples import Samples

MARK = PriceSource("main", "SOL_USDC_PERP", PriceKind.MARK)
LAST = PriceSource("main", "SOL_USDC_PERP", PriceKind.LAST)


def test_given_prices_when_sampled_then_one_in_three_seconds_on_even_steps():
    state, samples = Engine().state, Samples()
    for second in range(1_000, 1_010):
        state.book(MARK).price = Decimal(second)
        samples.take(state, second * NS_PER_S)

    assert samples.of([MARK]) == {
        str(MARK): [(999, "1000"), (1_002, "1003"), (1_005, "1006"), (1_008, "1009")]
    }


def test_given_a_long_run_when_sampled_then_a_quarter_of_an_hour_is_kept():
    state, samples = Engine().state, Samples()
    state.book(MARK).price = Decimal(1)
    for step in range(2_000):
        samples.take(state, step * 3 * NS_PER_S + 10 * NS_PER_S)

    assert len(samples.of([MARK])[str(MARK)]) == 300


def test_given_a_source_without_a_price_when_sampled_then_it_is_not_there():
    state, samples = Engine().state, Samples()
    state.book(MARK)
    samples.take(state, 10 * NS_PER_S)

    assert samples.of([MARK, LAST]) == {}
