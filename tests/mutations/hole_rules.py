"""Money rules of times when nobody watched, or a stream was silent."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        116,
        "core/holes.py",
        "fires = asked is Missed.FIRE and policies.guard_percent is None",
        "fires = False",
        "test_b116_given_a_crossing_in_downtime_when_fire_then_it_fires_and_says_why",
    ),
    Mutation(
        116,
        "core/holes.py",
        "fires = asked is Missed.FIRE and policies.guard_percent is None",
        "fires = policies.guard_percent is None",
        "test_b116_given_a_crossing_in_downtime_when_alert_then_told_and_still_armed",
    ),
    Mutation(
        116,
        "core/holes.py",
        "asked = record.definition.missed or policies.missed",
        "asked = policies.missed",
        "test_b116_given_its_own_word_then_that_wins_over_the_policy",
    ),
    Mutation(
        18,
        "core/holes.py",
        "key=lambda r: not turn.state.roles[r.id].is_stop",
        "key=lambda r: r.seq",
        "test_b018_given_stop_and_target_in_one_candle_then_the_stop_and_one_order",
    ),
    Mutation(
        120,
        "core/holes.py",
        " or is_expired(record, turn.now_ns):",
        ":",
        "test_b120_given_an_expiry_that_passed_in_downtime_then_a_crossing_fires_nothing",
    ),
    Mutation(
        124,
        "runtime/second_source.py",
        "        self._sink(tick)\n",
        "",
        "test_b124_given_a_silent_stream_when_rest_crosses_then_fired",
    ),
    Mutation(
        124,
        "runtime/prices.py",
        "streamed_ns=self._second.streamed_ns.get(source),",
        "streamed_ns=None,",
        "test_b124_given_a_silent_stream_when_rest_answers_then_judged_and_told_once",
    ),
    Mutation(
        127,
        "runtime/first_prices.py",
        "                self._failed.add(source)\n",
        "                pass\n",
        "test_b127_given_a_last_price_that_cannot_be_had_then_it_is_asked_for_again",
    ),
)
