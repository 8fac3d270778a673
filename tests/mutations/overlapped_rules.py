"""Rules of closes that leave while they are written down, and of the barrier."""

from mutations.mutation import Mutation

MUTATIONS = (
    # what leaves before its commit
    Mutation(
        87,
        "core/client_ids.py",
        "if definition.account not in turn.state.overlapped:",
        "if False:",
        "test_given_strict_when_armed_then_no_id_is_reserved",
    ),
    Mutation(
        87,
        "core/first_ids.py",
        "if fired.attempts or _is_spent(state, record):",
        "if _is_spent(state, record):",
        "test_given_the_first_close_is_over_then_the_next_is_strict_and_by_another_id",
    ),
    Mutation(
        87,
        "runtime/loop.py",
        "return is_well and is_idle and seq <= self._seq_submitted",
        "return is_well and is_idle",
        "test_b087_given_it_fires_as_it_is_armed_then_its_id_is_written_first",
    ),
    Mutation(
        87,
        "runtime/loop.py",
        "is_idle = self._deferred is None and not self.store.backlog",
        "is_idle = True",
        "test_b087_given_something_unwritten_when_hit_then_it_waits_for_the_disk",
    ),
    Mutation(
        87,
        "runtime/dispatch.py",
        "intent.seq and self._time.is_measured and",
        "intent.seq and",
        "test_b087_given_a_clock_that_nobody_has_measured_then_it_is_strict",
    ),
    # after a stop that was not clean
    Mutation(
        111,
        "core/firing.py",
        "if is_barred(state, role.key):",
        "if False:",
        "test_b111_given_a_stop_before_the_commit_then_the_next_close_waits",
    ),
    Mutation(
        64,
        "core/firing.py",
        "            _go_first(turn, close, role.key)\n        hold(",
        "            pass\n        hold(",
        "test_b064_given_a_slice_rests_behind_the_barrier_when_a_stop_hits_then_taken_back",
    ),
    Mutation(
        111,
        "core/barrier.py",
        "or searched.resting_venue_ns <= since_ns + barrier.window_ns",
        "or False",
        "test_b111_given_reads_that_are_too_early_then_it_waits_on",
    ),
    Mutation(
        111,
        "core/barrier.py",
        "<= searched.resting_venue_ns + capabilities.lag_slack_ns",
        "<= searched.resting_venue_ns",
        "test_b111_given_reads_that_are_too_early_then_it_waits_on",
    ),
    Mutation(
        111,
        "core/first_ids.py",
        "return barred is not None and record.first_id in barred.ids",
        "return False",
        "test_b111_given_nothing_is_found_late_enough_then_it_goes_by_another_id",
    ),
    Mutation(
        119,
        "core/evidence.py",
        "    barrier.adopt(turn, report)\n",
        "",
        "test_b119_given_the_close_is_found_then_it_is_that_of_its_trigger",
    ),
    Mutation(
        111,
        "core/standby.py",
        "    barrier.spend_all(turn, account)\n",
        "",
        "test_given_a_takeover_then_no_id_of_before_is_used_any_more",
    ),
    # one close at a time
    Mutation(
        90,
        "core/firing.py",
        "if waits_for_itself(turn, record, role.key, fired):",
        "if False:",
        "test_b090_given_a_refused_close_that_works_after_all_then_none_beside_it",
    ),
    Mutation(
        119,
        "core/barrier.py",
        "    for position in (before, state.position(key)):\n",
        "    for position in (state.position(key),):\n",
        "test_b119_given_another_position_by_then_then_by_the_entry_of_the_one_it_closed",
    ),
    Mutation(
        119,
        "core/barrier.py",
        "position is not None and position.lifetime == barred.lifetime:",
        "position is not None:",
        "test_b119_given_nobody_knows_the_position_that_it_closed_then_no_profit_is_told",
    ),
)
