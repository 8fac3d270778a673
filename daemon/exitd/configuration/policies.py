"""The policies: what exitd does where careful people could disagree.

One key per row of the table in the documentation. Where a row names one answer
only, the key is there to say it.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.values import (
    DURATION_PATTERN,
    BoundValue,
    DurationValue,
    FactorValue,
    PercentValue,
    read_positive_duration_ns,
    text_schema,
)
from exitd.core.condition import Missed
from exitd.core.inputs import IfCrossed
from exitd.core.policy import Policies as CorePolicies
from exitd.core.units import NS_PER_MS, NS_PER_S, ZERO

_HOLD_MIN_NS, _HOLD_MAX_NS = NS_PER_S, 60 * NS_PER_S


def read_guard_hold(written: object) -> int:
    hold_ns = read_positive_duration_ns(written)
    if not _HOLD_MIN_NS <= hold_ns <= _HOLD_MAX_NS:
        raise ValueError("a price is held back for 1s to 60s")
    return hold_ns


GuardHoldValue = Annotated[
    int,
    PlainValidator(read_guard_hold),
    WithJsonSchema(text_schema(DURATION_PATTERN, "2s")),
]


class Policies(Keys):
    """What happens where careful people could disagree."""

    crossed_at_arm_by_api: Literal["refuse", "fire", "wait"] = described(
        "refuse",
        "A level that is already crossed when the API, the command line or the Rasa "
        "API arms it: refuse it, fire at once, or wait until the price has been on "
        "the right side.",
    )
    crossed_at_arm_by_file: Literal["ask", "wait"] = described(
        "ask",
        "A level in a file that is already crossed: shown by `exitd plan` as `! would "
        "fire now`, and the whole set waits for `exitd apply --yes` (ask); or it is "
        "armed when the price has been on the right side (wait).",
    )
    crossed_at_arm_by_webhook: Literal["fire", "wait", "refuse"] = described(
        "fire",
        "The exits of a webhook entry that are crossed when it has filled: fire at "
        "once, wait until the price has been on the right side, or do not arm them "
        "and tell.",
    )
    crossed_at_new_lifetime: Literal["wait", "fire"] = described(
        "wait",
        "A level already crossed when a new position begins: wait until the price "
        "has been on the right side, with an alert; or fire.",
    )
    stop_beyond_after_downtime: Literal["fire", "alert"] = described(
        "fire",
        "The first fresh price after downtime, or a gap of the feed, is beyond a stop: "
        "fire, or tell and wait until the price has been on the right side; it does "
        "not protect meanwhile.",
    )
    take_profit_beyond_after_downtime: Literal["fire", "alert"] = described(
        "fire",
        "The first fresh price after downtime, or a gap of the feed, is beyond a "
        "take-profit: fire, or tell and wait until the price has been on the right "
        "side.",
    )
    missed: Literal["alert", "fire"] = described(
        "alert",
        "The price crossed and came back while exitd was down or the feed had a gap, "
        "as the venue's candles show: tell, or fire at the price of now; `missed` says "
        "it for one exit. The record names the candle.",
    )
    percentage_of: Literal["lifetime", "live"] = described(
        "lifetime",
        "What a percentage is a share of: the live size plus what this position's "
        "exits already filled (lifetime), or the live size alone: then 50% twice "
        "leave a quarter; never above live.",
    )
    take_profit_budget_spent: Literal["rearm", "retire"] = described(
        "rearm",
        "A take-profit's time budget is spent: it is armed again, or done for this "
        "position; with an alert.",
    )
    bound_not_met: Literal["keep_firing"] = described(
        "keep_firing",
        "Crossed, but the price bound cannot be met: it stays firing, with an alert, "
        "and goes out as soon as the bound can be met.",
    )
    quantity_above_position: Literal["accept", "refuse"] = described(
        "accept",
        "A quantity above the position there is: accepted with a note, or refused; at "
        "the hit never more than the position.",
    )
    file_lifetimes: Literal["every", "first"] = described(
        "every",
        "For which positions an exit of a file is armed: every one that opens, or the "
        "first only; `once` says it for one position or exit.",
    )
    no_position_by_api: Literal["refuse", "wait"] = described(
        "refuse",
        "A trigger by API or command while there is no position: refused, or it waits "
        "for one. It ends with the position.",
    )
    off_price_step: Literal["refuse"] = described(
        "refuse",
        "A level off the venue's price step that a person wrote: refused with the two "
        "nearest. Computed levels round so that a stop is never looser and a "
        "take-profit never nearer.",
    )
    entry_change: Literal["follow", "keep"] = described(
        "follow",
        "A level relative to the entry after the position grew: it follows the new "
        "entry, or keeps the first; `entry` says it for one position or exit.",
    )
    remainder_below_minimum: Literal["close_all", "leave"] = described(
        "close_all",
        "What a close would leave is under the venue's minimum: close it too, or "
        "leave it.",
    )
    both_hit: Literal["stop"] = described(
        "stop", "A stop and a take-profit are hit by one price: the stop goes."
    )
    expiry_and_crossing: Literal["expiry"] = described(
        "expiry", "An exit expires at the instant in which its level is crossed."
    )
    feed_stale: Literal["alert", "second_source"] = described(
        "second_source",
        "No fresh price: nothing is judged by old ones, and somebody is told; it "
        "recovers by itself. Meanwhile the price is asked for by REST, about once a "
        "second, and judged (second_source); or not (alert).",
    )
    last_without_trades: Literal["fresh_while_connected"] = described(
        "fresh_while_connected",
        "A market without trades is not stale while the connection is proven alive.",
    )
    weakening_reload: Literal["ask", "apply"] = described(
        "ask",
        "A reload that removes, renames, loosens or shrinks a stop of an open "
        "position: the whole set waits for `exitd apply`, with an alert (ask), or is "
        "applied as it is.",
    )
    disk_full: Literal["refuse_arms"] = described(
        "refuse_arms",
        "No room on the disk: new triggers are refused, a reserved file is released, "
        "firing goes on, with an alert.",
    )
    database_damaged: Literal["refuse_start"] = described(
        "refuse_start", "The database file is damaged: the message says the way out."
    )
    row_undecodable: Literal["set_aside"] = described(
        "set_aside", "One row cannot be read: it is set aside, with an alert."
    )
    bug: Literal["crash"] = described(
        "crash", "An unexpected error: systemd restarts exitd, and recovery runs."
    )
    broker_exits_expire: Literal["take_over"] = described(
        "take_over",
        "A broker's own exits end with the day: exitd's triggers take over in the same "
        "step.",
    )

    price_max_age: DurationValue = described(
        5 * NS_PER_S, "A price older than this is stale.", shown="5s"
    )
    min_distance: PercentValue = described(
        ZERO, "A level nearer to the price than this is refused.", shown="0%"
    )
    min_spread: PercentValue = described(
        ZERO,
        "A stop and a take-profit of one position nearer to each other than this are "
        "refused.",
        shown="0%",
    )
    active_triggers: Count = described(
        1_000_000, "How many triggers of one account may be active; more are refused."
    )
    stop_budget: DurationValue = described(
        60 * NS_PER_S,
        "After so long a stop that has not filled goes on slower, with repeated "
        "alerts, and counts as unprotected. It never gives up.",
        shown="60s",
    )
    take_profit_budget: DurationValue = described(
        60 * NS_PER_S,
        "After so long a take-profit that has not filled is armed again.",
        shown="60s",
    )
    wider_factor: FactorValue = described(
        Decimal(3),
        "How many times `slippage_limit` a stop's second limit allows, before it goes "
        "to market.",
        shown="3",
    )
    default_stop: PercentValue | None = described(
        None,
        "A stop-loss this far from the entry, for positions that no file names and "
        "that no other stop watches. A chain's quotes have none.",
        shown="none",
    )
    guard: BoundValue | None = described(
        None,
        "A price that is farther than this from the index or the mark fires nothing "
        "and moves no stop, until the next one bears it out.",
        shown="none",
    )
    guard_hold: GuardHoldValue = described(
        2 * NS_PER_S,
        "With `guard`: how long such a price is held back at most, 1s to 60s.",
        shown="2s",
    )
    fee: PercentValue = described(
        Decimal("0.05"),
        "What a trade is taken to cost, of its worth: a stop that moves to the entry "
        "goes as far beyond it as both trades cost.",
        shown="0.05%",
    )
    limit_only_bound: BoundValue = described(
        Decimal(5),
        "How far from the price a close may be set while the venue's book takes "
        "limit orders only.",
        shown="5%",
    )
    confirm_after: DurationValue = described(
        5 * NS_PER_S,
        "A filled close that the position does not show after so long raises an alert.",
        shown="5s",
    )
    resolve_every: DurationValue = described(
        500 * NS_PER_MS,
        "How often evidence of an order in doubt is asked for.",
        shown="500ms",
    )
    attempts_kept: DurationValue = described(
        900 * NS_PER_S,
        "How long an ended attempt is remembered for late reports.",
        shown="15m",
    )
    idempotency_kept: DurationValue = described(
        86_400 * NS_PER_S,
        "How long the same idempotency key returns the first answer.",
        shown="1d",
    )
    done_kept: DurationValue = described(
        3_600 * NS_PER_S,
        "How long a trigger that is done, or a quote that was closed, stays in memory, "
        "at least; then it is in the history.",
        shown="1h",
    )

    def for_core(self) -> CorePolicies:
        """Give the part of this that the engine goes by."""
        return CorePolicies(
            price_max_age_ns=self.price_max_age,
            no_position_refuse=self.no_position_by_api == "refuse",
            min_distance_percent=self.min_distance,
            min_spread_percent=self.min_spread,
            max_active=self.active_triggers,
            second_source=self.feed_stale == "second_source",
            missed=Missed(self.missed),
            stop_beyond_only_tells=self.stop_beyond_after_downtime == "alert",
            take_profit_beyond_only_tells=(
                self.take_profit_beyond_after_downtime == "alert"
            ),
            crossed_exits=IfCrossed(self.crossed_at_arm_by_webhook),
            new_lifetime_fires=self.crossed_at_new_lifetime == "fire",
            shares_of_live=self.percentage_of == "live",
            take_profit_retires=self.take_profit_budget_spent == "retire",
            above_position_refused=self.quantity_above_position == "refuse",
            remainder_close_all=self.remainder_below_minimum == "close_all",
            confirm_after_ns=self.confirm_after,
            stop_budget_ns=self.stop_budget,
            take_profit_budget_ns=self.take_profit_budget,
            resolve_every_ns=self.resolve_every,
            wider_factor=self.wider_factor,
            guard_percent=self.guard,
            guard_hold_ns=self.guard_hold,
            fee_percent=self.fee,
            limit_only_bound_percent=self.limit_only_bound,
            attempts_kept_ns=self.attempts_kept,
            idempotency_kept_ns=self.idempotency_kept,
            done_kept_ns=self.done_kept,
        )
