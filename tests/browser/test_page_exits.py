"""Exits of every kind, armed and amended on the page, each after a preview of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from browser.window import DESKTOP, PHONE, Window, token, window
from e2e.house import SYMBOL, House

BY_HAND = '#rows tr[data-id^="trg_"]'
#: By the word of a kind: its value, further words by their labels, and its level then.
KINDS: dict[str, tuple[str, dict[str, str], str | None]] = {
    "stop_loss": ("130.5", {}, "130.5"),
    "take_profit": ("+12%", {"In slices": "5 every 30s"}, "156.8"),
    "trailing": ("5", {"Narrow it": "1% at +20%"}, "136"),
    "below": ("120", {"What it does": "notify"}, "120"),
    "above": ("155", {"What it does": "close"}, "155"),
    "at_time": ("2099-12-31T20:00:00Z", {}, "20:00"),
    "max_hold": ("8h", {}, None),
}


@pytest.fixture
def seen(browser: Browser, armed: House, pictures: Path) -> Iterator[Window]:
    """The page, opened with a token that may trade."""
    secret = token(armed, "me", "trade")
    with window(browser, armed, pictures) as found:
        found.open()
        found.sign_in(secret)
        yield found


def arm_form(seen: Window) -> Locator:
    seen.tab.locator("#arm").click()
    return seen.tab.locator("#change")


def fill_in(form: Locator, words: dict[str, str]) -> None:
    """Fill in further words by their labels."""
    if not words:
        return
    form.get_by_text("More words").first.click()
    for label, value in words.items():
        field = form.get_by_label(label, exact=True)
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def previewed(seen: Window) -> Locator:
    """Ask for a preview; gives what it says."""
    form = seen.tab.locator("#change")
    form.get_by_role("button", name="Preview").click()
    shown = form.locator(".preview")
    expect(shown.get_by_text("What it would do")).to_be_visible()
    return shown


def test_given_each_kind_when_armed_on_the_page_then_previewed_first_and_listed(
    seen: Window,
):
    form, rows = seen.tab.locator("#change"), seen.tab.locator(BY_HAND)
    for number, (word, (value, words, level)) in enumerate(KINDS.items()):
        seen.tab.locator("#arm").click()
        form.get_by_label("Kind", exact=True).select_option(word)
        form.get_by_label("Level or offset").fill(value)
        form.get_by_label("Close", exact=True).fill("10%")
        fill_in(form, words)
        shown = previewed(seen)
        expect(shown.locator("code")).to_contain_text(value)
        expect(rows).to_have_count(number)

        form.get_by_role("button", name="Arm it").click()

        expect(form).to_be_hidden()
        row = rows.filter(has_text=word.replace("_", " "))
        expect(row).to_have_count(1)
        if level is not None:
            expect(row.locator(".level")).to_have_text(level)


def test_given_a_ladder_when_armed_then_all_of_it_at_once_with_each_order_shown(
    seen: Window, armed: House
):
    form = arm_form(seen)
    form.get_by_label("What", exact=True).select_option(
        label="stop-loss and a ladder of take-profits"
    )
    levels = form.get_by_label("Level or offset")
    for index, level in enumerate(("128", "151", "152", "153")):
        levels.nth(index).fill(level)
    shown = previewed(seen)
    items = shown.locator(".previews > li")
    expect(items).to_have_count(4)
    expect(items.nth(0)).to_contain_text(f"sell 10 {SYMBOL}, market, reduce-only")
    expect(items.nth(1)).to_contain_text(f"sell 5 {SYMBOL}")
    expect(items.nth(0)).to_contain_text("mark 141, 9.22 % away from 128")
    seen.picture("ladder")

    form.get_by_role("button", name="Arm it").click()

    expect(seen.tab.locator(BY_HAND)).to_have_count(4)
    armed.daemons[-1].log.wait("change.made", what="POST /v1/triggers", by="api:me")


def test_given_a_preview_when_the_form_changes_then_it_has_to_be_asked_for_again(
    seen: Window, armed: House
):
    form = arm_form(seen)
    form.get_by_label("Level or offset").fill("130")
    previewed(seen)
    send = form.get_by_role("button", name="Arm it")
    expect(send).to_be_visible()

    form.get_by_label("Level or offset").fill("145")
    expect(send).to_be_hidden()
    expect(form.locator(".previews")).to_have_count(0)
    form.get_by_role("button", name="Preview").click()
    expect(form.locator(".wrong").last).to_contain_text("is already crossed")
    expect(send).to_be_hidden()

    form.get_by_label("A level that is crossed already").select_option("fire")
    shown = previewed(seen)
    expect(shown).to_contain_text("! it would fire now")
    expect(form.get_by_role("button", name="let it fire")).to_be_visible()
    seen.picture("would-fire")
    assert armed.ledger() == []


def test_given_a_trail_when_amended_then_its_own_words_are_there_and_one_changes(
    seen: Window, armed: House
):
    where = ("add", "--symbol", SYMBOL, "--side", "long", "--close", "20%")
    trail = ("--trailing", "6", "--tighten", "1% at +20%", "--note", "by hand")
    assert armed.command(*where, *trail).returncode == 0
    row = seen.tab.locator(BY_HAND)
    row.locator("th button").click()
    seen.tab.locator("#explain").get_by_role("button", name="Amend").click()
    form = seen.tab.locator("#change")
    expect(form.get_by_label("Trail by")).to_have_value("6")
    expect(form.get_by_label("Narrow it")).to_have_value("1% at +20%")
    expect(form.get_by_label("Note", exact=True)).to_have_value("by hand")
    form.get_by_role("button", name="Preview").click()
    expect(form.locator(".wrong").last).to_have_text("nothing is changed yet")

    form.get_by_label("Trail by").fill("7")
    form.get_by_label("Narrow it").fill("")
    shown = previewed(seen)
    expect(shown).to_contain_text("trailing: 6 → 7")
    expect(shown).to_contain_text("tighten: to 1% at +20% → none")
    form.get_by_role("button", name="Amend it").click()

    expect(form).to_be_hidden()
    expect(row.locator(".level")).to_have_text("134")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_given_a_screen_when_armed_then_the_form_is_no_wider_than_it(
    seen: Window, size: dict[str, int]
):
    seen.tab.set_viewport_size(size)  # type: ignore[arg-type]
    seen.tab.emulate_media(color_scheme="dark")
    form = arm_form(seen)
    form.get_by_label("Level or offset").fill("130")
    form.get_by_text("More words").click()
    previewed(seen)
    seen.picture(f"arm-{size['width']}")
    wide = form.evaluate("node => node.scrollWidth <= node.clientWidth")

    assert wide


def test_given_another_market_when_armed_then_it_waits_for_a_position(
    seen: Window,
):
    form = arm_form(seen)
    form.get_by_label("Position", exact=True).select_option("another market")
    form.get_by_label("Symbol", exact=True).fill("ETH_USDC_PERP")
    form.get_by_label("Level or offset").fill("3900")
    form.get_by_label("wait for one").check()
    shown = previewed(seen)
    expect(shown).to_contain_text("It would be waiting for position")
    form.get_by_role("button", name="Arm it").click()

    row = seen.tab.locator(BY_HAND)
    expect(row.locator(".state")).to_contain_text("waiting: position")
