"""Native trigger orders: placed, fired, failed, linked, attached."""

from decimal import Decimal
from typing import Any

import pytest

from exitd.simulator.values import Order
from simulator.floor import PERP, Floor


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.submit("maker", "Bid", "50", price="139")
    made.submit("maker", "Ask", "50", price="141")
    made.told()
    return made


def stop(floor: Floor, at: str = "138", quantity: str = "1", **more: Any) -> Order:
    more = {"reduceOnly": True, "triggerBy": "MarkPrice", **more}
    return floor.submit(
        "one", "Ask", None, triggerPrice=at, triggerQuantity=quantity, **more
    )


def fired_by(floor: Floor, trigger: Order) -> Order:
    return list(floor.state.accounts["one"].orders.values())[-1]


def test_given_trigger_when_placed_then_pending(floor: Floor):
    floor.hold("one", "1")

    order = stop(floor)

    assert (order.status, order.quantity) == ("TriggerPending", None)
    assert floor.told() == ["positionOpened", "triggerPlaced"]


@pytest.mark.parametrize(
    ("by", "moved", "fires"),
    [
        ("MarkPrice", {"mark": "138"}, True),
        ("MarkPrice", {"last": "138", "index": "138"}, False),
        ("IndexPrice", {"index": "137.5"}, True),
        ("LastPrice", {"last": "138"}, True),
        ("LastPrice", {"mark": "130"}, False),
        (None, {"last": "138"}, True),
    ],
)
def test_given_trigger_by_when_prices_move_then_only_that_price_counts(
    floor: Floor, by: str | None, moved: dict[str, str], fires: bool
):
    floor.hold("one", "1")
    more = {} if by is None else {"triggerBy": by}
    order = floor.submit(
        *("one", "Ask", None),
        triggerPrice="138",
        triggerQuantity="1",
        reduceOnly=True,
        **more,
    )

    floor.prices(**moved)

    assert order.status == ("Triggered" if fires else "TriggerPending")
    assert floor.net("one") == (0 if fires else 1)


def test_given_price_above_when_placed_then_fires_on_the_rise(floor: Floor):
    floor.hold("one", "1")
    order = stop(floor, at="150")

    floor.prices(mark="149.99")
    before = order.status
    floor.prices(mark="150")

    assert (before, order.status) == ("TriggerPending", "Triggered")


def test_given_share_when_position_grew_then_share_of_the_new_size(floor: Floor):
    floor.hold("one", "1")
    stop(floor, quantity="50%")
    floor.hold("one", "3")

    floor.prices(mark="138")

    assert floor.net("one") == Decimal("1.5")


def test_given_position_gone_when_hit_then_trigger_failed(floor: Floor):
    floor.hold("one", "1")
    order = stop(floor)
    floor.hold("one", "0")
    floor.told()

    floor.prices(mark="138")

    assert order.status == "TriggerFailed"
    assert order.expiry_reason == "StopWithoutPosition"
    assert floor.told() == ["triggerFailed"]


def test_given_market_closed_when_hit_then_trigger_failed(floor: Floor):
    floor.hold("one", "1")
    order = stop(floor)
    floor.state.markets[PERP].state = "Closed"

    floor.prices(mark="138")

    assert order.status == "TriggerFailed"
    assert floor.net("one") == 1


def test_given_fired_stop_when_its_trades_reach_the_next_then_both_fire(floor: Floor):
    floor.hold("one", "2")
    floor.submit("maker", "Bid", "50", price="138.5")
    first = stop(floor, at="139.5", triggerBy="MarkPrice")
    second = stop(floor, at="139", triggerBy="LastPrice")

    floor.prices(mark="139.5")

    assert (first.status, second.status) == ("Triggered", "Triggered")
    assert floor.net("one") == 0


def test_given_limit_trigger_when_fired_then_rests_at_its_price(floor: Floor):
    floor.hold("one", "1")
    stop(floor, at="150", price="152")

    floor.prices(mark="150")

    (resting,) = floor.state.accounts["one"].open_orders.values()
    assert (resting.price, resting.status, resting.reduce_only) == (152, "New", True)


