"""The alert rules that exitd ships for Prometheus; made into config/prometheus/."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from msgspec import Struct

PATH = "config/prometheus/exitd.rules.yml"
_HEAD = """\
# Alert rules of exitd, for `rule_files:` of Prometheus; docs/metrics.md says more.
# Made by `make metrics`: keep rules of your own in another file.
"""


class Rule(Struct, frozen=True, kw_only=True):
    """An alert while *expression* gives anything for as long as *lasts*.

    `critical` wants somebody out of bed: something is not protected, or may not be.
    """

    name: str
    expression: str
    lasts: str
    severity: str
    summary: str
    remedy: str


RULES = (
    Rule(
        name="ExitdDown",
        expression='up{job="exitd"} == 0 or absent(up{job="exitd"})',
        lasts="1m",
        severity="critical",
        summary="exitd does not answer: nothing is watched.",
        remedy="See `systemctl status exitd` and `journalctl -u exitd -n 50 -o cat`.",
    ),
    Rule(
        name="ExitdNotReady",
        expression="exitd_ready == 0",
        lasts="2m",
        severity="warning",
        summary="exitd is not ready; what can be judged is judged.",
        remedy="/-/ready and `exitd status` give the reasons.",
    ),
    Rule(
        name="ExitdUnprotected",
        expression="exitd_position_unprotected == 1",
        lasts="2m",
        severity="critical",
        summary="{{ $labels.symbol }} on {{ $labels.venue }} is not covered by a stop.",
        remedy="`exitd ls --positions` says why; arm a stop, or close the position.",
    ),
    Rule(
        name="ExitdFeedStale",
        expression="exitd_feed_stale_prices > 0 or exitd_feed_up == 0",
        lasts="1m",
        severity="critical",
        summary="Prices of {{ $labels.venue }} are stale: levels are not judged.",
        remedy="`exitd status` names them; look at the network and the venue's status.",
    ),
    Rule(
        name="ExitdOrderInDoubt",
        expression="exitd_orders_in_doubt > 0",
        lasts="1m",
        severity="critical",
        summary="Nobody knows whether a close reached {{ $labels.venue }}.",
        remedy="exitd goes on asking; look at the venue's own page as well.",
    ),
    Rule(
        name="ExitdOrderRefused",
        expression='increase(exitd_orders_total{outcome="refused"}[5m]) > 0',
        lasts="0m",
        severity="warning",
        summary="{{ $labels.venue }} has refused a close.",
        remedy="`exitd tail --event order.refused` gives its code; stops go on.",
    ),
    Rule(
        name="ExitdSlowTrigger",
        expression=(
            "histogram_quantile(0.99, sum by (venue, le) "
            "(increase(exitd_trigger_to_order_sent_seconds_bucket[15m]))) > 0.5"
        ),
        lasts="0m",
        severity="warning",
        summary="Closes for {{ $labels.venue }} left late after their levels were hit.",
        remedy="See whether the rate budget, the disk or the processor held them.",
    ),
    Rule(
        name="ExitdConfigReloadFailed",
        expression="exitd_config_last_reload_successful == 0",
        lasts="1m",
        severity="warning",
        summary="The files are not valid; the set before them stays armed.",
        remedy="`exitd check` names file, line and column.",
    ),
    Rule(
        name="ExitdConfigHeld",
        expression="exitd_config_held_changes > 0",
        lasts="10m",
        severity="warning",
        summary="Changed files wait for somebody; the set before them stays armed.",
        remedy="`exitd plan` shows what would change, `exitd apply` lets it.",
    ),
    Rule(
        name="ExitdStoreFailing",
        expression="exitd_store_writable == 0",
        lasts="1m",
        severity="critical",
        summary="The store takes no writes: nothing new is armed, firing goes on.",
        remedy="Make room on the disk of the state; `exitd doctor` looks at it.",
    ),
    Rule(
        name="ExitdSlowCommits",
        expression=(
            "histogram_quantile(0.99, sum by (le) "
            "(rate(exitd_journal_commit_seconds_bucket[15m]))) > 0.1"
        ),
        lasts="15m",
        severity="warning",
        summary="The disk takes long to keep a decision, and a close may wait for it.",
        remedy="`exitd doctor` measures it; a disk of its own for the state helps.",
    ),
    Rule(
        name="ExitdLoopLagging",
        expression=(
            "histogram_quantile(0.99, sum by (le) "
            "(rate(exitd_event_loop_lag_seconds_bucket[5m]))) > 0.25"
        ),
        lasts="5m",
        severity="warning",
        summary="Something holds the loop that evaluates prices.",
        remedy="Look for what else uses the processor, and `loop.lagged` in the log.",
    ),
    Rule(
        name="ExitdClockSkewed",
        expression="abs(exitd_venue_clock_offset_seconds) > 1",
        lasts="5m",
        severity="warning",
        summary="The clock of {{ $labels.venue }} and this machine's differ.",
        remedy="`timedatectl set-ntp true`, or run chrony.",
    ),
    Rule(
        name="ExitdNotificationsFailing",
        expression='increase(exitd_notifications_total{result="failed"}[15m]) > 0',
        lasts="0m",
        severity="warning",
        summary="A message of exitd did not reach anybody.",
        remedy="`exitd notify test` says which target does not take it.",
    ),
)


def rules_yaml() -> str:
    """Give the file of rules."""
    rules = [
        {
            "alert": rule.name,
            "expr": rule.expression,
            "for": rule.lasts,
            "labels": {"severity": rule.severity},
            "annotations": {"summary": rule.summary, "description": rule.remedy},
        }
        for rule in RULES
    ]
    document = {"groups": [{"name": "exitd", "rules": rules}]}
    return _HEAD + yaml.safe_dump(document, sort_keys=False, width=10_000)


def rules_markdown() -> Iterator[str]:
    yield "| alert | severity | for | when | what to do |"
    yield "|---|---|---|---|---|"
    for rule in RULES:
        summary = rule.summary.replace("{{ $labels.", "*").replace(" }}", "*")
        yield (
            f"| `{rule.name}` | {rule.severity} | {rule.lasts} | {summary} "
            f"| {rule.remedy} |"
        )
