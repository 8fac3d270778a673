"""Many triggers, a small screen, a keyboard, a screen reader, light and dark."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from browser.window import PHONE, window
from e2e.house import SYMBOL, House

MANY, AT_ONCE = 1_000, 200


def arm_many(house: House) -> None:
    transport = httpx.HTTPTransport(uds=str(house.folder / "exitd.sock"))
    with httpx.Client(base_url="http://localhost", transport=transport) as client:
        for first in range(0, MANY, AT_ONCE):
            triggers = [
                {
                    "symbol": SYMBOL,
                    "side": "long",
                    "stop_loss": f"{130 - number / 100:.2f}",
                    "close": "0.01",
                }
                for number in range(first, first + AT_ONCE)
            ]
            answer = client.post("/v1/triggers", json={"triggers": triggers})
            assert answer.status_code == 201, answer.text


def test_given_a_thousand_triggers_when_opened_then_the_nearest_and_all_on_demand(
    browser: Browser, armed: House, pictures: Path
):
    arm_many(armed)
    with window(browser, armed, pictures) as seen:
        seen.open()
        rows = seen.tab.locator("#rows tr")
        expect(seen.tab.locator("#listed")).to_have_text(
            f"100 of {MANY + 3}, the nearest first"
        )
        expect(rows).to_have_count(100)
        seen.picture("many")

        seen.tab.locator("#more").click()
        expect(rows).to_have_count(MANY + 3)
        # An id that was made up may have "tp1" in it by chance.
        seen.tab.locator("#find").fill("sol-core/tp1")
        expect(rows).to_have_count(1)


def test_given_a_phone_when_opened_then_nothing_is_wider_than_its_screen(
    browser: Browser, armed: House, pictures: Path
):
    with window(
        browser, armed, pictures, PHONE, color_scheme="dark", has_touch=True
    ) as seen:
        seen.open()
        expect(seen.tab.locator("#chart canvas").first).to_be_visible()
        expect(seen.row("sol-core/run").locator(".level")).to_be_visible()
        width = seen.tab.evaluate("document.documentElement.scrollWidth")
        seen.picture("phone")
        seen.explain("sol-core/run")
        seen.picture("phone-explain")

    assert width <= PHONE["width"]


def test_given_a_keyboard_alone_when_used_then_a_row_is_explained_and_closed(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures) as seen:
        seen.open()
        expect(seen.row("sol-core/sl")).to_be_visible()
        seen.tab.keyboard.press("Tab")
        expect(seen.tab.locator(".skip")).to_be_focused()
        seen.tab.keyboard.press("Enter")
        for _ in range(2):
            seen.tab.keyboard.press("Tab")
        expect(seen.tab.locator("#rows tr").first.locator("th button")).to_be_focused()
        seen.tab.keyboard.press("Enter")
        expect(seen.tab.locator("#explain")).to_be_visible()
        seen.tab.keyboard.press("Escape")
        expect(seen.tab.locator("#explain")).to_be_hidden()
        expect(seen.tab.locator("#rows tr").first.locator("th button")).to_be_focused()


def test_given_the_switch_when_used_then_light_dark_and_kept(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures, color_scheme="dark") as seen:
        seen.open()
        switch, root = seen.tab.locator("#theme"), seen.tab.locator("html")
        switch.click()
        expect(root).to_have_attribute("data-theme", "light")
        seen.tab.reload()
        expect(switch).to_have_text("Theme: light")
        switch.click()
        expect(root).to_have_attribute("data-theme", "dark")
