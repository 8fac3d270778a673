"""Money rules of brokers that know no reduce-only."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        3,
        "adapters/schwab/instructions.py",
        'CLOSING = MappingProxyType({OrderSide.SELL: "SELL",',
        'CLOSING = MappingProxyType({OrderSide.SELL: "SELL_SHORT",',
        "test_given_a_close_when_sent_then_its_instruction_cannot_open",
        "test_given_a_position_gone_meanwhile_when_closed_then_nothing_is_opened",
    ),
    Mutation(
        79,
        "adapters/polling/net.py",
        "    if order.quantity <= room:\n        return None\n",
        "    return None\n",
        "test_given_a_close_larger_than_the_position_when_sent_then_nothing_leaves",
    ),
    Mutation(
        88,
        "adapters/schwab/recognising.py",
        "if len(found) == 1 and len(rivals) == 1:",
        "if found:",
        "test_given_an_order_by_hand_of_the_same_terms_then_it_stays_in_doubt",
    ),
    Mutation(
        88,
        "adapters/interactive_brokers/venue.py",
        "            if found is not None:\n                return found\n",
        "",
        "test_given_a_close_in_doubt_when_sent_again_then_it_is_there_once",
    ),
    Mutation(
        102,
        "adapters/interactive_brokers/questions.py",
        "return bool(ids) and all(one in allowed for one in ids)",
        "return True",
        "test_given_a_question_off_the_list_when_sent_then_declined_and_told",
    ),
)
