"""Money rules of the venue's clock, by which every request is signed."""

from __future__ import annotations

from mutations.mutation import Mutation

CLOCK = "adapters/network/venue_clock.py"

MUTATIONS = (
    Mutation(
        123,
        CLOCK,
        "self._hint_ns = newest_ns if is_wrong else None",
        "self._hint_ns = None",
        "test_b123_given_no_measurement_and_a_clock_far_ahead_then_prices_tell_the_time",
        "test_b123_given_no_answer_about_the_time_when_prices_come_then_they_tell_it",
    ),
    Mutation(
        123,
        CLOCK,
        "if not self._is_borne_out and self._is_ours(base_ns):",
        "if False:",
        "test_b123_given_a_first_answer_that_lies_when_measured_again_then_put_right",
    ),
    Mutation(
        123,
        CLOCK,
        "if not self._is_borne_out and self._is_ours(base_ns):",
        "if self._is_ours(base_ns):",
        "test_b123_given_a_machine_an_hour_off_when_one_answer_lies_then_not_believed",
    ),
    Mutation(
        123,
        CLOCK,
        "if is_far and witnesses and not",
        "if False and not",
        "test_b123_given_two_lies_that_agree_when_the_answers_are_dated_then_refused",
        "test_b123_given_two_lies_that_agree_when_prices_come_then_refused",
        "test_b123_given_a_time_that_the_date_of_its_answer_contradicts_then_refused",
    ),
    Mutation(
        123,
        CLOCK,
        "is_far = is_jump or (",
        "is_far = is_jump and (",
        "test_b123_given_a_first_answer_that_all_else_contradicts_then_refused",
    ),
    Mutation(
        123,
        CLOCK,
        "return any(abs(base_ns - one) <= JUMP_NS_MAX for one in said)",
        "return all(abs(base_ns - one) <= JUMP_NS_MAX for one in said)",
        "test_b123_given_a_real_jump_when_one_witness_bears_it_out_then_believed",
    ),
    Mutation(
        123,
        CLOCK,
        "and not _bears_out(witnesses.values(), self._base_ns)",
        "and False",
        "test_b123_given_lies_that_were_believed_when_all_say_otherwise_then_put_right",
    ),
    Mutation(
        123,
        CLOCK,
        "is_recent = ended_ns - self._newest_at_ns <= _WITNESS_NS",
        "is_recent = True",
        "test_b123_given_a_price_of_long_ago_then_it_speaks_against_nothing",
    ),
    Mutation(
        123,
        "adapters/prices/teller.py",
        "if at_ns - venue_ns <= AHEAD_NS_MAX:",
        "if not self._venue_clock.is_synced:",
        "test_b123_given_prices_when_the_venue_lies_about_its_time_then_refused",
    ),
    Mutation(
        123,
        "adapters/backpack/time_sync.py",
        "ended_ns, date_s(reply))",
        "ended_ns)",
        "test_b123_given_a_time_that_the_date_of_its_answer_contradicts_then_refused",
    ),
)
