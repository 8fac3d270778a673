"""Money rules of exits that a broker holds: gone before a close of ours goes out."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        100,
        "core/evidence.py",
        "await_fill(turn, after.key, filled, after.ts_filled_venue_ns)",
        "pass",
        "test_b100_given_a_report_that_lags_our_fill_then_no_close_goes_by_it",
    ),
    Mutation(
        84,
        "core/firing.py",
        "if waits_for_legs(turn, record, fired, position):",
        "if False:",
        "test_b084_given_legs_rest_when_closed_by_hand_then_cancelled_before_it_goes",
        "test_b072_given_one_leg_ended_then_the_other_is_taken_back_and_ours_wait_for_it",
        "test_b084_given_any_order_of_events_then_never_sold_twice_nor_unguarded",
    ),
    Mutation(
        84,
        "core/after_legs.py",
        "if is_silent and (capabilities.reserves or capabilities.reduce_only):",
        "if is_silent:",
        "test_b084_given_no_answer_for_long_then_the_close_waits_on_with_an_alert",
    ),
    Mutation(
        84,
        "core/after_legs.py",
        "if capabilities.reduce_only or legs.is_shown(state, position):",
        "if True:",
        "test_b084_given_a_leg_fills_while_it_is_cancelled_then_the_close_ends",
        "test_b084_given_a_leg_filled_in_part_then_the_close_takes_what_is_left",
    ),
    Mutation(
        84,
        "core/legs.py",
        "return is_small and position.ts_venue_ns >= awaited.ts_venue_ns",
        "return is_small",
        "test_b084_given_reports_that_are_older_or_lag_then_the_fill_of_a_leg_is_awaited",
    ),
    Mutation(
        84,
        "core/legs.py",
        "return has_unnamed(entry) and entry.is_ended and entry.left > ZERO",
        "return False",
        "test_b084_given_legs_that_nobody_has_named_then_looked_for_before_it_goes",
    ),
    Mutation(
        84,
        "core/legs.py",
        "    _ask(turn, entry)\n    if turn.now_ns",
        "    if turn.now_ns",
        "test_given_no_answer_to_a_cancel_then_asked_again_slower_until_it_is_over",
    ),
    Mutation(
        84,
        "core/unlisted.py",
        "if read_started_ns < first_ns + slack_ns:",
        "if False:",
        "test_b084_given_a_leg_is_listed_no_more_then_two_reads_let_the_close_go",
        "test_b072_given_one_read_misses_an_entry_then_it_works_on",
    ),
    Mutation(
        64,
        "core/after_legs.py",
        "exits.take_over(turn, entry, why, may_have_filled=True, alert=False)",
        "pass",
        "test_b064_given_legs_are_being_cancelled_then_ours_guard_from_that_turn_on",
    ),
    Mutation(
        71,
        "core/unlisted.py",
        "filled = nothing.filled if is_fuller else entry.filled",
        "filled = entry.filled",
        "test_b071_given_its_executions_say_all_then_it_is_filled_and_guarded",
    ),
    Mutation(
        71,
        "runtime/entry_inquiry.py",
        "nothing = await self._executed(entry, nothing)",
        "pass",
        "test_b071_given_an_entry_filled_unseen_and_unlisted_then_executions_say_so",
    ),
    Mutation(
        72,
        "core/exits.py",
        "    if ours.legs:\n        legs.ask_back(turn, ours)",
        "    pass",
        "test_b072_given_one_leg_ended_then_the_other_is_taken_back_and_ours_wait_for_it",
    ),
    Mutation(
        78,
        "core/exits.py",
        "if entry.is_ended and entry.legs:",
        "if False:",
        "test_b078_given_the_position_is_closed_then_a_leg_is_cancelled_until_it_is_over",
    ),
)
