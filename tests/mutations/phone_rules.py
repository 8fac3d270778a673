"""Money rules of a phone's token: it takes no protection away."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        146,
        "runtime/control/phones.py",
        "if by.is_phone and not may_pause(definition):",
        "if False:",
        "test_given_a_phone_when_it_pauses_anything_else_then_refused_and_still_armed",
    ),
    Mutation(
        146,
        "runtime/control/phones.py",
        "return closes and at_level and not definition.is_stop",
        "return closes and at_level",
        "test_given_a_phone_when_it_pauses_anything_else_then_refused_and_still_armed",
    ),
    Mutation(
        146,
        "api/permits.py",
        "PHONE in token.scopes and _is_for_phone(scope)",
        "PHONE in token.scopes",
        "test_given_a_phone_when_it_asks_for_any_other_change_then_refused",
    ),
)
