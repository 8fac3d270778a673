"""Money rules of absolute bounds: never worse, and out as soon as they can be met."""

from __future__ import annotations

from mutations.mutation import Mutation

_ANY = "test_b096_given_any_prices_then_it_goes_out_exactly_when_it_may"

MUTATIONS = (
    Mutation(
        26,
        "core/sizing.py",
        "quantity == most and _is_stuck(room.closable - most, room):",
        "False:",
        "test_b026_given_a_quote_off_the_step_then_what_may_not_stay_goes_with_all",
    ),
    Mutation(
        26,
        "core/sizing.py",
        "return not room.is_shared and ZERO < left < room.instrument.min_left",
        "return ZERO < left < room.instrument.min_left",
        "test_b026_given_a_quote_off_the_step_when_others_close_of_it_then_on_the_step",
    ),
    Mutation(
        96,
        "core/reach.py",
        "if price is None or not meets(side, bound, price):",
        "if price is None:",
        "test_b096_given_a_gap_beyond_the_bound_then_firing_until_the_price_comes_back",
        _ANY,
    ),
    Mutation(
        96,
        "core/reach.py",
        "if level is not None and not is_beyond(way, level, price):",
        "if False:",
        "test_b096_given_it_expires_and_the_price_came_back_then_not_before_it_crosses",
        _ANY,
    ),
    Mutation(
        96,
        "core/bounds.py",
        "book.wake(record.id, Wake.BOUND, at, way, record.seq)",
        "pass",
        "test_b096_given_a_gap_beyond_the_bound_then_firing_until_the_price_comes_back",
        _ANY,
    ),
    Mutation(
        96,
        "core/reach.py",
        "OrderSide.SELL: Direction.RISING, OrderSide.BUY: Direction.FALLING",
        "OrderSide.SELL: Direction.FALLING, OrderSide.BUY: Direction.RISING",
        "test_b096_given_a_bound_that_cannot_be_met_then_no_price_but_it_asks_for_a_slot",
    ),
    Mutation(
        96,
        "core/bounds.py",
        "if not fired.is_bound_told:",
        "if True:",
        "test_b096_given_the_bound_cannot_be_met_then_somebody_is_told_once",
    ),
    Mutation(
        96,
        "core/sizing.py",
        "return OrderType.LIMIT, bound_on_step(close.bound, side, step)",
        "return OrderType.MARKET, None",
        "test_b096_given_a_bound_that_is_met_then_a_limit_at_it_that_does_not_rest",
    ),
    Mutation(
        96,
        "core/sizing.py",
        "(ceil_to_step if side is OrderSide.SELL else floor_to_step)(bound, step)",
        "floor_to_step(bound, step)",
        "test_b096_given_a_bound_off_the_step_then_rounded_to_a_better_price",
    ),
    Mutation(
        96,
        "core/trigger.py",
        "return self.is_hard or self.bound is not None",
        "return self.is_hard",
        "test_b096_given_a_bounded_limit_close_is_cancelled_then_it_does_not_escalate",
    ),
    Mutation(
        96,
        "core/timers.py",
        "if is_waiting(record, fired):",
        "if False:",
        "test_b096_given_a_stop_that_can_never_fill_then_it_only_ever_waits",
    ),
    Mutation(
        96,
        "core/timers.py",
        "        if is_waiting(record, fired):\n            _ask",
        "        if False:\n            _ask",
        "test_b096_given_a_target_with_a_farther_bound_then_it_goes_there",
    ),
    Mutation(
        111,
        "core/ending.py",
        "if close is not None and close.bound is not None:",
        "if False:",
        "test_given_it_is_given_up_while_it_waits_then_no_price_wakes_it",
    ),
    # one set in the place of another
    Mutation(
        143,
        "core/replacing.py",
        "draft.give_up(record.id)",
        "pass",
        "test_b143_given_the_same_again_then_it_is_no_twin_of_what_it_replaces",
    ),
    Mutation(
        143,
        "core/replacing.py",
        "if state.open_attempt_of(state.fires[trigger_id]) is None:",
        "if True:",
        "test_b143_given_a_close_is_at_the_venue_then_it_cannot_be_replaced",
    ),
    Mutation(
        143,
        "core/replacing.py",
        "_take_away(turn, record, command.by)",
        "pass",
        "test_b143_given_a_stop_when_replaced_then_the_new_level_fires_and_the_old_not",
    ),
    Mutation(
        64,
        "core/reach.py",
        "return awaited_price(definition, fired, close.bound, price) is not None",
        "return False",
        "test_b064_given_a_bounded_stop_when_it_cannot_go_out_then_it_holds_up_no_target",
    ),
    Mutation(
        64,
        "core/bounds.py",
        "    let_pass(turn, key)\n",
        "",
        "test_b064_given_a_target_waits_when_a_bounded_stop_leaves_its_reach_then_it_goes",
    ),
)
