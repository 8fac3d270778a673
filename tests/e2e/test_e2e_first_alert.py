"""The walk of docs/webhook.md: its very commands, from an empty folder to a report."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.ports import free_port

pytestmark = pytest.mark.e2e
PAGE = Path(__file__).parents[2] / "docs" / "webhook.md"
DEADLINE_S = 120


def walk(page: str) -> str:
    """Give the commands of the section, on ports that nobody else has."""
    section = page[page.index("### A first alert") : page.index("### A route")]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    exchange, webhook, http = (str(free_port()) for _ in range(3))
    for here, there in (
        ("exitd sim ", f"exitd sim --port {exchange} "),
        ("8899", exchange),
        ("8788", webhook),
        ("http: {", f"http: {{bind: 127.0.0.1:{http}, "),
        ("webhook:\n", f"webhook:\n  bind: 127.0.0.1:{webhook}\n"),
    ):
        assert here in commands
        commands = commands.replace(here, there)
    return commands


def followed(folder: Path, commands: str) -> tuple[int, str]:
    """Run the commands in one shell; whatever they have started ends with it."""
    told = folder / "told"
    ending = "trap 'kill $(jobs -p); wait' EXIT\n"
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with told.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-e", "-c", ending + commands],
            cwd=folder,
            stdout=output,
            start_new_session=True,
            env={**os.environ, "PATH": path},
        )
        try:
            status = shell.wait(DEADLINE_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    return status, told.read_text()


def test_given_an_empty_folder_when_the_page_is_followed_then_a_report_of_both_orders(
    tmp_path: Path,
):
    status, told = followed(tmp_path, walk(PAGE.read_text()))

    assert status == 0
    assert '"success":true' in told
    rows = re.findall(r"PAPER (entry buy|exit sell)\tSOL_USDC_PERP", told)
    assert rows == ["entry buy", "exit sell"]
