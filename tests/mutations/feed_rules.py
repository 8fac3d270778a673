"""Money rules of prices: feeds that fall silent, come back, or lose a close."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        21,
        "core/checks.py",
        "is_unjudged = waits_for_price(definition) and price is None",
        "is_unjudged = False",
        "test_b021_given_the_known_price_is_old_when_wait_then_a_fresh_one_must_be_right",
    ),
    Mutation(
        125,
        "runtime/prices.py",
        "is_mute = self._freshness.is_mute(now_ns, max_age_ns)",
        "is_mute = False",
        "test_b125_given_one_symbol_is_silent_then_found_and_subscribed_again",
    ),
    Mutation(
        126,
        "runtime/freshness.py",
        "found.reason == _SILENT and",
        "found.reason == _SILENT and found.age_ns is not None and",
        "test_b126_given_a_subscription_without_answer_then_connected_again",
    ),
    Mutation(
        126,
        "runtime/prices.py",
        "if is_mute and now_ns - self._ts_resubscribed_ns > _RESUBSCRIBE_EVERY_NS:",
        "if is_mute:",
        "test_b126_given_a_subscription_without_answer_then_connected_again",
    ),
    Mutation(
        127,
        "runtime/supervise.py",
        "await asyncio.sleep(next(pauses))",
        "return",
        "test_b127_given_a_reconnect_then_its_first_price_is_judged_at_once",
    ),
    Mutation(
        127,
        "runtime/supervise.py",
        "if was_up():",
        "if False:",
        "test_given_a_long_outage_then_the_waits_grow_and_start_over_after_it",
    ),
    Mutation(
        129,
        "core/engine.py",
        "if ts_venue_ns <= book.ts_venue_ns and (",
        "if ts_venue_ns < book.ts_venue_ns + 5_000_000 and (",
        "test_b129_given_a_burst_of_ticks_then_no_crossing_is_lost",
    ),
    Mutation(
        130,
        "runtime/freshness.py",
        "self.stale.pop(source, None)",
        "pass",
        "test_b130_given_stale_when_prices_come_back_then_cleared_by_itself",
    ),
    Mutation(
        135,
        "adapters/prices/bars.py",
        "if not is_closed:",
        "if False:",
        "test_b135_given_closed_candles_when_read_then_only_the_close_once",
    ),
    Mutation(
        136,
        "adapters/prices/candle_close.py",
        "now_ns < self._expected_ns + GRACE_NS:",
        "True:",
        "test_b136_given_no_close_when_grace_has_passed_then_missed_and_asked_slowly",
        "test_b136_given_a_lost_close_event_when_overdue_then_fetched_and_told_once",
    ),
    Mutation(
        136,
        "adapters/prices/candle_close.py",
        "if end_ns <= self.told_ns:",
        "if False:",
        "test_b136_given_a_fetched_close_when_the_stream_tells_it_late_then_not_again",
    ),
)
