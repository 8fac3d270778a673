"""`webhook preview`: what would come of an alert."""

import io
import json
import sys
from pathlib import Path

import pytest

from cli.conftest import Command

ALERT = {
    "ticker": "AAPL",
    "direction": "long",
    "auth_key": "kept-to-ourselves",
    "orderType": "stop_limit",
    "qty": 100,
    "stopPrice": 150.5,
    "limitPrice": 151,
    "marketPrice": 150.25,
    "timeInForce": "gtc",
    "profitTarget": 160,
    "positionIntent": "breakout",
}


@pytest.fixture
def alert(tmp_path: Path) -> Path:
    path = tmp_path / "alert.json"
    path.write_text(json.dumps(ALERT))
    return path


def test_given_an_alert_when_previewed_then_one_document_without_the_key(
    command: Command, alert: Path
):
    done = command("webhook", "preview", str(alert), "--json", "--fill-price", "151.12")

    assert done.status == 0
    found = json.loads(done.out)
    assert list(found) == [
        "normalized",
        "validation",
        "findings",
        "analysis",
        "alpaca",
        "interactive_brokers",
        "interactive_brokers_web",
        "schwab",
        "td_ameritrade",
    ]
    assert found["validation"]["valid"] is True
    assert found["alpaca"]["order"]["type"] == "stop_limit"
    assert found["alpaca"]["notes"] == ["custom positionIntent kept as a tag, not sent"]
    assert found["interactive_brokers"]["order"]["lmtPrice"] == 151
    assert found["analysis"]["executionQuality"] == "poor"
    assert "kept-to-ourselves" not in done.out + done.err


def test_given_an_alert_when_previewed_for_people_then_findings_and_each_order(
    command: Command, alert: Path
):
    done = command("webhook", "preview", str(alert))

    assert done.status == 0
    assert done.out.startswith("valid: yes\n\nwarnings:\n")
    assert "  positionIntent 'breakout' is not an Alpaca value and is kept" in done.out
    assert "    action: Write buy_to_open, buy_to_close," in done.out
    assert '\nalpaca:\n  "order": {\n    "symbol": "AAPL",\n' in done.out
    assert '\nanalysis:\n  "intendedPrice": 151,\n  "setupCost": 0.75\n' in done.out
    assert "kept-to-ourselves" not in done.out + done.err


def test_given_a_wrong_alert_when_previewed_then_1_and_the_remedies(
    command: Command, alert: Path
):
    alert.write_text('{"ticker": "AAPL", "qty": "ten"}')

    done = command("webhook", "preview", str(alert))

    assert done.status == 1
    assert "valid: NO\n\nerrors:\n  qty must be a number\n    cause: It is" in done.out
    assert "  direction is required [E2]\n    cause: Missing direction\n" in done.out
    assert "\nalpaca: no order: qty must be a number; direction is" in done.out


def test_given_no_json_when_previewed_then_1_and_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    body = io.TextIOWrapper(io.BytesIO(b'{"qty": NaN}'))
    monkeypatch.setattr(sys, "stdin", body)

    done = command("webhook", "preview", "-", "--json")

    assert done.status == 1
    assert done.out == ""
    assert done.err.startswith("exitd: error: standard input: qty is NaN, which is no")


def test_given_no_file_or_no_price_then_2(command: Command, alert: Path):
    missing = command("webhook", "preview", str(alert.parent / "none.json"))
    price = command("webhook", "preview", str(alert), "--fill-price", "ten")

    assert (missing.status, price.status) == (2, 2)
    assert "No such file or directory; give a file that holds the body" in missing.err
    assert "--fill-price 'ten' is not a price; write digits" in price.err


def test_given_the_documented_dialect_then_alpacas_order_as_the_page_shows_it(
    command: Command, alert: Path
):
    done = command(
        "webhook", "preview", str(alert), "--json", "--dialect", "documented"
    )

    order = json.loads(done.out)["alpaca"]["order"]
    assert (order["type"], order["stop_price"], order["limit_price"]) == (
        "limit",
        "150.5",
        "151",
    )
