"""`exitd webhook url`: what to paste where alerts are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import Command
from exitd.cli.webhook_url import CLOSING, INDICATOR, STRATEGY
from exitd.signals.normalising import normalise
from exitd.signals.reading import read_body
from exitd.signals.validating import validate

KEY = 's3cret "quoted"'
FILE = """\
version: 1
mode: paper
venues: {{backpack: {{type: backpack}}}}
webhook:
  bind: "{bind}"
  {more}
  routes: {routes}
"""
ROUTE = (
    "{tv: {auth_key: {env: TV_KEY}, mode: paper, venues: [backpack], "
    "allow: [open, close]}}"
)
ONLY_CLOSES = "{tv: {auth_key: {env: TV_KEY}, mode: paper, venues: [backpack]}}"
#: What TradingView puts in place of its placeholders.
FILLED = {
    "{{ticker}}": "AAPL",
    "{{close}}": "150.25",
    "{{timenow}}": "2026-11-29T10:00:00Z",
    "{{strategy.order.action}}": "sell",
    "{{strategy.order.contracts}}": "12.5",
    "{{strategy.order.id}}": "Long Entry",
}


def _config(
    folder: Path, *, more: str = "", bind: str = "127.0.0.1:8788", routes: str = ROUTE
) -> str:
    path = folder / "exitd.yaml"
    path.write_text(FILE.format(bind=bind, more=more, routes=routes))
    return str(path)


def test_given_a_public_url_then_url_and_two_bodies_without_the_key(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TV_KEY", KEY)
    config = _config(tmp_path, more="public_url: https://alerts.example.org/")

    done = command("webhook", "url", "tv", "--config", config)

    assert done.status == 0
    assert done.out.splitlines()[0] == "https://alerts.example.org/webhook/tv"
    assert done.out.count('"auth_key": "AUTH_KEY OF tv"') == 2
    assert "{{strategy.order.action}}" in done.out
    assert "the auth_key is in variable TV_KEY" in done.err
    assert "s3cret" not in done.out + done.err


def test_given_with_key_then_the_key_as_it_has_to_stand_in_json(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TV_KEY", KEY)
    config = _config(tmp_path, more="public_url: https://alerts.example.org")

    done = command("webhook", "url", "tv", "--with-key", "--json", "--config", config)

    assert done.json["url"] == "https://alerts.example.org/webhook/tv"
    assert done.json["notes"] == []
    assert '"auth_key": "s3cret \\"quoted\\""' in done.json["bodies"]["strategy"]


def test_given_a_route_that_only_closes_then_a_body_that_closes_and_a_note(
    command: Command, tmp_path: Path
):
    config = _config(tmp_path, routes=ONLY_CLOSES)

    done = command("webhook", "url", "tv", "--json", "--config", config)

    body = done.json["bodies"]["indicator"]
    assert '"positionIntent": "sell_to_close"' in body
    assert "qty" not in body
    assert any("webhook.routes.tv.allow" in note for note in done.json["notes"])


@pytest.mark.parametrize(
    ("more", "url", "part"),
    [
        ("", "http://127.0.0.1:8788/webhook/tv", "this machine only reaches it"),
        (
            "public_url: https://a.example.org:8443",
            "https://a.example.org:8443/webhook/tv",
            "sends to the ports 80 and 443 only, and this is 8443",
        ),
    ],
)
def test_given_what_tradingview_cannot_reach_then_a_note_says_so(
    more: str, url: str, part: str, command: Command, tmp_path: Path
):
    config = _config(tmp_path, more=more)

    done = command("webhook", "url", "tv", "--json", "--config", config)

    assert done.json["url"] == url
    assert part in done.json["notes"][0]


@pytest.mark.parametrize(
    ("options", "route", "part"),
    [
        (
            {},
            "tvv",
            "there is no route 'tvv' (did you mean 'tv'?); those there are: tv",
        ),
        ({"routes": "{}"}, "tv", "there is no route yet; write one"),
        ({"bind": "off"}, "tv", "webhook.bind is off"),
    ],
)
def test_given_what_cannot_be_told_then_one_sentence(
    options: dict[str, str], route: str, part: str, command: Command, tmp_path: Path
):
    config = _config(tmp_path, **options)

    done = command("webhook", "url", route, "--config", config)

    assert done.status == 1
    assert part in done.err


def test_given_files_with_a_mistake_then_it_is_shown(command: Command, tmp_path: Path):
    config = _config(tmp_path, routes="{tv: {mode: paper}}")

    done = command("webhook", "url", "tv", "--config", config)

    assert done.status == 78
    assert "'auth_key' is missing" in done.err


def _pasted() -> list[str]:
    """Give the bodies that the page says to paste."""
    page = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text()
    return [line for line in page.splitlines() if line.startswith('{"ticker": "{{')]


def test_given_the_page_then_it_has_a_body_for_each_kind_of_alert():
    assert len(_pasted()) == 2


@pytest.mark.parametrize("body", [INDICATOR, CLOSING, STRATEGY, *_pasted()])
def test_given_a_body_when_tradingview_has_filled_it_in_then_a_valid_alert(body: str):
    for placeholder, value in FILLED.items():
        body = body.replace(placeholder, value)

    normalised = normalise(read_body(body.encode()))

    assert "{{" not in body
    assert validate(normalised).errors == ()
    assert normalised.signal.ticker == "AAPL"
