"""The policies: what exitd does where careful people could disagree.

One key per row of the table in the documentation. Where a row names one answer
only, the key is there to say it; a value that is known but not built is refused
by name, so that nothing is accepted that does nothing.
"""

from typing import Literal

from msgspec import Struct

from exitd.configuration.keys import Keys, described


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
        "fire", "The exits of a webhook entry that are crossed when it has filled."
    )
    crossed_at_new_lifetime: Literal["wait", "fire"] = described(
        "wait",
        "A level already crossed when a new position begins: wait until the price "
        "has been on the right side, with an alert.",
    )
    stop_beyond_after_downtime: Literal["fire", "alert"] = described(
        "fire", "The first fresh price after downtime is beyond a stop."
    )
    take_profit_beyond_after_downtime: Literal["fire", "alert"] = described(
        "fire", "The first fresh price after downtime is beyond a take-profit."
    )
    missed: Literal["alert", "fire"] = described(
        "alert",
        "The price crossed and came back while exitd was down or the feed had a gap; "
        "the record names the candle.",
    )
    percentage_of: Literal["lifetime", "live"] = described(
        "lifetime",
        "What a percentage is a share of: the live size plus what this position's "
        "exits already filled (lifetime), or the live size alone; never above live.",
    )
    take_profit_budget_spent: Literal["rearm", "retire"] = described(
        "rearm",
        "A take-profit's time budget is spent: it is armed again, with an alert.",
    )
    bound_not_met: Literal["keep_firing", "retire"] = described(
        "keep_firing",
        "Crossed, but the price bound cannot be met: it stays firing, with an alert, "
        "and goes out as soon as the bound can be met.",
    )
    quantity_above_position: Literal["accept", "refuse"] = described(
        "accept",
        "A quantity above the position: accepted with a note; at the hit never more "
        "than the position.",
    )
    file_lifetimes: Literal["every", "first"] = described(
        "every",
        "For which positions an exit of a file is armed: every one that opens, or the "
        "first only; `once` says it for one position or exit.",
    )
    no_position_by_api: Literal["wait", "refuse"] = described(
        "wait",
        "A trigger by API or command while there is no position; it ends with the "
        "position.",
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
        "entry, or keeps the first.",
    )
    remainder_below_minimum: Literal["close_all", "refuse"] = described(
        "close_all", "What a close would leave is under the venue's minimum."
    )
    both_hit: Literal["stop"] = described(
        "stop", "A stop and a take-profit are hit by one price: the stop goes."
    )
    expiry_and_crossing: Literal["expiry"] = described(
        "expiry", "An exit expires at the instant in which its level is crossed."
    )
    feed_stale: Literal["second_source"] = described(
        "second_source",
        "No fresh price: nothing is judged by old ones, a second source is asked, "
        "somebody is told; it recovers by itself.",
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
        "A broker's own exits end with the day: exitd's triggers take over in the "
        "same step.",
    )


class NotBuilt(Struct, frozen=True):
    """A value that means something, and that exitd does not do yet."""

    policy: str
    value: str
    instead: str


NOT_BUILT = (
    NotBuilt("crossed_at_new_lifetime", "fire", "use wait, and fire by hand"),
    NotBuilt("stop_beyond_after_downtime", "alert", "use fire"),
    NotBuilt("take_profit_beyond_after_downtime", "alert", "use fire"),
    NotBuilt("missed", "fire", "use alert, and `exitd fire` after looking"),
    NotBuilt("percentage_of", "live", "use lifetime, or absolute quantities"),
    NotBuilt("take_profit_budget_spent", "retire", "use rearm, and cancel by hand"),
    NotBuilt("bound_not_met", "retire", "use keep_firing, and cancel by hand"),
    NotBuilt("quantity_above_position", "refuse", "use accept"),
    NotBuilt("no_position_by_api", "refuse", "use wait"),
    NotBuilt("entry_change", "keep", "write the price itself"),
    NotBuilt("remainder_below_minimum", "refuse", "use close_all"),
    NotBuilt("crossed_at_arm_by_webhook", "wait", "use fire"),
    NotBuilt("crossed_at_arm_by_webhook", "refuse", "use fire"),
)


def not_built(policy: str, value: str) -> str | None:
    """Say that a value is not built yet and what to use instead, or nothing."""
    for row in NOT_BUILT:
        if (row.policy, row.value) == (policy, value):
            return f"'{policy}: {value}' is not built yet; {row.instead}"
    return None
