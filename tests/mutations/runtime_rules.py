"""Money rules in what carries it out: the runtime and the adapter."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        31,
        "runtime/loop.py",
        "self.store.health is not StoreHealth.WRITABLE:",
        "False:",
        "test_b031_given_a_full_disk_when_armed_then_refused_and_not_live",
    ),
    Mutation(
        31,
        "runtime/loop.py",
        "self.engine.state.idempotency.pop(command.idempotency_key, None)",
        "pass",
        "test_b031_given_the_disk_fills_in_the_commit_then_not_live_and_may_be_asked",
    ),
    Mutation(
        80,
        "runtime/reconcile.py",
        "if key in unwatched:",
        "if False:",
        "test_b080_given_reopened_while_the_stream_was_lost_then_another_lifetime",
    ),
    Mutation(
        83,
        "runtime/dispatch.py",
        "return state.position(record.definition.key).proven",
        "return True",
        "test_b083_given_an_unproven_position_then_asked_first_and_its_answer_used",
    ),
    Mutation(
        87,
        "runtime/dispatch.py",
        "self._loop.when_durable(lambda: self._launch(intent, prepared))",
        "self._launch(intent, prepared)",
        "test_b087_given_a_commit_under_way_when_hit_then_nothing_leaves_before_it",
    ),
    Mutation(
        88,
        "runtime/inquiry.py",
        "*await self._venue.orders_since(since_ns, symbol),",
        "",
        "test_b088_given_a_lost_reply_then_found_by_its_id_and_no_second_order",
    ),
    Mutation(
        93,
        "runtime/dispatch.py",
        "heappush(self._queue, (request.priority, self._seq, request))",
        "heappush(self._queue, (Priority.STOP, self._seq, request))",
        "test_b093_given_a_short_budget_when_all_fire_then_the_stops_go_first",
    ),
    Mutation(
        93,
        "runtime/budget.py",
        "room_ns -= self._reserve_ns",
        "pass",
        "test_given_queries_without_end_then_a_stop_has_its_share",
    ),
    Mutation(
        98,
        "runtime/dispatch.py",
        "self._budget.pause(now_ns + _UNAUTHORIZED_PAUSE_NS)",
        "pass",
        "test_b098_given_401_when_sent_then_no_hammering_and_prices_are_judged",
    ),
    Mutation(
        102,
        "adapters/backpack/closes.py",
        ('"quantity": text(order.quantity),\n        "reduceOnly": True,'),
        ('"quantity": text(order.quantity),\n        "reduceOnly": False,'),
        "test_b012_given_any_close_when_written_then_reduce_only_and_exact",
    ),
    Mutation(
        108,
        "runtime/dispatch.py",
        (
            '"""Open no more slots; what is in flight goes on."""\n'
            "        self.is_open = False"
        ),
        '"""Open no more slots; what is in flight goes on."""',
        "test_b108_given_a_send_in_flight_when_drained_then_waits_and_opens_no_more",
    ),
    Mutation(
        117,
        "runtime/reconcile.py",
        "open_now.setdefault(key, _flat(key, asked_ns, loop.clock.now_ns()))",
        "pass",
        "test_b117_given_closed_while_down_when_restarted_then_retired_first",
    ),
    Mutation(
        119,
        "runtime/accounts.py",
        "await audit_tag(self._loop, self._paced, since_ns)",
        "pass",
        "test_given_a_higher_counter_at_the_venue_then_passed_over_and_told",
    ),
    Mutation(
        123,
        "runtime/steady.py",
        "return self._base_ns + self._clock.monotonic_ns()",
        "return self._clock.now_ns()",
        "test_b123_given_a_wall_clock_that_steps_back_then_ours_does_not",
    ),
    Mutation(
        124,
        "runtime/freshness.py",
        "if quiet_ns > max_age_ns:",
        "if False:",
        "test_b124_given_no_price_for_too_long_then_stale_and_told_for_it_only",
        "test_b126_given_a_subscription_without_answer_then_connected_again",
    ),
    Mutation(
        89,
        "runtime/inquiry.py",
        "return history_ns >= missing_ns + self._venue.capabilities.lag_slack_ns",
        "return True",
        "test_b089_given_it_leaves_the_book_before_the_clean_read_then_no_second_one",
    ),
    Mutation(
        111,
        "runtime/unwritten.py",
        "self.is_durable: bool | None = None",
        "self.is_durable: bool | None = True",
        "test_b111_given_killed_before_any_commit_then_what_was_told_is_not_lost",
    ),
    Mutation(
        121,
        "runtime/unwritten.py",
        "while self._queue and self._queue[0].due_s <= now_s:",
        "while False:",
        "test_b121_given_a_full_disk_when_hit_then_told_in_time_as_not_durable",
    ),
    Mutation(
        88,
        "runtime/reconcile.py",
        "for a in missing) - LOOK_BACK_NS",
        "for a in missing)",
        "test_b088_given_an_order_dated_before_its_signature_then_its_fill_is_found",
    ),
    Mutation(
        123,
        "adapters/network/venue_clock.py",
        "self._hint_ns = newest_ns if is_wrong else None",
        "self._hint_ns = None",
        "test_b123_given_no_measurement_and_a_clock_far_ahead_then_prices_tell_the_time",
        "test_b123_given_no_answer_about_the_time_when_prices_come_then_they_tell_it",
    ),
)
