"""Money rules of alerts: sides, costs, rounding, and prices that contradict."""

from __future__ import annotations

from mutations.mutation import Mutation

# No behaviour of the table is about alerts as such; 150 is the last of it.
ALERTS = 151

MUTATIONS = (
    Mutation(
        ALERTS,
        "signals/model.py",
        "return OrderSide.BUY if self is Direction.LONG else OrderSide.SELL",
        "return OrderSide.SELL if self is Direction.LONG else OrderSide.BUY",
        "test_given_an_example_when_previewed_then_as_the_reference_says",
    ),
    Mutation(
        ALERTS,
        "signals/normalising.py",
        '"exitlong": PositionIntent.SELL_TO_CLOSE',
        '"exitlong": PositionIntent.SELL_TO_OPEN',
        "test_given_the_dialect_after_then_direction_and_intent",
    ),
    Mutation(
        ALERTS,
        "signals/normalising.py",
        "if not _SECRET.search(key)",
        "if key",
        "test_given_a_secret_anywhere_then_it_is_in_no_signal",
    ),
    Mutation(
        ALERTS,
        "signals/analysing.py",
        "return _plain(more if direction is Direction.LONG else -more)",
        "return _plain(more)",
        "test_given_a_fill_then_adverse_is_above_zero_on_either_side",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/rounding.py",
        "{OrderSide.BUY: ROUND_FLOOR, OrderSide.SELL: ROUND_CEILING}",
        "{OrderSide.BUY: ROUND_CEILING, OrderSide.SELL: ROUND_FLOOR}",
        "test_given_a_limit_then_a_buy_rounds_down_and_a_sale_up",
        "test_given_any_prices_then_no_limit_is_worse_and_nothing_moves_by_a_step",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/rounding.py",
        "close = _LIMIT[opposite(ticket.side)]",
        "close = _LIMIT[ticket.side]",
        "test_given_exits_then_they_round_as_orders_of_the_other_side",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/rounding.py",
        "return max(trigger, limit) if is_sale else min(trigger, limit)",
        "return trigger",
        "test_given_a_limit_pushed_beyond_its_trigger_then_the_trigger_follows",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/rounding.py",
        "why = (*_vanished(found), *_contradictions(ticket, found))",
        "why = _vanished(found)",
        "test_given_prices_that_meet_when_rounded_then_refused_by_name",
    ),
    Mutation(
        ALERTS,
        "signals/rules.py",
        "direction is Direction.LONG and stop >= limit",
        "direction is Direction.LONG and stop > limit",
        "test_given_an_example_when_previewed_then_as_the_reference_says",
    ),
    Mutation(
        ALERTS,
        "signals/rules.py",
        "direction is Direction.SHORT and stop <= limit",
        "direction is Direction.SHORT and stop >= limit",
        "test_given_an_alert_that_breaks_a_rule_then_its_sentence_and_a_remedy",
    ),
    Mutation(
        ALERTS,
        "signals/tickets.py",
        "stop_price=signal.stop_price if has_stop else None,",
        "stop_price=signal.stop_price,",
        "test_given_prices_that_a_type_has_no_use_for_then_they_are_not_sent",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/alpaca.py",
        "if ticket.order not in (TicketType.MARKET, TicketType.LIMIT):",
        "if False:",
        "test_given_exits_that_alpaca_cannot_hold_then_deferred_and_the_entry_is_simple",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/alpaca.py",
        "if ticket.notional is not None or is_fractional(ticket):",
        "if False:",
        "test_given_exits_that_alpaca_cannot_hold_then_deferred_and_the_entry_is_simple",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/schwab.py",
        'return "SELL_SHORT" if opens else "SELL"',
        'return "SELL" if opens else "SELL_SHORT"',
        "test_given_an_intent_then_schwab_has_it_in_the_instruction",
    ),
    Mutation(
        ALERTS,
        "signals/platforms/interactive_brokers.py",
        'children[-1]["transmit"] = True',
        'children[0]["transmit"] = True',
        "test_given_an_example_when_previewed_then_as_the_reference_says",
    ),
)
