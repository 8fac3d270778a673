"""Money rules of entries: sent once, guarded by what fills, and never a reverse."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        71,
        "core/exits.py",
        "covering = _covering(definition, entry.left)",
        "covering = _covering(definition, entry.order.ticket.quantity or entry.left)",
        "test_b071_given_an_entry_of_10_when_4_fill_then_its_exits_cover_4_and_then_10",
    ),
    Mutation(
        71,
        "core/exits.py",
        "return min(unclaimed(state, entry), closable)",
        "return closable",
        "test_given_both_legs_under_way_then_together_never_more_than_filled",
    ),
    Mutation(
        71,
        "core/evidence.py",
        "exits.on_closed(turn, key.trigger_id, filled)",
        "pass",
        "test_given_the_target_fills_in_part_then_the_stop_covers_the_rest",
    ),
    Mutation(
        71,
        "core/shrinking.py",
        "excess = max(excess - position.held, min(excess - position.live, filled))",
        "excess = ZERO",
        "test_b071_given_a_part_closed_by_hand_when_another_enters_then_it_stays",
        "test_given_others_reduce_then_the_oldest_entry_loses_first",
    ),
    Mutation(
        71,
        "core/lifetimes.py",
        "if ts_venue_ns <= known.ts_venue_ns:\n        return\n    if other",
        "if False:\n        return\n    if other",
        "test_given_the_report_comes_first_then_the_fill_is_not_counted_again",
    ),
    Mutation(
        72,
        "core/exits.py",
        "turn.intend(CancelEntry(entry.order, entry.venue_order_id))",
        "pass",
        "test_given_the_stop_fires_while_the_entry_fills_then_the_rest_is_taken_back",
    ),
    Mutation(
        72,
        "core/exits.py",
        "take_over(turn, after, why, may",
        "(lambda *_, **__: None)(turn, after, why, may",
        "test_given_the_legs_expire_with_the_day_then_ours_are_armed_in_that_turn",
    ),
    Mutation(
        119,
        "core/entries.py",
        '_doubt(turn, entry, "the daemon stopped before the answer")',
        "turn.intend(SendEntry(entry.order))",
        "test_given_a_crash_after_it_was_sent_then_in_doubt_and_not_sent_again",
    ),
    Mutation(
        100,
        "core/entries.py",
        "    if known is not None:\n        turn.reply",
        "    if False:\n        turn.reply",
        "test_given_the_same_id_again_then_nothing_is_sent_twice",
    ),
    Mutation(
        120,
        "core/entries.py",
        "    if is_too_late(entry, turn.now_ns):\n        lapse",
        "    if False:\n        lapse",
        "test_given_a_slot_that_comes_too_late_then_not_sent",
    ),
    Mutation(
        79,
        "core/entries.py",
        "    if held == ZERO:",
        "    if True:",
        "test_given_the_other_side_is_held_then_an_entry_is_refused",
    ),
    Mutation(
        79,
        "runtime/signals/deciding.py",
        "is_close = held > ZERO",
        "is_close = False",
        "test_given_the_other_side_is_held_then_reduced_and_never_reversed",
    ),
    Mutation(
        79,
        "runtime/signals/deciding.py",
        "if quantity is None or quantity >= held:",
        "if quantity is None:",
        "test_given_the_other_side_is_held_then_reduced_and_never_reversed",
    ),
    Mutation(
        79,
        "runtime/signals/deciding.py",
        'if "open" not in route.allow:',
        "if False:",
        "test_given_a_route_that_only_closes_then_opening_is_refused_with_the_key",
    ),
    Mutation(
        113,
        "runtime/entries.py",
        "is_again=True)",
        "is_again=False)",
        "test_given_a_copy_is_refused_then_that_says_nothing_about_the_first",
    ),
    Mutation(
        113,
        "runtime/proofs.py",
        "if not self._venue.capabilities.reduce_only:\n            read_ns",
        "if False:\n            read_ns",
        "test_given_no_reduce_only_when_the_position_cannot_be_read_then_it_waits",
    ),
)
