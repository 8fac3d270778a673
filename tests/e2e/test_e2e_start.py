"""docs/start.md: its very commands, from an empty folder to exits that are watched."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.readme_walk import missing
from e2e.webhook_house import free_port

pytestmark = pytest.mark.e2e
PAGE = Path(__file__).parents[2] / "docs" / "start.md"
DEADLINE_S = 120
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "=== end of block"


def blocks() -> list[tuple[str, str]]:
    """Give the blocks but for the demonstration, which has tests of its own."""
    found = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert found[0] == ("sh", "./exitd demo\n")
    return found[1:]


def script(found: list[tuple[str, str]]) -> str:
    """Give the commands, at a simulated exchange and on ports that nobody else has."""
    exchange, http = free_port(), free_port()
    address = f"127.0.0.1:{exchange}"
    lines = [f"exitd sim --port {exchange} >sim.log & exchange=$!"]
    for kind, text in found:
        if kind == "sh":
            lines += [text.replace("./exitd", "exitd"), f"echo '{_MARK}'"]
        if "init" in text:
            lines += [
                "sed -i -e 's#type: backpack#&\\n    url: http://"
                f"{address}\\n    ws_url: ws://{address}#' exits/exitd.yaml",
                f"sed -i 's/127.0.0.1:8787/127.0.0.1:{http}/' exits/exitd.yaml",
            ]
    # The first job is the exchange here, the second the daemon of the page.
    return "\n".join(lines).replace("kill %1", "kill %2 && wait %2; kill $exchange")


def test_given_an_empty_folder_when_the_page_is_followed_then_exits_are_watched(
    tmp_path: Path,
):
    told = tmp_path / "told"
    found = blocks()
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with told.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-e", "-c", script(found)],
            cwd=tmp_path,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PATH": path},
        )
        try:
            status = shell.wait(DEADLINE_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()

    assert status == 0
    printed = told.read_text().split(f"{_MARK}\n")
    number, lost = -1, []
    for kind, text in found:
        if kind == "sh":
            number += 1
        else:
            lost += missing(text, printed[number])
    assert lost == []
