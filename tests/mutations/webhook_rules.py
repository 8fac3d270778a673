"""Money rules of alerts: who may send them, and that each is carried out once."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        92,
        "core/settling.py",
        "return close.asked.is_once or",
        "return False and",
        "test_given_at_once_when_nothing_fills_then_over_and_not_sent_again",
        "test_given_at_once_when_a_part_fills_then_the_rest_stays_held",
    ),
    Mutation(
        92,
        "core/patience.py",
        "ends.append(close.asked.until_ns)",
        "pass",
        "test_given_for_the_day_when_it_ends_then_taken_back_and_over",
    ),
    Mutation(
        117,
        "runtime/signals/lateness.py",
        "if age_ns > route.close_age:",
        "if False:",
        "test_given_a_close_beyond_its_age_then_refused_with_the_key",
    ),
    Mutation(
        117,
        "runtime/signals/lateness.py",
        "if position.ts_opened_ns <= record.ts_received_ns + SEEN_LATE_NS:",
        "if True:",
        "test_given_another_position_by_now_when_a_close_is_carried_out_then_refused",
    ),
    Mutation(
        117,
        "api/webhook/ages.py",
        "if age_ns < -max(max_age_ns, AHEAD_NS):",
        "if False:",
        "test_given_a_route_with_a_max_age_then_timenow_is_needed_and_looked_at",
    ),
    Mutation(
        143,
        "api/webhook/routes.py",
        "return route if is_right else None",
        "return route",
        "test_given_a_wrong_key_and_an_unknown_route_then_the_same_answer",
    ),
    Mutation(
        143,
        "api/senders.py",
        "while address is not None and _is_in(address, self._trusted):",
        "while address is not None and hops[-1]:",
        "test_given_a_peer_and_a_header_then_the_nearest_that_nobody_trusts",
    ),
    Mutation(
        22,
        "runtime/signals/inbox.py",
        "if earlier is not None:",
        "if False:",
        "test_given_the_same_client_order_id_within_the_horizon_then_a_duplicate",
        "test_given_the_same_body_when_within_the_window_then_a_duplicate",
        "test_b111_given_a_start_after_a_kill_then_repetitions_are_still_known",
    ),
    Mutation(
        22,
        "runtime/signals/seen.py",
        "if oldest.ts_last_ns > before_ns or oldest.is_under_way:",
        "if oldest.ts_last_ns > before_ns:",
        "test_given_a_commit_that_hangs_beyond_the_window_then_still_the_same_alert",
    ),
    Mutation(
        22,
        "adapters/sqlite/writer.py",
        "(withdrawn if entry.batch.is_withdrawn else group).append(entry)",
        "group.append(entry)",
        "test_given_a_batch_that_was_withdrawn_then_it_is_never_written",
    ),
    Mutation(
        87,
        "runtime/signals/inbox.py",
        "        await self._settle(arrival)\n        return Taken(record=arrival",
        "        return Taken(record=arrival",
        "test_given_an_alert_when_not_on_disk_yet_then_neither_answered_nor_traded",
        "test_given_an_answer_then_the_alert_was_on_disk_before",
    ),
    Mutation(
        111,
        "runtime/signals/inbox.py",
        "            if record.state is SignalState.ACCEPTED:\n",
        "            if False:\n",
        "test_b111_given_killed_before_it_is_carried_out_then_done_after_the_start",
    ),
    Mutation(
        111,
        "runtime/signals/lanes.py",
        "        if lane in self._lanes:\n",
        "        if False:\n",
        "test_given_alerts_for_one_ticker_then_one_after_another_in_order",
    ),
    Mutation(
        111,
        "runtime/signals/inbox.py",
        "self._lanes.add(lane, record, is_new=False)",
        "self._lanes.add(lane, record, is_new=True)",
        "test_b111_given_killed_before_it_is_carried_out_then_done_after_the_start",
    ),
    Mutation(
        111,
        "runtime/signals/lanes.py",
        "                is_first = False\n",
        "",
        "test_given_a_venue_that_fails_then_tried_again_and_told_once",
    ),
    Mutation(
        151,
        "runtime/signals/carrying.py",
        "        self._orders.add(record)\n        done = record\n",
        "        done = record\n",
        "test_given_many_tickers_at_once_then_no_more_than_the_orders_of_a_day",
    ),
)
