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
        "return role is None or not role.is_stop, book.hole_watch[trigger_id].seq",
        "return True, book.hole_watch[trigger_id].seq",
        "test_b018_given_stop_and_target_in_one_candle_then_the_stop_and_one_order",
    ),
    Mutation(
        120,
        "core/holes.py",
        "    if is_expired(record, turn.now_ns):\n        return _LOOKED\n",
        "",
        "test_b120_given_an_expiry_that_passed_in_downtime_then_a_crossing_fires_nothing",
    ),
    Mutation(
        56,
        "core/walking.py",
        "self._is_at(after, candle.close):",
        "self._is_at(after, worst):",
        "test_b056_given_a_candle_that_closes_beyond_the_stop_it_made_then_crossed",
    ),
    Mutation(
        56,
        "core/walking.py",
        "is_sure=candle.ts_open_ns >= self.began_ns",
        "is_sure=True",
        "test_b056_given_the_candle_in_which_a_trail_began_then_doubt",
    ),
    Mutation(
        69,
        "core/walking.py",
        "is_own = candle.ts_open_ns >= self._record.ts_changed_ns",
        "is_own = True",
        "test_b069_given_a_move_in_the_candle_in_which_it_was_armed_then_nobody_knows",
    ),
    Mutation(
        53,
        "core/walking.py",
        "least = tighter(self._way, ahead, least)",
        "least = peak",
        "test_b053_given_a_trail_in_steps_then_it_went_at_least_so_far",
    ),
    Mutation(
        115,
        "core/returning.py",
        "state, book.is_back = turn.state, False",
        "state = turn.state",
        "test_b115_given_alert_when_a_later_price_is_beyond_then_it_fires",
    ),
    Mutation(
        115,
        "core/returning.py",
        "        return policies.stop_beyond_only_tells\n",
        "        return policies.take_profit_beyond_only_tells\n",
        "test_b115_given_a_policy_then_it_is_for_its_own_kind_alone",
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
