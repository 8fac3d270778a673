"""`close`, `fire`, `flatten`, `take-profit`, `import` and `handover`."""

import json
from pathlib import Path

from cli.conftest import Command, Done
from e2e.house import House
from exitd.configuration.load import load


def net(home: House) -> str:
    return home.held()


def test_given_position_when_half_is_closed_then_it_is_filled_and_said(
    command: Command, home: House
):
    home.open_position("10")
    orders = len(home.ledger())

    dry = command("close", "sol-core", "--quantity", "50%", "--dry-run")
    above = command("close", "sol-core", "--quantity", "100", "--dry-run")
    wrong = ("close", "sol-core", "--quantity", "much")
    tried, refused = command(*wrong, "--dry-run"), command(*wrong, "--yes")
    assert len(home.ledger()) == orders
    done = command("close", "sol-core", "--quantity", "50%", "--yes")
    document = command("close", "sol-core", "--quantity", "1", "--yes", "--json")

    assert "would close 50% of backpack/SOL_USDC_PERP/long" in dry.out
    assert "would close 10 of backpack/SOL_USDC_PERP/long" in above.out
    assert "100 is above the position of 10" in above.err
    assert (tried.status, tried.err) == (refused.status, refused.err)
    assert tried.err.startswith("exitd: error: quantity: write a share")
    assert done.status == 0
    assert "filled 5 at 140.99" in done.out
    assert document.json["triggers"][0]["state"] == "filled"
    assert net(home) == "4"
    home.open_position("10")


def test_given_unknown_position_when_closed_then_1(command: Command, home: House):
    done = command("close", "nonsense", "--yes")
    dry = command("close", "nonsense", "--dry-run")

    assert done.status == dry.status == 1
    assert "nonsense" in done.err


def test_b147_given_dry_run_when_fired_then_the_order_is_shown_and_nothing_sent(
    command: Command, home: House
):
    orders = len(home.ledger())

    done = command("fire", "sol-core/tp1", "--dry-run")
    document = command("fire", "sol-core/tp1", "--dry-run", "--json").json

    assert done.status == 0
    assert "sol-core/tp1 would send: sell " in done.out
    assert "SOL_USDC_PERP, market ioc, reduce-only" in done.out
    assert json.loads(document["request"])["headers"]["X-Signature"] == "***"
    assert document["reduce_only"] is True
    assert len(home.ledger()) == orders
    assert command("explain", "sol-core/tp1").status == 0


def test_given_trigger_when_fired_then_it_fills(command: Command, home: House):
    made = command("add", "sol-core", "--sl", "120", "--json").json["triggers"][0]
    amended = command("amend", made["id"], "--close", "1")

    done = command("fire", made["id"], "--yes")

    assert amended.status == 0, amended.err
    assert done.status == 0
    assert "filled 1 at" in done.out
    home.open_position("10")


def test_given_take_profit_when_placed_then_order_rests_and_flatten_spares_it(
    command: Command, home: House
):
    words = ("--side", "Ask", "--price", "150", "--quantity", "1", "--yes", "--json")

    placed = command("take-profit", "SOL_USDC_PERP", *words)
    spared = command("flatten", "SOL_USDC_PERP", "--json")
    dry = command("flatten", "SOL_USDC_PERP", "--including-ours", "--dry-run")
    flat = command("flatten", "SOL_USDC_PERP", "--including-ours", "--yes", "--json")

    assert placed.status == 0, placed.err
    assert placed.json["status"] == "New"
    assert placed.json["positions"][0]["symbol"] == "SOL_USDC_PERP"
    order_id = placed.json["orderId"]
    assert spared.json["cancelledOrders"] == []
    assert f"would cancel {order_id}: sell 1 at 150" in dry.out
    assert "nothing was cancelled" in dry.err
    assert [o["id"] for o in flat.json["cancelledOrders"]] == [order_id]
    assert flat.json["remainingOrders"] == []
    assert "positions stay open" in flat.json["notes"][0]
    assert net(home) == "10"


def test_given_wrong_side_or_price_when_take_profit_then_1_with_remedy(
    command: Command, home: House
):
    def take(symbol: str, side: str, price: str) -> Done:
        words = ("--side", side, "--price", price, "--quantity", "1", "--yes")
        return command("take-profit", symbol, *words)

    adding = take("SOL_USDC_PERP", "Bid", "120")
    below = take("SOL_USDC_PERP", "Ask", "130")
    flat = take("BTC_USDC_PERP", "Ask", "1")

    assert adding.status == below.status == flat.status == 1
    assert "use --side Ask" in adding.err
    assert "above the mark price" in below.err
    assert "no position is open on BTC_USDC_PERP" in flat.err


