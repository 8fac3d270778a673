"""One browser for all tests, and a house with a page for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.window import chromium, pictures_folder
from e2e.house import House, house
from e2e.ports import free_port

# `.ci/run browser` brings axe-core and says where it is.
collect_ignore = [] if os.environ.get("EXITD_AXE") else ["test_page_axe.py"]

EXITS = """\
positions:
  sol-core:
    venue: backpack
    symbol: SOL_USDC_PERP
    side: long
    exits:
      sl:  {stop_loss: 138.40}
      tp1: {take_profit: 146, close: 50%}
      run: {trailing: 2.5%, close: 25%}
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # As root, as in most containers, Chromium has no sandbox.
        found = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A house whose daemon serves its page; nothing runs yet."""
    with house(tmp_path, bind=f"127.0.0.1:{free_port()}") as found:
        found.positions_file.write_text(EXITS)
        yield found


@pytest.fixture
def armed(home: House) -> House:
    """As `home`, with a long of 10 at 140, price 141, its three exits armed."""
    home.open_position()
    daemon = home.start()
    for name in ("sl", "tp1", "run"):
        daemon.log.wait("trigger.armed", trigger_id=f"sol-core/{name}")
    return home
