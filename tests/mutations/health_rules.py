"""Money rules of venues that fail, and of clocks that run away."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        92,
        "runtime/breaker.py",
        "        if not self.is_open:\n            return 0\n",
        "        return 0\n",
        "test_b092_given_a_maintenance_then_sending_pauses_and_every_hit_is_kept",
    ),
    Mutation(
        92,
        "runtime/breaker.py",
        "self._failures, self._is_trying = 0, False\n",
        "return\n",
        "test_b092_given_a_maintenance_then_sending_pauses_and_every_hit_is_kept",
    ),
    Mutation(
        92,
        "runtime/dispatch.py",
        "            self._breaker.given_up()\n            # At a stop",
        "            # At a stop",
        "test_b092_given_the_one_that_is_tried_is_broken_off_then_others_still_go",
    ),
    Mutation(
        92,
        "runtime/dispatch.py",
        "            self._breaker.given_up()\n            self._sending.end(key)\n",
        "            self._sending.end(key)\n",
        "test_b092_given_the_one_that_is_tried_is_not_sent_after_all_then_others_go",
    ),
    Mutation(
        99,
        "runtime/dispatch.py",
        "and not self._time.is_being_cured",
        "",
        "test_b099_given_a_clock_that_ran_away_then_the_next_attempt_goes_by_it",
    ),
    Mutation(
        99,
        "runtime/venue_time.py",
        "longest_s = _CURE_S if self.is_measured else _UNMEASURED_S",
        "longest_s = 60.0",
        "test_b099_given_no_answer_about_the_clock_then_a_second_is_waited",
    ),
    Mutation(
        99,
        "runtime/venue_time.py",
        "longest_s = _CURE_S if self.is_measured else _UNMEASURED_S",
        "longest_s = _CURE_S",
        "test_b099_given_a_clock_never_measured_then_it_is_before_the_next_is_signed",
    ),
    Mutation(
        92,
        "core/book_states.py",
        "if not instrument.is_cached and now_ns - read_ns <= BELIEVED_NS:",
        "if now_ns - read_ns <= BELIEVED_NS:",
        "test_b092_given_a_cached_closed_book_that_is_open_then_a_stop_goes_at_once",
    ),
    Mutation(
        92,
        "core/book_states.py",
        "if not instrument.is_cached and now_ns - read_ns <= BELIEVED_NS:",
        "if not instrument.is_cached:",
        "test_b092_given_a_list_that_is_a_minute_old_then_its_closed_book_is_tried",
    ),
    Mutation(
        92,
        "runtime/breaker.py",
        "        self._is_told = True\n        self._open(why)\n",
        "",
        "test_b092_given_a_venue_in_maintenance_then_one_close_at_a_time_and_told",
    ),
)