def test_given_window_when_by_hand_then_every_request_is_signed_for_it(
    command: Command, home: House
):
    def late(method: str, path: str) -> None:
        fault = {"kind": "delay", "delay_ms": 400, "method": method, "path": path}
        home.exchange.post("/sim/faults", fault)

    home.exchange.post("/sim/quirks", {"window_check": "execution"})
    flatten = ("flatten", "SOL_USDC_PERP", "--yes")
    words = ("--side", "Ask", "--price", "152", "--quantity", "1", "--yes")
    try:
        late("GET", "/api/v1/orders")
        short = command(*flatten, "--window", "200")
        late("GET", "/api/v1/orders")
        usual = command(*flatten)
        late("POST", "/api/v1/order")
        order = command("take-profit", "SOL_USDC_PERP", *words, "--window", "200")
    finally:
        home.exchange.post("/sim/quirks", {"window_check": "arrival"})

    assert short.status == 1
    assert "expired" in short.err
    assert usual.status == 0, usual.err
    assert order.status == 1
    assert "expired" in order.err
    assert command(*flatten, "--including-ours").status == 0


def test_given_dry_run_when_take_profit_then_checked_and_nothing_rests(
    command: Command, home: House
):
    def dry(side: str, price: str, *words: str) -> Done:
        options = ("--side", side, "--price", price, "--quantity", "1", "--dry-run")
        return command("take-profit", "SOL_USDC_PERP", *options, *words)

    orders = len(home.ledger())

    assert "would rest Ask 1 SOL_USDC_PERP at 150" in dry("Ask", "150").out
    assert dry("Ask", "150", "--json").json["positions"][0]["side"] == "long"
    assert "no short position" in dry("Bid", "120").err
    assert "winning side" in dry("Ask", "130").err
    assert dry("Ask", "12%").status == 2
    assert len(home.ledger()) == orders


def test_given_orders_that_cannot_be_cancelled_when_flattened_then_1(
    command: Command, home: House
):
    words = ("--side", "Ask", "--price", "151", "--quantity", "1", "--yes")
    assert command("take-profit", "SOL_USDC_PERP", *words).status == 0
    # Accepted, and never carried out.
    fault = {"kind": "accepted_202", "method": "DELETE", "count": None}
    home.exchange.post("/sim/faults", {**fault, "delay_ms": 3_600_000})
    flatten = ("flatten", "SOL_USDC_PERP", "--including-ours", "--yes")

    done = command(*flatten, "--json")
    home.exchange.clear_faults()
    after = command(*flatten)

    assert done.status == 1
    assert len(done.json["remainingOrders"]) == 1
    assert "rest still" in str(done.json["notes"])
    assert after.status == 0


def test_given_account_when_imported_then_yaml_that_loads(
    command: Command, home: House, tmp_path: Path
):
    path = tmp_path / "imported.yaml"

    done = command("import", "backpack")
    written = command("import", "backpack", "-o", str(path))
    again = command("import", "backpack", "-o", str(path))
    unknown = command("import", "nobody")

    assert done.status == 0, done.err
    assert "positions:" in done.out
    assert written.status == 0
    assert not [f for f in load(path, {}).findings if f.is_error]
    assert again.status == 1
    assert unknown.status == 1
    assert "yaml" in command("import", "backpack", "--json").json


def test_given_armed_stop_when_handover_is_tried_then_steps_and_nothing_placed(
    command: Command, home: House
):
    orders = len(home.ledger())

    done = command("handover", "--native", "--dry-run")

    assert done.status == 0
    assert "131.25" in done.out
    assert len(home.ledger()) == orders


def test_given_armed_exits_when_handed_over_and_back_then_native_orders_come_and_go(
    command: Command, home: House
):
    def resting() -> list[str]:
        return sorted(order["triggerPrice"] for order in home.ask("orders"))

    over = command("handover", "--native", "--yes")
    meanwhile = resting()
    paused = command("ls", "--state", "paused").out
    imported = command("import").out
    back = command("handover", "--back", "--yes", "--json")

    assert over.status == 0, over.out + over.err
    assert meanwhile == ["131.25", "150"]
    assert "sol-core/sl" in paused
    assert "positions:" in imported
    assert back.status == 0, back.out + back.err
    assert back.json["is_applied"] is True
    assert resting() == []
    assert command("ls", "--state", "armed").out.count("\n") == 2


def test_given_a_stop_that_the_venue_refuses_when_handed_over_then_the_status_says_so(
    command: Command, home: House
):
    home.fault("refuse", code="INVALID_ORDER")

    over = command("handover", "--native", "--yes")
    back = command("handover", "--back", "--yes")

    assert over.status == 1
    assert "refused, still armed here: INVALID_ORDER" in over.out
    assert back.status == 0, back.out + back.err


def test_given_open_positions_when_all_are_closed_then_flat(
    command: Command, home: House
):
    done = command("close", "--all", "--yes")
    nothing = command("close", "--all", "--yes")

    assert done.status == 0
    assert net(home) == "0"
    assert nothing.status == 0
    assert "nothing was closed" in nothing.err
