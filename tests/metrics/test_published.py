"""The page, the rules and the dashboard say what the daemon tells, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from exitd.metrics.catalogue import METRICS
from exitd.metrics.dashboard import PANELS, dashboard_json
from exitd.metrics.publish import published
from exitd.metrics.rules import RULES

ROOT = Path(__file__).parents[2]
EXPRESSIONS = [
    *(rule.expression for rule in RULES),
    *(query.expression for panel in PANELS for query in panel.queries),
]


@pytest.mark.parametrize(("name", "text"), list(published()), ids=lambda one: one[:40])
def test_given_the_source_when_published_then_the_file_is_that(name: str, text: str):
    assert (ROOT / name).read_text() == text, "run `make metrics`"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_given_an_expression_when_read_then_it_asks_for_what_there_is(expression: str):
    named = re.findall(r"exitd_\w+", expression)

    metrics = [re.sub(r"_(bucket|sum|count)$", "", name) for name in named]
    assert [name for name in metrics if name not in METRICS] == []
    for name, matchers in re.findall(r"(exitd_\w+)\{([^}]*)\}", expression):
        labels = re.findall(r"(\w+)=", matchers)
        known = METRICS[re.sub(r"_(bucket|sum|count)$", "", name)].labels
        assert set(labels) <= set(known)


def test_given_the_rules_when_read_then_each_says_what_to_do():
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.severity in ("critical", "warning")
        assert rule.summary.endswith(".")
        assert rule.remedy.endswith(".")
        metric = re.search(r"exitd_\w+", rule.expression)
        for label in re.findall(r"labels\.(\w+)", rule.summary):
            assert metric is not None
            assert label in METRICS[metric[0].removesuffix("_bucket")].labels


def test_given_the_dashboard_when_laid_out_then_no_panel_lies_on_another():
    panels = json.loads(dashboard_json())["panels"]

    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(PANELS)
