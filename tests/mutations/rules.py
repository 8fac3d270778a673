"""Money rules, each with what takes it out and the tests that must then fail.

`before` is source text that occurs in `file` (below the package); its first
occurrence is replaced. `tests` are names of test functions, wherever they are.
"""

from __future__ import annotations

from msgspec import Struct


class Mutation(Struct, frozen=True):
    """One rule removed or turned around."""

    behaviour: int
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        1,
        "core/book.py",
        "if price <= self.falling_at:",
        "if price < self.falling_at:",
        ("test_b001_given_stop_at_95_when_price_touches_it_then_one_close",),
    ),
    Mutation(
        2,
        "core/book.py",
        "if price >= self.rising_at:",
        "if price > self.rising_at:",
        ("test_b002_given_take_profit_at_110_when_price_touches_it_then_one_close",),
    ),
    Mutation(
        3,
        "core/trigger.py",
        "(ConditionKind.STOP_LOSS, Side.SHORT): Direction.RISING",
        "(ConditionKind.STOP_LOSS, Side.SHORT): Direction.FALLING",
        ("test_b003_given_short_when_mirrored_levels_are_touched_then_it_buys",),
    ),
    Mutation(
        10,
        "core/firing.py",
        "value = counter.counter % _COUNTER_MAX + 1",
        "value = max(counter.counter, 1)",
        ("test_given_attempts_then_client_ids_carry_the_tag_and_count_up",),
    ),
    Mutation(
        10,
        "core/firing.py",
        "value = counter.counter % _COUNTER_MAX + 1",
        "value = (counter.counter + 1) % (_COUNTER_MAX + 1)",
        ("test_given_the_last_counter_then_the_next_is_one_and_never_zero",),
    ),
    Mutation(
        13,
        "core/engine.py",
        "if not price.is_finite() or price <= ZERO:",
        "if False:",
        ("test_b013_given_what_is_no_price_then_ignored_and_counted",),
    ),
    Mutation(
        14,
        "core/engine.py",
        "if ts_venue_ns <= book.ts_venue_ns and (",
        "if False and (",
        ("test_b014_given_an_older_tick_then_nothing",),
    ),
    Mutation(
        19,
        "core/checks.py",
        "if (stop >= target) if is_long else (stop <= target):",
        "if False:",
        ("test_b019_given_stop_beyond_the_take_profit_then_refused",),
    ),
    Mutation(
        20,
        "core/checks.py",
        "if crosses and self._if_crossed is IfCrossed.REFUSE:",
        "if False:",
        ("test_b020_given_level_already_crossed_when_refuse_then_nothing_is_stored",),
    ),
    Mutation(
        20,
        "core/arming.py",
        "if if_crossed is IfCrossed.WAIT and (item.crosses or item.is_unjudged):",
        "if if_crossed is IfCrossed.WAIT and item.crosses:",
        ("test_given_a_new_entry_without_a_known_price_then_it_waits_for_the_first",),
    ),
    Mutation(
        22,
        "core/arming.py",
        "if earlier is not None and earlier.digest == command.digest:",
        "if False:",
        ("test_b022_given_same_key_and_body_twice_then_same_ids_and_one_trigger",),
    ),
    Mutation(
        25,
        "core/sizing.py",
        "quantity = min(floor_to_step(max(wanted, ZERO), step), most)",
        "quantity = min(ceil_to_step(max(wanted, ZERO), step), most)",
        ("test_given_a_share_that_is_off_the_step_then_floored_once_and_done",),
    ),
    Mutation(
        26,
        "core/sizing.py",
        "most = floor_to_step(max(room.closable, ZERO), step)",
        "most = floor_to_step(max(room.closable, ZERO) * 2, step)",
        ("test_b026_given_any_wish_then_never_above_the_closable_and_on_the_step",),
    ),
    Mutation(
        31,
        "runtime/loop.py",
        "if isinstance(command, Arm) and self.store.health is not StoreHealth.WRITABLE:",
        "if False:",
        ("test_b031_given_a_full_disk_when_armed_then_refused_and_not_live",),
    ),
    Mutation(
        31,
        "runtime/loop.py",
        "self.engine.state.idempotency.pop(command.idempotency_key, None)",
        "pass",
        (
            "test_b031_given_the_disk_fills_in_the_commit_then_not_live_and_may_be_asked",
        ),
    ),
    Mutation(
        64,
        "core/firing.py",
        "if role.key in turn.state.stops_firing:",
        "if False:",
        (
            "test_given_a_target_fired_by_hand_while_a_stop_fires_then_held_until_it_is_done",
        ),
    ),
    Mutation(
        64,
        "core/firing.py",
        "if under_way.in_doubt:",
        "if False:",
        ("test_given_one_attempt_in_doubt_then_another_target_waits_for_it",),
    ),
    Mutation(
        64,
        "core/hits.py",
        "cancel_working(turn, role.key)",
        "pass",
        ("test_given_a_limit_close_rests_when_the_stop_hits_then_it_is_cancelled",),
    ),
    Mutation(
        65,
        "core/hits.py",
        "and (key in stops or key in state.stops_firing)",
        "and False",
        (
            "test_b065_given_stop_and_target_met_by_one_tick_then_one_order_and_it_is_the_stop",
        ),
    ),
    Mutation(
        77,
        "core/sizing.py",
        "asked = position.base * quantity.value / HUNDRED",
        "asked = position.live * quantity.value / HUNDRED",
        ("test_b077_given_a_share_then_of_live_plus_what_exits_filled",),
    ),
    Mutation(
        78,
        "core/lifetimes.py",
        (
            "elif record.state is not TriggerState.DONE:\n"
            "            _retire(turn, record)"
        ),
        ("elif False:\n            _retire(turn, record)"),
        ("test_b078_given_closed_by_hand_then_retired_with_a_reason_and_no_order",),
    ),
    Mutation(
        79,
        "core/lifetimes.py",
        ("if report.quantity > ZERO:\n        _close_other_side(turn, report)"),
        ("if False:\n        _close_other_side(turn, report)"),
        ("test_b079_given_flipped_to_short_then_long_triggers_are_retired",),
    ),
    Mutation(
        80,
        "core/resting.py",
        "arming=record.arming + 1,",
        "arming=max(record.arming, 1),",
        ("test_b080_given_a_filled_template_when_reopened_then_armed_anew",),
    ),
    Mutation(
        80,
        "runtime/reconcile.py",
        "if seen is not None and seen.lifetime == state.position(key).lifetime:",
        "if False:",
        ("test_b080_given_reopened_while_the_stream_was_lost_then_another_lifetime",),
    ),
    Mutation(
        81,
        "core/sizing.py",
        "if close_dust and not room.is_shared and",
        "if False and",
        ("test_b081_given_a_rest_below_the_minimum_then_it_is_closed_too",),
    ),
    Mutation(
        83,
        "runtime/dispatch.py",
        "return state.position(record.definition.key).proven",
        "return True",
        ("test_b083_given_an_unproven_position_then_asked_first_and_its_answer_used",),
    ),
    Mutation(
        84,
        "core/refusals.py",
        ("proves_position=True,\n            cancels_ours=True,"),
        "proves_position=True,",
        ("test_b084_given_not_reduced_then_own_resting_closes_are_cancelled_first",),
    ),
    Mutation(
        85,
        "core/lifetimes.py",
        "if capabilities is None or capabilities.hedge_mode:",
        "if capabilities is None:",
        ("test_b085_given_hedge_mode_then_a_long_trigger_never_touches_the_short",),
    ),
    Mutation(
        87,
        "runtime/dispatch.py",
        "self._loop.when_durable(lambda: self._launch(intent, prepared))",
        "self._launch(intent, prepared)",
        ("test_b087_given_a_commit_under_way_when_hit_then_nothing_leaves_before_it",),
    ),
    Mutation(
        88,
        "runtime/inquiry.py",
        "*await self._venue.orders_since(since_ns, symbol),",
        "",
        ("test_b088_given_a_lost_reply_then_found_by_its_id_and_no_second_order",),
    ),
    Mutation(
        89,
        "core/doubt.py",
        "if nothing.read_started_venue_ns < attempt.expires_venue_ns + slack_ns:",
        "if False:",
        ("test_b089_given_a_lost_request_then_the_next_attempt_only_after_its_window",),
    ),
    Mutation(
        89,
        "core/doubt.py",
        "if nothing.read_started_venue_ns < attempt.expires_venue_ns + slack_ns:",
        "if nothing.read_started_venue_ns < attempt.expires_venue_ns:",
        ("test_b089_given_a_lost_request_then_the_next_attempt_only_after_its_window",),
    ),
    Mutation(
        89,
        "core/firing.py",
        ("if state.open_attempt_of(fired) is not None:\n        return"),
        ("if False:\n        return"),
        ("test_b089_given_in_doubt_before_the_crash_then_still_one_attempt",),
    ),
    Mutation(
        90,
        "core/evidence.py",
        "return report.filled > attempt.filled",
        "return True",
        (
            "test_b095_given_a_late_fill_of_the_cancelled_close_then_it_is_counted",
            "test_b090_given_a_late_reply_after_its_fill_was_found_then_counted_once",
        ),
    ),
    Mutation(
        92,
        "core/refusals.py",
        "most_ns=2 * NS_PER_S, escalates=True",
        "most_ns=2 * NS_PER_S, escalates=False",
        ("test_b092_given_a_price_band_refusal_then_a_limit_stop_escalates_to_market",),
    ),
    Mutation(
        93,
        "core/refusals.py",
        "if retry_after_ns is not None:",
        "if False:",
        ("test_b093_given_retry_after_then_honoured_to_the_nanosecond",),
    ),
    Mutation(
        93,
        "runtime/dispatch.py",
        "heappush(self._queue, (request.priority, self._seq, request))",
        "heappush(self._queue, (Priority.STOP, self._seq, request))",
        ("test_b093_given_a_short_budget_when_all_fire_then_the_stops_go_first",),
    ),
    Mutation(
        93,
        "runtime/budget.py",
        "room_ns -= self._reserve_ns",
        "pass",
        ("test_given_queries_without_end_then_a_stop_has_its_share",),
    ),
    Mutation(
        94,
        "core/firing.py",
        "wanted = fired.target - fired.filled",
        "wanted = fired.target",
        (
            "test_b094_given_6_of_10_filled_then_attempt_2_for_4",
            "test_b101_given_a_late_fill_after_it_was_armed_again_then_it_is_counted",
        ),
    ),
    Mutation(
        95,
        "core/evidence.py",
        ("if after.filled > attempt.filled:\n        _count(turn, attempt, after)"),
        ("if False:\n        _count(turn, attempt, after)"),
        ("test_b095_given_a_late_fill_of_the_cancelled_close_then_it_is_counted",),
    ),
    Mutation(
        96,
        "core/sizing.py",
        "may_climb = is_stop and close.order",
        "may_climb = close.order",
        ("test_b096_given_a_close_then_only_a_soft_stop_climbs",),
    ),
    Mutation(
        96,
        "core/sizing.py",
        " and not close.is_hard",
        "",
        ("test_b096_given_a_hard_limit_then_the_bound_is_never_left",),
    ),
    Mutation(
        96,
        "core/sizing.py",
        "return ceil_to_step(reference * (HUNDRED - percent) / HUNDRED, step)",
        "return floor_to_step(reference * (HUNDRED - percent) / HUNDRED, step)",
        ("test_b096_given_a_bound_then_the_price_is_never_beyond_it",),
    ),
    Mutation(
        97,
        "core/firing.py",
        "if watches and price is not None and not is_crossed(definition, price):",
        "if False:",
        (
            "test_b097_given_downtime_then_a_stop_goes_on_and_a_target_only_if_still_beyond",
        ),
    ),
    Mutation(
        98,
        "runtime/dispatch.py",
        "self._budget.pause(now_ns + _UNAUTHORIZED_PAUSE_NS)",
        "pass",
        ("test_b098_given_401_when_sent_then_no_hammering_and_prices_are_judged",),
    ),
    Mutation(
        99,
        "core/refusals.py",
        "syncs_clock=True,",
        "syncs_clock=False,",
        ("test_b099_given_request_expired_then_next_attempt_at_once_with_a_new_id",),
    ),
    Mutation(
        100,
        "core/settling.py",
        ("if _is_shown(turn.state, fired):\n        _conclude"),
        ("if True:\n        _conclude"),
        (
            "test_b100_given_filled_and_the_position_does_not_shrink_then_alert_and_not_done",
        ),
    ),
    Mutation(
        101,
        "core/timers.py",
        ("if turn.state.roles[record.id].is_stop:\n            _stop_over_budget"),
        ("if False:\n            _stop_over_budget"),
        (
            "test_b101_given_a_stop_over_its_budget_then_it_goes_on_with_repeated_alerts",
        ),
    ),
    Mutation(
        101,
        "core/ending.py",
        "arming=record.arming + 1,",
        "arming=record.arming,",
        ("test_b101_given_a_target_over_its_budget_then_armed_again_with_an_alert",),
    ),
    Mutation(
        102,
        "core/evidence.py",
        "if report.reduce_only is not False and has_type:",
        "if True:",
        ("test_b102_given_an_order_that_is_not_as_sent_then_cancelled_and_told",),
    ),
    Mutation(
        102,
        "adapters/backpack/closes.py",
        ('"quantity": text(order.quantity),\n        "reduceOnly": True,'),
        ('"quantity": text(order.quantity),\n        "reduceOnly": False,'),
        ("test_b012_given_any_close_when_written_then_reduce_only_and_exact",),
    ),
    Mutation(
        103,
        "core/resting.py",
        ('"""End a trigger that is not firing."""\n    unrest(turn.state, record)'),
        '"""End a trigger that is not firing."""',
        ("test_b103_given_cancel_before_the_tick_then_it_never_fires",),
    ),
    Mutation(
        104,
        "core/commands.py",
        "if not command.abandon:",
        "if False:",
        ("test_b104_given_cancel_after_the_hit_then_refused_and_no_half_state",),
    ),
    Mutation(
        108,
        "runtime/dispatch.py",
        (
            '"""Open no more slots; what is in flight goes on."""\n'
            "        self.is_open = False"
        ),
        '"""Open no more slots; what is in flight goes on."""',
        ("test_b108_given_a_send_in_flight_when_drained_then_waits_and_opens_no_more",),
    ),
    Mutation(
        110,
        "core/firing.py",
        "closable=position.live - under_way.unresolved,",
        "closable=position.live,",
        (
            "test_b010_given_half_and_whole_stops_in_one_tick_then_the_sum_is_the_position",
        ),
    ),
    Mutation(
        117,
        "runtime/reconcile.py",
        "open_now.setdefault(key, _flat(key, asked_ns, loop.clock.now_ns()))",
        "pass",
        ("test_b117_given_closed_while_down_when_restarted_then_retired_first",),
    ),
    Mutation(
        119,
        "runtime/accounts.py",
        "await audit_tag(self._loop, self._paced, since_ns)",
        "pass",
        ("test_given_a_higher_counter_at_the_venue_then_passed_over_and_told",),
    ),
    Mutation(
        123,
        "runtime/steady.py",
        "return self._base_ns + self._clock.monotonic_ns()",
        "return self._clock.now_ns()",
        ("test_b123_given_a_wall_clock_that_steps_back_then_ours_does_not",),
    ),
    Mutation(
        123,
        "core/engine.py",
        "elif fired.due_ns > now_ns + _LONGEST_WAIT_NS:",
        "elif False:",
        ("test_b123_given_the_clock_set_back_while_down_then_no_close_waits_for_it",),
    ),
    Mutation(
        124,
        "runtime/freshness.py",
        "if quiet_ns > max_age_ns:",
        "if False:",
        (
            "test_b124_given_no_price_for_too_long_then_stale_and_told_for_it_only",
            "test_b126_given_a_subscription_without_answer_then_connected_again",
        ),
    ),
    Mutation(
        139,
        "core/resting.py",
        "now_ns >= expires_ns",
        "now_ns > expires_ns",
        ("test_b139_given_expiry_and_crossing_at_one_instant_then_expiry",),
    ),
    Mutation(
        149,
        "core/evidence.py",
        "if fill.trade_id in trades:",
        "if False:",
        ("test_given_fills_then_kept_once_with_their_fee",),
    ),
)
