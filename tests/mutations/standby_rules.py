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
        "while self.is_shut:",
        "while False:",
        "test_b107_given_a_cancel_under_way_when_it_stands_down_then_it_waits",
    ),
    Mutation(
        107,
        "runtime/dispatch.py",
        "if self._gate.is_shut:\n            # It stood by",
        "if False:\n            # It stood by",
        "test_b107_given_it_stands_down_between_signature_and_disk_then_not_sent",
    ),
    Mutation(
        107,
        "runtime/standby.py",
        "if self._is_copy or is_elsewhere:",
        "if False:",
        "test_b107_given_a_copy_or_another_home_then_stands_by_over_restarts",
    ),
    Mutation(
        107,
        "runtime/takeover.py",
        "closed=found.closed,",
        "closed=(),",
        "test_b107_given_it_fired_after_the_copy_then_nothing_is_doubled",
    ),
)