@pytest.mark.parametrize(
    ("link", "same_id", "related"),
    [
        ("related_order_id", False, True),
        ("none", False, False),
        ("same_id", True, False),
    ],
)
def test_given_link_quirk_when_fired_then_orders_are_linked_that_way(
    floor: Floor, link: str, same_id: bool, related: bool
):
    floor.state.quirks = floor.state.quirks.changed({"fired_order_link": link})
    floor.hold("one", "1")
    trigger = stop(floor)

    floor.prices(mark="138")

    fired = fired_by(floor, trigger)
    assert fired.status == "Filled"
    assert fired.triggered_us is not None
    assert (fired.id == trigger.id) is same_id
    assert (fired.related_order_id == trigger.id) is related


def test_given_filled_quirk_when_fired_then_trigger_counts_as_filled(floor: Floor):
    floor.state.quirks = floor.state.quirks.changed({"fired_trigger_status": "Filled"})
    floor.hold("one", "1")
    trigger = stop(floor)

    floor.prices(mark="138")

    assert trigger.status == "Filled"


def test_given_mark_by_default_when_trigger_by_is_absent_then_mark_fires(floor: Floor):
    floor.state.quirks = floor.state.quirks.changed({"trigger_by_default": "MarkPrice"})
    floor.hold("one", "1")
    trigger = stop(floor, triggerBy=None)

    floor.prices(last="138")
    before = trigger.status
    floor.prices(mark="138")

    assert (before, trigger.status) == ("TriggerPending", "Triggered")


@pytest.mark.parametrize(
    ("direction", "status"), [("placement", "TriggerPending"), ("entry", "Triggered")]
)
def test_given_trigger_between_entry_and_price_when_placed_then_quirk_decides(
    floor: Floor, direction: str, status: str
):
    floor.state.quirks = floor.state.quirks.changed({"trigger_direction": direction})
    floor.hold("one", "1", "150")
    trigger = stop(floor, at="145")

    floor.prices(mark="141")

    assert trigger.status == status


def test_given_limit_of_stops_when_one_more_then_refused(floor: Floor):
    floor.state.quirks = floor.state.quirks.changed({"max_stop_orders_per_position": 2})
    floor.hold("one", "1")
    stop(floor)
    stop(floor)

    message = floor.refusal("one", "Ask", None, triggerPrice="137", triggerQuantity="1")

    assert message == "Maximum stop orders per position reached"


def test_given_attached_exits_when_entry_fills_in_parts_then_they_grow(floor: Floor):
    entry = floor.submit(
        *("one", "Bid", "3"),
        price="140",
        takeProfitTriggerPrice="150",
        takeProfitTriggerBy="MarkPrice",
        stopLossTriggerPrice="130",
        stopLossTriggerBy="MarkPrice",
        stopLossLimitPrice="129",
    )
    before = len(floor.state.accounts["one"].open_orders)
    floor.submit("other", "Ask", "1", price="140")
    floor.submit("other", "Ask", "2", price="140")

    profit, loss = [
        order
        for order in floor.state.accounts["one"].open_orders.values()
        if order.is_pending_trigger
    ]

    assert before == 1
    assert (profit.order_type, loss.order_type) == ("Market", "Limit")
    assert (profit.trigger_quantity, loss.trigger_quantity) == ("3", "3")
    assert profit.related_order_id == entry.id
    assert (profit.is_trigger_above, loss.is_trigger_above) == (True, False)
    floor.prices(mark="150")
    assert floor.net("one") == 0


def test_given_quantity_beside_trigger_quantity_when_quirk_refuses_then_refused():
    floor = Floor({"quantity_with_trigger": "refused"})
    floor.hold("one", "1")

    message = floor.refusal("one", "Ask", "1", triggerPrice="130", triggerQuantity="1")

    assert message == "Must specify only one of `quantity` and `triggerQuantity`"
