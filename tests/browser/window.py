"""A browser's window on a running daemon, and what a person does in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab

from e2e.house import House

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser")
DESKTOP = {"width": 1280, "height": 960}
PHONE = {"width": 390, "height": 844}
#: A busy machine is no reason to fail.
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str:
    return next(place for place in PLACES if Path(place).exists())


class Window:
    """One tab on the page of a house; what went wrong in it is kept."""

    def __init__(self, tab: Tab, url: str, pictures: Path) -> None:
        self.tab = tab
        self.wrong: list[str] = []
        self.url = url
        self._pictures = pictures
        tab.set_default_timeout(PATIENCE_MS)
        tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        tab.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        # Chromium says of each answer that is an error that it was one.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.wrong.append(text)

    def open(self) -> None:
        self.tab.goto(self.url)
        expect(self.tab.locator("#ready")).to_have_text("ready")

    def row(self, trigger_id: str) -> Locator:
        return self.tab.locator(f'#rows tr[data-id="{trigger_id}"]')

    def state(self, trigger_id: str) -> Locator:
        return self.row(trigger_id).locator(".state")

    def explain(self, trigger_id: str) -> Locator:
        """Open the panel of a trigger."""
        self.row(trigger_id).locator("th button").click()
        panel = self.tab.locator("#explain")
        expect(panel.locator("h2")).to_have_text(trigger_id)
        return panel

    def sign_in(self, secret: str) -> None:
        if not self.tab.locator("#token").is_visible():
            self.tab.locator("#sign-in").click()
        self.tab.locator("#secret").fill(secret)
        self.tab.locator("#token-use").click()
        expect(self.tab.locator("#sign-in")).to_have_text("Token: set")

    def picture(self, name: str, *, whole: bool = False) -> None:
        self.tab.screenshot(path=self._pictures / f"{name}.png", full_page=whole)


@contextmanager
def window(
    browser: Browser,
    house: House,
    pictures: Path,
    size: dict[str, int] | None = None,
    **options: Any,
) -> Iterator[Window]:
    context = browser.new_context(viewport=size or DESKTOP, **options)
    url = f"http://127.0.0.1:{port_of(house)}/"
    found = Window(context.new_page(), url, pictures)
    try:
        yield found
        # Whatever the policy of the page forbids is said there too.
        assert not found.wrong, "\n".join(found.wrong)
    finally:
        context.close()


def port_of(house: House) -> int:
    text = house.config.read_text()
    return int(text.partition('bind: "')[2].partition('"')[0].rpartition(":")[2])


def token(house: House, name: str, scope: str) -> str:
    made = house.command("token", "new", name, "--scope", scope)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def pictures_folder(otherwise: Path) -> Path:
    """Where pictures go: a folder that is kept, where somebody named one."""
    named = os.environ.get("EXITD_PICTURES", "")
    folder = Path(named) if named else otherwise
    folder.mkdir(parents=True, exist_ok=True)
    return folder
