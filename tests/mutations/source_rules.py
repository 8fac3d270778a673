"""Money rules of prices that several sources make together."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        124,
        "core/combining.py",
        "        if stale(part):\n            continue\n",
        "",
        "test_b124_given_a_stale_source_then_it_cannot_hold_a_stop_back",
    ),
    Mutation(
        124,
        "core/combining.py",
        "[None if stale(part) else known(part) for part in source.parts]",
        "[known(part) for part in source.parts]",
        "test_b124_given_a_spread_when_one_of_its_prices_is_stale_then_nothing_is_judged",
    ),
    Mutation(
        128,
        "core/combining.py",
        "prices[min(quorum.agree, len(prices)) - 1]",
        "prices[0]",
        "test_b128_given_two_that_must_agree_when_one_dips_alone_then_nothing",
    ),
    Mutation(
        128,
        "core/combining.py",
        "        if price is None:\n            return None\n",
        "        if price is None:\n            continue\n",
        "test_given_no_first_price_of_one_then_the_other_does_not_fire_it_alone",
    ),
)
