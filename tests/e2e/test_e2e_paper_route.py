"""A paper route of a live daemon: alerts trade and are reported, nothing is sent."""

from __future__ import annotations

import json

import pytest

from e2e.house import House
from e2e.webhook_house import add_webhook, alert, post

pytestmark = pytest.mark.e2e

PAPER = "PAPER, NOT PROTECTING"
BESIDE = "backpack:paper"
METADATA = {"strategy": "Breakout"}


def test_b147_given_a_paper_route_when_alerts_trade_then_reported_and_nothing_sent(
    home: House,
):
    port = add_webhook(home, mode="paper")
    daemon = home.start()
    orders = len(home.ledger())
    entering = alert(
        1,
        direction="long",
        qty=2,
        positionIntent="buy_to_open",
        stopLossTarget=135,
        metadata=METADATA,
    )

    status, _ = post(port, entering)
    daemon.log.wait("position.opened", account=BESIDE)
    home.until(lambda: "armed" in home.command("ls").stdout, "its stop is armed")
    listed = home.command("ls")
    home.price("134")
    done = daemon.log.wait("trigger.done", account=BESIDE)
    home.until(lambda: len(reported(home)) == 2, "both are reported")
    entered, exited = reported(home)
    shown = home.command("report", "--strategy", "Breakout")

    assert status == 200
    assert daemon.stop() == 0
    assert len(home.ledger()) == orders
    assert f"{BESIDE}: {PAPER}" in listed.stderr
    assert "armed, PAPER" in listed.stdout
    assert done["mode"] == PAPER
    assert (entered["kind"], exited["kind"]) == ("entry", "exit")
    assert {row["account"] for row in (entered, exited)} == {BESIDE}
    assert {row["strategy"] for row in (entered, exited)} == {"Breakout"}
    assert {row["quantity"] for row in (entered, exited)} == {"2"}
    assert entered["on_paper"] is exited["on_paper"] is True
    assert entered["market_price"] == entered["intended_price"] == "141"
    assert exited["intended_price"] == "135"
    assert entered["quality"]
    assert exited["quality"]
    assert 0 <= entered["ms_to_order"] < 60_000
    assert "PAPER: 2 of 2 orders" in shown.stderr


def reported(home: House) -> list[dict[str, object]]:
    done = home.command("report", "--from", "1d", "--json")
    rows: list[dict[str, object]] = json.loads(done.stdout)["rows"]
    return rows
