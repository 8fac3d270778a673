"""Money rules of a broker that has no reduce-only and takes a client id once."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        91,
        "adapters/alpaca/closes.py",
        '        "position_intent": _INTENTS[order.side],\n',
        "",
        "test_b091_given_a_close_when_written_then_its_intent_is_to_close",
    ),
    Mutation(
        88,
        "adapters/alpaca/placing.py",
        "        if not different:\n",
        "        if True:\n",
        "test_b088_given_another_order_of_our_id_when_refused_then_no_success",
        "test_b088_given_an_old_order_of_our_id_when_refused_then_no_success",
    ),
    Mutation(
        89,
        "adapters/alpaca/placing.py",
        "    if not is_again:\n        return refusal\n",
        "    return refusal\n",
        "test_b089_given_a_second_copy_that_is_refused_then_the_first_is_in_doubt",
    ),
    Mutation(
        89,
        "adapters/alpaca/placing.py",
        "    if session.venue_clock.now_ns() > prepared.expires_venue_ns:\n",
        "    if False:\n",
        "test_b089_given_an_unanswered_close_when_too_old_then_not_sent_again",
    ),
)
