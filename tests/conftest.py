"""What holds for every test of the suite."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Generator, Sequence
from typing import TypeVar

import hypothesis
import pytest

T = TypeVar("T")

# A busy machine is no reason for a property to fail; a slow property shows in the
# durations that pytest prints. The gate tries the same examples every time, so that it
# judges the change; whoever runs the tests by hand tries new ones.
IS_CI = os.environ.get("CI", "").lower() in ("1", "true")
hypothesis.settings.register_profile(
    "exitd", deadline=None, print_blob=True, derandomize=IS_CI
)
hypothesis.settings.load_profile("exitd")

# These need a browser. `./exitd test` names them; .ci/run installs what they need, and
# then they run like all others.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]


def pytest_configure() -> None:
    # What a shell starts in the background ignores Ctrl-C, and so would our children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def is_forbidden_skip(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return IS_CI and report.skipped and not hasattr(report, "wasxfail")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    report = yield
    if is_forbidden_skip(report):
        report.outcome = "failed"
        report.longrepr = f"under CI a skip is a failure: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    report = yield
    if is_forbidden_skip(report):
        report.outcome = "failed"
        report.longrepr = f"under CI a skip is a failure: {report.longrepr}"
    return report


def spread(waiting: Sequence[T], rest: Sequence[T]) -> list[T]:
    """Put those that wait more than they work evenly among the rest."""
    spread_out: list[T] = []
    for number, one in enumerate(waiting):
        spread_out += rest[
            number * len(rest) // len(waiting) : (number + 1)
            * len(rest)
            // len(waiting)
        ]
        spread_out.append(one)
    return spread_out if waiting else list(rest)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Let no process be left alone with what starts others and waits for them."""
    if hasattr(config, "workerinput"):
        waiting = [item for item in items if item.get_closest_marker("e2e")]
        rest = [item for item in items if not item.get_closest_marker("e2e")]
        items[:] = spread(waiting, rest)
