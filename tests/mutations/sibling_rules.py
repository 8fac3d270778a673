"""Money rules of the exits of one position: what one of them does to the others."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        62,
        "core/lifetimes.py",
        "if definition.template and not definition.once:",
        "if True:",
        "test_b062_given_take_profit_fills_whole_then_the_stop_is_retired",
    ),
    Mutation(
        63,
        "core/lifetimes.py",
        "sized(known, report.quantity, entered),",
        "sized(known, max(report.quantity, known.quantity), entered),",
        "test_b063_given_take_profit_fills_4_of_10_then_the_stop_covers_6",
    ),
    Mutation(
        66,
        "core/position.py",
        "return self.live + self.filled_in_lifetime + self.unexplained",
        "return self.live",
        "test_b066_given_a_ladder_then_the_stop_covers_what_is_left_and_the_last_all",
    ),
    Mutation(
        66,
        "core/sizing.py",
        "        quantity = most\n    elif",
        "        pass\n    elif",
        "test_b066_given_a_ladder_then_the_stop_covers_what_is_left_and_the_last_all",
    ),
    Mutation(
        67,
        "core/position.py",
        "return self.live + self.filled_in_lifetime + self.unexplained",
        "return self.live + self.filled_in_lifetime",
        "test_b067_given_a_gap_over_two_targets_then_both_close_and_the_stop_covers_4",
    ),
    Mutation(
        70,
        "core/commands.py",
        "        finish(\n            turn,\n            record,",
        "        for each in turn.state.triggers_on(record.definition.key): finish(\n"
        "            turn,\n            each,",
        "test_b070_given_the_target_is_cancelled_then_the_stop_stays",
    ),
    Mutation(
        73,
        "core/resting.py",
        "finish(turn, record, cause, reason, FactKind.TRIGGER_EXPIRED)",
        "for each in turn.state.triggers_on(record.definition.key): "
        "finish(turn, each, cause, reason, FactKind.TRIGGER_EXPIRED)",
        "test_b073_given_one_leg_expires_then_the_other_stays",
    ),
    Mutation(
        75,
        "core/firing.py",
        "    wanted = position.live\n",
        "    wanted = position.initial\n",
        "test_b075_given_a_whole_stop_when_the_position_grows_then_closes_all",
    ),
)
