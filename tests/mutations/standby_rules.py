"""Money rules of two daemons with one past."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        107,
        "core/siblings.py",
        "sibling.number <= counter",
        "sibling.number < 0",
        "test_b107_given_two_on_one_key_then_the_one_that_took_over_stands_down",
    ),
    Mutation(
        107,
        "core/standby.py",
        "IDS_LEFT = 1 << 16",
        "IDS_LEFT = 0",
        "test_b107_given_two_on_one_key_then_the_one_that_took_over_stands_down",
    ),
    Mutation(
        107,
        "runtime/dispatch.py",
        "return self._is_open and not self._gate.is_shut",
        "return self._is_open",
        "test_b107_given_an_account_that_stands_by_then_nothing_is_written",
    ),
    Mutation(
        107,
        "runtime/gate.py",
        "self._put_off[type(intent), _about(intent)] = intent\n        return True",
        "return False",
        "test_b107_given_an_account_that_stands_by_then_nothing_is_written",
    ),
    Mutation(
        107,
        "runtime/takeover.py",
        "closed=found.closed,",
        "closed=(),",
        "test_b107_given_it_fired_after_the_copy_then_nothing_is_doubled",
    ),
)
