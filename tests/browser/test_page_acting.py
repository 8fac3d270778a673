"""What a person can change on the page, and with which token."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from browser.window import PHONE, token, window
from e2e.house import SYMBOL, House


def armed_by_hand(house: House, stop: str = "130") -> str:
    """Arm a stop that no file owns."""
    where = ("add", "--symbol", SYMBOL, "--side", "long")
    made = house.command(*where, "--sl", stop, "--json")
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["triggers"][0]["id"])


def test_given_no_token_when_cancelled_then_it_is_asked_for_and_nothing_is_done(
    browser: Browser, armed: House, pictures: Path
):
    id = armed_by_hand(armed)
    with window(browser, armed, pictures) as seen:
        seen.open()
        panel = seen.explain(id)
        panel.get_by_role("button", name="Cancel", exact=True).click()
        panel.get_by_role("button", name="Cancel it now").click()

        expect(seen.tab.locator("#token")).to_be_visible()
        expect(seen.tab.locator("#token-wrong")).to_contain_text("needs a token")
        expect(seen.state(id)).to_have_text("armed")


def test_given_a_token_when_cancelled_then_done_and_the_log_says_by_whom(
    browser: Browser, armed: House, pictures: Path
):
    id, secret = armed_by_hand(armed), token(armed, "me", "trade")
    with window(browser, armed, pictures) as seen:
        seen.open()
        seen.sign_in(secret)
        panel = seen.explain(id)
        expect(panel.locator("ul li").first).not_to_have_text("asking …")
        panel.get_by_role("button", name="Cancel", exact=True).click()
        panel.get_by_role("button", name="Cancel it now").click()

        expect(seen.state(id)).to_have_text("cancelled")
    what = f"DELETE /v1/triggers/{id}"
    armed.daemons[-1].log.wait("change.made", what=what, by="api:me")


def test_given_a_token_that_is_wrong_when_used_then_said_and_not_kept(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures) as seen:
        seen.open()
        seen.tab.locator("#sign-in").click()
        seen.tab.locator("#secret").fill("exitd_wrong")
        seen.tab.locator("#secret").press("Enter")

        expect(seen.tab.locator("#token-wrong")).to_contain_text("not valid")
        expect(seen.tab.locator("#sign-in")).to_have_text("Token")


def test_given_a_phone_when_it_pauses_then_a_take_profit_pauses_and_a_stop_does_not(
    browser: Browser, armed: House, pictures: Path
):
    secret = token(armed, "pocket", "phone")
    with window(
        browser, armed, pictures, PHONE, color_scheme="dark", has_touch=True
    ) as seen:
        seen.open()
        seen.sign_in(secret)
        seen.row("sol-core/tp1").get_by_role("button", name="Pause").click()
        panel = seen.tab.locator("#explain")
        panel.get_by_role("button", name="Pause it now").click()
        expect(seen.state("sol-core/tp1")).to_have_text("paused")
        panel.get_by_role("button", name="Close").click()

        seen.row("sol-core/sl").get_by_role("button", name="Pause").click()
        expect(panel).to_contain_text("is a stop")
        panel.get_by_role("button", name="Pause it now").click()
        expect(panel.locator(".wrong")).to_contain_text("may pause take-profits")
        expect(seen.state("sol-core/sl")).to_have_text("armed")


def test_given_a_door_to_others_when_opened_then_nothing_is_shown_without_a_token(
    browser: Browser, armed: House, pictures: Path
):
    secret = token(armed, "pocket", "phone")
    armed.daemons[-1].stop()
    text = armed.config.read_text()
    armed.config.write_text(text.replace('bind: "127.0.0.1:', 'bind: "0.0.0.0:'))
    armed.start()

    with window(browser, armed, pictures, PHONE) as seen:
        seen.tab.goto(seen.url)
        expect(seen.tab.locator("#token")).to_be_visible()
        expect(seen.tab.locator("#banner")).to_have_text("")
        expect(seen.tab.locator("#rows tr")).to_have_count(0)
        seen.picture("asks")

        seen.sign_in(secret)
        expect(seen.tab.locator("#banner")).to_have_text("LIVE")
        expect(seen.state("sol-core/sl")).to_have_text("armed")
