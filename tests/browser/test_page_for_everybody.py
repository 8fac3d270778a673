"""Many triggers, a small screen, a keyboard, a screen reader, light and dark."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from browser.window import DESKTOP, PHONE, Window, token, window
from e2e.house import SYMBOL, House

MANY, AT_ONCE = 1_000, 200
#: The folder of the npm package axe-core; `.ci/run browser` brings it.
AXE = os.environ.get("EXITD_AXE", "")


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
        seen.tab.locator("#find").fill("tp1")
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


def serious(seen: Window) -> list[str]:
    """What axe finds that keeps somebody out."""
    found = json.loads(seen.tab.evaluate("axe.run().then(JSON.stringify)"))
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.skipif(not AXE, reason="needs EXITD_AXE, the folder of axe-core")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_given_axe_when_it_looks_then_nothing_serious(
    browser: Browser, armed: House, pictures: Path, size: dict[str, int], scheme: str
):
    secret = token(armed, "me", "trade")
    script = (Path(AXE) / "axe.min.js").read_text()
    # Its script is put in by the test, which the page's policy would not allow.
    with window(
        browser, armed, pictures, size, color_scheme=scheme, bypass_csp=True
    ) as seen:
        seen.open()
        armed.price("146.2")
        expect(seen.state("sol-core/tp1")).to_have_text("filled")
        seen.sign_in(secret)
        seen.tab.evaluate(script)
        found = serious(seen)
        seen.explain("sol-core/run").get_by_role("button", name="Pause").click()
        found += serious(seen)
        seen.tab.keyboard.press("Escape")
        seen.tab.locator("#arm").click()
        found += serious(seen)

    assert found == []
