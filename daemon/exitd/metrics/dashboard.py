"""The Grafana dashboard that exitd ships; made into config/grafana/, never edited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

PATH = "config/grafana/exitd.json"
_COLUMNS = 24
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_VENUE = 'venue=~"$venue"'
_VENUES = "label_values(exitd_feed_up, venue)"


class Query(Struct, frozen=True):
    """What is drawn, and the name of each line by its labels."""

    expression: str
    legend: str = ""


class Panel(Struct, frozen=True, kw_only=True):
    """One panel. `kind` and `unit` are words of Grafana's; it has 24 columns.

    `good_at_least` and `bad_from` colour a number: green from the one on, red from the
    other on.
    """

    title: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 7
    good_at_least: float | None = None
    bad_from: float | None = None


def _quantiles(metric: str, by: str = "venue") -> tuple[Query, ...]:
    """Draw the median and the 99th percentile of a histogram."""
    labels = f"{by}, le" if by else "le"
    matcher = f"{{{_VENUE}}}" if by == "venue" else ""
    name = f"{{{{{by}}}}} " if by else ""
    return tuple(
        Query(
            f"histogram_quantile({quantile}, sum by ({labels}) "
            f"(rate({metric}_bucket{matcher}[5m])))",
            f"{name}{word}",
        )
        for quantile, word in ((0.5, "p50"), (0.99, "p99"))
    )


def _stat(title: str, expression: str, **more: float) -> Panel:
    return Panel(
        title=title,
        queries=(Query(expression),),
        kind="stat",
        width=4,
        height=4,
        **more,  # type: ignore[arg-type]
    )


PANELS = (
    _stat("Live (0: paper)", "min(exitd_live)", good_at_least=1),
    _stat("Ready", "min(exitd_ready)", good_at_least=1),
    _stat(
        "Armed",
        'sum(exitd_triggers{state=~"armed|confirming"}) or vector(0)',
        good_at_least=0,
    ),
    _stat("Open positions", "sum(exitd_positions)", good_at_least=0),
    _stat("Unprotected", "sum(exitd_position_unprotected) or vector(0)", bad_from=1),
    _stat("In doubt", "sum(exitd_orders_in_doubt)", bad_from=1),
    Panel(
        title="How far the price is from the nearest level",
        queries=(
            Query(f"exitd_trigger_distance_ratio{{{_VENUE}}}", "{{venue}} {{symbol}}"),
        ),
        unit="percentunit",
        width=12,
    ),
    Panel(
        title="Triggers by state",
        queries=(Query(f"sum by (state) (exitd_triggers{{{_VENUE}}})", "{{state}}"),),
        width=12,
    ),
    Panel(
        title="Fired in an hour",
        queries=(
            Query(
                "sum by (venue, kind) "
                f"(increase(exitd_triggers_fired_total{{{_VENUE}}}[1h])) > 0",
                "{{venue}} {{kind}}",
            ),
        ),
    ),
    Panel(
        title="Closes in an hour, by what became of them",
        queries=(
            Query(
                "sum by (venue, outcome) "
                f"(increase(exitd_orders_total{{{_VENUE}}}[1h])) > 0",
                "{{venue}} {{outcome}}",
            ),
        ),
    ),
    Panel(
        title="Sent again in an hour, by why",
        queries=(
            Query(
                "sum by (venue, reason) "
                f"(increase(exitd_order_retries_total{{{_VENUE}}}[1h])) > 0",
                "{{venue}} {{reason}}",
            ),
        ),
    ),
    Panel(
        title="From the hit to the order sent",
        queries=_quantiles("exitd_trigger_to_order_sent_seconds"),
        unit="s",
    ),
    Panel(
        title="From the order to the venue's answer",
        queries=_quantiles("exitd_order_ack_seconds"),
        unit="s",
    ),
    Panel(
        title="Keeping a decision on disk",
        queries=_quantiles("exitd_journal_commit_seconds", by=""),
        unit="s",
    ),
    Panel(
        title="Silence of each feed",
        queries=(
            Query(
                f"time() - exitd_feed_last_message_timestamp_seconds{{{_VENUE}}}",
                "{{venue}}",
            ),
        ),
        unit="s",
    ),
    Panel(
        title="Prices a second",
        queries=(
            Query(
                f"sum by (venue) (rate(exitd_feed_messages_total{{{_VENUE}}}[5m]))",
                "{{venue}}",
            ),
        ),
    ),
    Panel(
        title="Lost connections in an hour, by why",
        queries=(
            Query(
                "sum by (venue, reason) "
                f"(increase(exitd_feed_reconnects_total{{{_VENUE}}}[1h])) > 0",
                "{{venue}} {{reason}}",
            ),
        ),
    ),
    Panel(
        title="From the venue's instant of a price to ours",
        queries=_quantiles("exitd_feed_transport_seconds"),
        unit="s",
    ),
    Panel(
        title="Lag of the loop",
        queries=_quantiles("exitd_event_loop_lag_seconds", by=""),
        unit="s",
    ),
    Panel(
        title="The venue's clock less ours",
        queries=(Query(f"exitd_venue_clock_offset_seconds{{{_VENUE}}}", "{{venue}}"),),
        unit="s",
    ),
    Panel(
        title="Alerts in an hour",
        queries=(
            Query(
                "sum by (result) (increase(exitd_webhooks_total[1h])) > 0",
                "{{result}}",
            ),
        ),
    ),
    Panel(
        title="Requests a second",
        queries=(
            Query("sum by (code) (rate(exitd_http_requests_total[5m]))", "{{code}}"),
        ),
    ),
    Panel(
        title="Processor and memory",
        queries=(
            Query('rate(process_cpu_seconds_total{job="exitd"}[5m])', "cores"),
            Query('process_resident_memory_bytes{job="exitd"} / 1024 ^ 3', "GiB"),
        ),
    ),
)


def dashboard_json() -> str:
    """Give the dashboard, as Grafana imports it."""
    document = {
        "title": "exitd",
        "uid": "exitd",
        "description": "Made by `make metrics` of exitd; changes belong there.",
        "schemaVersion": 39,
        "version": 1,
        "tags": ["exitd"],
        "timezone": "browser",
        "refresh": "15s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": list(_variables())},
        "panels": list(_laid_out()),
    }
    return json.dumps(document, indent=1) + "\n"


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "source", "type": "datasource", "query": "prometheus"}
    yield {
        "name": "venue",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"qryType": 1, "query": _VENUES, "refId": "venues"},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        # Of several there may be, the chosen ones are lists.
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _laid_out() -> Iterator[dict[str, Any]]:
    """Place the panels in rows, from left to right."""
    x = y = 0
    for number, panel in enumerate(PANELS, 1):
        if x + panel.width > _COLUMNS:
            x, y = 0, y + PANELS[number - 2].height
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x += panel.width
        yield {
            "id": number,
            "title": panel.title,
            "type": panel.kind,
            "datasource": _SOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": _looks(panel), "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": _SOURCE,
                    "expr": query.expression,
                    "legendFormat": query.legend or "__auto",
                }
                for index, query in enumerate(panel.queries)
            ],
        }


def _looks(panel: Panel) -> dict[str, Any]:
    # Said in the place of a picture where there is nothing to draw.
    looks: dict[str, Any] = {"unit": panel.unit, "noValue": "none"}
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.good_at_least is not None:
        steps = [
            {"color": "red", "value": None},
            {"color": "green", "value": panel.good_at_least},
        ]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    if panel.kind == "stat":
        looks["thresholds"] = {"mode": "absolute", "steps": steps}
    return looks
