"""What a person sees who watches the page while things happen."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from browser.window import window
from e2e.house import House


def test_given_the_page_when_a_trigger_fires_then_it_is_seen_without_a_reload(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures, color_scheme="dark") as seen:
        seen.open()
        expect(seen.state("sol-core/tp1")).to_have_text("armed")
        expect(seen.tab.locator("#armed")).to_have_text("3 armed")

        armed.price("146.2")

        expect(seen.state("sol-core/tp1")).to_have_text("filled")
        expect(seen.tab.locator("#armed")).to_have_text("2 armed")
        expect(seen.tab.locator("#last-exit")).to_contain_text("ago")
        block = seen.tab.locator('#events details[data-fire="sol-core/tp1#1"]')
        expect(block.locator('[data-event="order.filled"]')).to_be_visible()
        expect(seen.tab.locator("#said")).to_contain_text("sol-core/tp1 is filled")
        told = re.compile("sol-core/tp1 fired at 146.2")
        expect(seen.tab.locator("#chart")).to_have_attribute("aria-label", told)
        expect(seen.tab.locator("#latency-sent")).to_contain_text("hit to sent: p50")
        answered = seen.tab.locator("#latency-answered")
        expect(answered).to_contain_text("sent to answer: p50")
        expect(seen.tab.locator("#latency-words")).to_have_text("1 close in 24 h")
        expect(seen.tab.locator("#latency canvas")).to_be_visible()
        seen.picture("fired", whole=True)


def test_given_a_trail_when_the_price_rises_then_its_level_and_its_line_move(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures) as seen:
        seen.open()
        chart = seen.tab.locator("#chart")
        expect(chart).to_have_attribute("aria-label", re.compile("trail 25% 137.475"))

        armed.price("144")

        expect(seen.row("sol-core/run").locator(".level")).to_have_text("140.4")
        expect(chart).to_have_attribute("aria-label", re.compile("trail 25% 140.4"))
        expect(chart).to_have_attribute("aria-label", re.compile("entry long 140"))

        armed.price("140.2")

        expect(seen.state("sol-core/run")).to_have_text("filled")
        expect(seen.row("sol-core/run").locator(".level")).to_have_text("140.4")


def test_given_prices_when_they_move_then_the_nearest_is_first_and_its_bar_is_red(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures) as seen:
        seen.open()
        first = seen.tab.locator("#rows tr").first

        armed.price("145.5")
        expect(first).to_have_attribute("data-id", "sol-core/tp1")
        expect(first).to_have_class("close")
        expect(first.locator(".away")).to_have_text("0.34 % away")
        expect(seen.row("sol-core/run")).to_have_class("near")
        expect(seen.row("sol-core/sl")).not_to_have_class(re.compile("close|near"))


def test_given_a_feed_when_it_goes_stale_then_its_rows_are_grey_until_it_is_back(
    browser: Browser, home: House, pictures: Path
):
    more = "policies: {feed_stale: alert, price_max_age: 1s}\n"
    home.config.write_text(home.config.read_text() + more)
    home.open_position()
    home.start().log.wait("trigger.armed", trigger_id="sol-core/sl")

    with window(browser, home, pictures) as seen:
        seen.open()
        expect(seen.row("sol-core/sl")).not_to_have_class(re.compile("stale"))

        home.exchange.post("/sim/faults", {"kind": "silence", "stream": "markPrice."})
        expect(seen.row("sol-core/sl")).to_have_class(re.compile("stale"))
        expect(seen.state("sol-core/sl")).to_have_text("stale")
        expect(seen.tab.locator("#feed-count")).to_contain_text("stale")
        expect(seen.tab.locator("#ready")).to_have_text("not ready")
        seen.picture("stale", whole=True)

        home.exchange.clear_faults()
        expect(seen.row("sol-core/sl")).not_to_have_class(re.compile("stale"))


def test_given_the_daemon_is_gone_when_it_is_back_then_the_page_follows_it_again(
    browser: Browser, armed: House, pictures: Path
):
    with window(browser, armed, pictures) as seen:
        seen.open()
        armed.daemons[-1].stop()
        expect(seen.tab.locator("#trouble")).to_contain_text("Not connected")
        seen.wrong.clear()

        armed.start()

        expect(seen.tab.locator("#ready")).to_have_text("ready")
        expect(seen.tab.locator("#trouble")).to_be_hidden()
        expect(seen.row("sol-core/sl")).to_be_visible()


def test_given_nothing_to_watch_when_opened_then_it_says_what_to_write(
    browser: Browser, home: House, pictures: Path
):
    home.positions_file.unlink()
    home.start()

    with window(browser, home, pictures, color_scheme="light") as seen:
        seen.open()
        expect(seen.tab.locator("#setup")).to_be_visible()
        expect(seen.tab.locator("#setup-yaml")).to_contain_text("stop_loss: 131.25")
        expect(seen.tab.locator("#triggers")).to_be_hidden()
        seen.picture("empty")


def test_given_paper_when_opened_then_it_says_that_nothing_is_protected(
    browser: Browser, home: House, pictures: Path
):
    home.config.write_text(home.config.read_text().replace("mode: live", "mode: paper"))
    home.start()

    with window(browser, home, pictures, color_scheme="light") as seen:
        seen.open()
        expect(seen.tab.locator("#banner")).to_have_text("PAPER, NOT PROTECTING")
        expect(seen.tab).to_have_title("PAPER · exitd")
        seen.picture("paper")
