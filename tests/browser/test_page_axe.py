"""axe-core looks for what keeps people out who see, hear or move otherwise.

`EXITD_AXE` is the folder of that npm package; `.ci/run browser` brings it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.window import DESKTOP, PHONE, Window, token, window
from e2e.house import House

AXE = Path(os.environ["EXITD_AXE"])


def serious(seen: Window) -> list[str]:
    """What axe finds that keeps somebody out."""
    found = json.loads(seen.tab.evaluate("axe.run().then(JSON.stringify)"))
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_given_axe_when_it_looks_then_nothing_serious(
    browser: Browser, armed: House, pictures: Path, size: dict[str, int], scheme: str
):
    secret = token(armed, "me", "trade")
    script = (AXE / "axe.min.js").read_text()
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
        form = seen.tab.locator("#change")
        form.get_by_label("Level or offset").fill("129.5")
        form.get_by_text("More words").click()
        form.get_by_role("button", name="Preview").click()
        expect(form.get_by_text("What it would do")).to_be_visible()
        found += serious(seen)

    assert found == []
