"""
Metrics, alert rules and the dashboard, as Prometheus' own tool judges them.

    PYTHONPATH=tests python tests/third_party/promtool.py [PROMTOOL]

A daemon in which something happened is scraped over its port, and `promtool check
metrics` finds nothing to say of it; so do `check rules` of the rules that are shipped,
and of every expression of the dashboard, as a rule; `check config` of what the pages
give to Prometheus. `test rules` then shows that a dead daemon, an unprotected position
and a quiet one raise what they should.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import yaml

from api.daemons import POSITIONS_YAML, served, started
from documentation.blocks import blocks
from exitd.api.metrics import metrics_routes
from exitd.metrics.counts import Counts
from exitd.metrics.dashboard import PANELS
from exitd.metrics.rules import PATH
from exitd.metrics.scraping import Scrapes
from exitd.runtime.durations import Durations
from fakes.outcomes import Fill

ROOT = Path(__file__).resolve().parents[2]

Series = dict[str, str]
#: What is told, each minute, and which alerts that raises after ten of them.
CASES: tuple[tuple[Series, tuple[str, ...]], ...] = (
    (
        {
            'up{job="exitd"}': "1x10",
            "exitd_ready": "1x10",
            'exitd_feed_up{venue="main"}': "1x10",
            'exitd_position_unprotected{venue="main",symbol="SOL"}': "0x10",
        },
        (),
    ),
    ({}, ("ExitdDown",)),
    ({'up{job="exitd"}': "0x10"}, ("ExitdDown",)),
    (
        {
            'up{job="exitd"}': "1x10",
            'exitd_position_unprotected{venue="main",symbol="SOL"}': "1x10",
        },
        ("ExitdUnprotected",),
    ),
    (
        {'up{job="exitd"}': "1x10", 'exitd_feed_up{venue="main"}': "0x10"},
        ("ExitdFeedStale",),
    ),
    (
        {
            'up{job="exitd"}': "1x10",
            'exitd_orders_total{venue="main",outcome="refused"}': "1+1x10",
        },
        ("ExitdOrderRefused",),
    ),
    # The first one of a run: its zero was told before.
    (
        {
            'up{job="exitd"}': "1x10",
            'exitd_orders_total{venue="main",outcome="refused"}': "0x6 1x3",
        },
        ("ExitdOrderRefused",),
    ),
    (
        {
            'up{job="exitd"}': "1x10",
            "exitd_config_last_reload_successful": "0x10",
            'exitd_orders_in_doubt{venue="main"}': "1x10",
        },
        ("ExitdConfigReloadFailed", "ExitdOrderInDoubt"),
    ),
)


def says(promtool: str, *words: str, given: bytes | None = None) -> None:
    """Run it; whatever it has against what it read ends this program."""
    done = subprocess.run([promtool, *words], input=given, capture_output=True)
    said = (done.stdout + done.stderr).decode().strip()
    if done.returncode:
        sys.exit(f"promtool {' '.join(words)}:\n{said}")


async def scraped() -> bytes:
    """Let a stop fire, be looked at and be asked about; then scrape."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as name:
        async with started(Path(name), exits=POSITIONS_YAML) as world:
            scrapes = Scrapes(world.control, counts, Durations())
            options = {
                "routers": [metrics_routes(scrapes.render)],
                "on_answered": counts.answered,
            }
            async with served(world, **options):
                world.venue.script(Fill(price=Decimal("89")))
                await world.watched_mark("89.5")
                await world.until(lambda: world.state_of("sol-core/sl") == "done")
                async with world.tcp() as raw:
                    await raw.get("/v1/status")
                    answer = await raw.get("/metrics")
    assert answer.status_code == 200
    return answer.content


def as_rules(folder: Path) -> Path:
    """Write each expression of the dashboard down as a rule of its own."""
    rules = [
        {"record": f"panel:{number}:{letter}", "expr": query.expression}
        for number, panel in enumerate(PANELS)
        for letter, query in enumerate(panel.queries)
    ]
    path = folder / "dashboard.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    return path


def as_tests(folder: Path) -> Path:
    """Write the cases down as `promtool test rules` reads them."""
    names = {name for _, raised in CASES for name in raised}
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": s, "values": v} for s, v in told.items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                    "eval_time": "10m",
                    "exp_samples": [{"labels": "{}", "value": 1}]
                    if name in raised
                    else [],
                }
                for name in sorted(names)
            ],
        }
        for told, raised in CASES
    ]
    path = folder / "tests.yml"
    document = {"rule_files": [str(ROOT / PATH)], "tests": tests}
    path.write_text(yaml.safe_dump(document))
    return path


def as_configurations(folder: Path) -> list[Path]:
    """Write down each block that the pages give to Prometheus."""
    paths = []
    for number, block in enumerate(blocks("yaml")):
        if block.text.startswith("scrape_configs:"):
            paths.append(folder / f"prometheus{number}.yml")
            paths[-1].write_text(block.text)
    assert paths
    return paths


def main(promtool: str) -> None:
    text = asyncio.run(scraped())
    says(promtool, "check", "metrics", given=text)
    says(promtool, "check", "rules", str(ROOT / PATH))
    with tempfile.TemporaryDirectory() as name:
        says(promtool, "check", "rules", str(as_rules(Path(name))))
        says(promtool, "test", "rules", str(as_tests(Path(name))))
        for path in as_configurations(Path(name)):
            # The files that it names lie on the machine of whoever pastes it.
            says(promtool, "check", "config", "--syntax-only", str(path))
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    print(f"promtool has nothing against {series} series, the rules, the dashboard")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["promtool"]))
