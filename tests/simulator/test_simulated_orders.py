"""Time in force, post-only, self trades, bands, steps and order-book states."""

from decimal import Decimal
from typing import Any

import pytest

from exitd.simulator.refusal import Refused
from simulator.floor import PERP, Floor


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_given_two_levels_when_market_order_then_fills_best_price_first(floor: Floor):
    floor.submit("maker", "Ask", "1", price="140.02")
    floor.submit("maker", "Ask", "1", price="140.01")

    order = floor.submit("taker", "Bid", "1.5")

    assert order.status == "Filled"
    assert order.executed_quote == Decimal("140.01") + Decimal("70.01")
    assert floor.told() == [
        *("orderAccepted", "orderAccepted", "orderAccepted"),
        *("orderFill", "positionOpened", "orderFill", "positionOpened"),
        *("orderFill", "positionAdjusted", "orderFill", "positionAdjusted"),
    ]


def test_given_thin_book_when_market_order_then_partly_filled_and_expired(floor: Floor):
    floor.submit("maker", "Ask", "1", price="140.01")

    order = floor.submit("taker", "Bid", "3")

    assert (order.status, order.expiry_reason) == ("Expired", "InsufficientLiquidity")
    assert order.executed == 1


def test_given_levels_beyond_impact_when_market_order_then_stops_there(floor: Floor):
    floor.submit("maker", "Ask", "1", price="140")
    floor.submit("maker", "Ask", "1", price="142")

    order = floor.submit("taker", "Bid", "2")

    assert (order.executed, order.expiry_reason) == (Decimal(1), "PriceImpact")


def test_given_slippage_tolerance_when_next_level_is_worse_then_stops(floor: Floor):
    floor.submit("maker", "Ask", "1", price="140")
    floor.submit("maker", "Ask", "1", price="140.10")

    order = floor.submit(
        *("taker", "Bid", "2"), slippageTolerance="5", slippageToleranceType="TickSize"
    )

    assert order.executed == 1
    assert order.expiry_reason == "SlippageToleranceExceeded"


def test_given_quote_quantity_when_market_order_then_spends_at_most_that(floor: Floor):
    floor.submit("maker", "Ask", "10", price="140")

    order = floor.submit("taker", "Bid", None, quoteQuantity="100")

    assert order.status == "Filled"
    assert order.executed == Decimal("0.71")
    assert order.executed_quote <= 100


@pytest.mark.parametrize(
    ("tif", "status", "executed", "reason"),
    [
        ("GTC", "PartiallyFilled", "1", None),
        ("IOC", "Expired", "1", "ImmediateOrCancel"),
        ("FOK", "Expired", "0", "FillOrKill"),
    ],
)
def test_given_half_of_it_on_the_book_when_limit_then_time_in_force_decides(
    floor: Floor, tif: str, status: str, executed: str, reason: str | None
):
    floor.submit("maker", "Ask", "1", price="140")

    order = floor.submit("taker", "Bid", "2", price="140", timeInForce=tif)

    assert (order.status, order.expiry_reason) == (status, reason)
    assert order.executed == Decimal(executed)


def test_given_crossing_price_when_post_only_then_refused(floor: Floor):
    floor.submit("maker", "Ask", "1", price="140")

    message = floor.refusal("taker", "Bid", "1", price="140", postOnly=True)

    assert message == "Order would immediately match and take"


@pytest.mark.parametrize(
    ("mode", "status"), [("RejectTaker", "Expired"), ("RejectMaker", "Filled")]
)
def test_given_own_order_in_the_way_when_fill_or_kill_then_prevention_decides(
    floor: Floor, mode: str, status: str
):
    floor.submit("one", "Ask", "1", price="140")
    floor.submit("maker", "Ask", "1", price="140")

    order = floor.submit(
        *("one", "Bid", "1"), timeInForce="FOK", price="140", selfTradePrevention=mode
    )

    assert order.status == status


@pytest.mark.parametrize(
    ("mode", "taker", "maker"),
    [
        ("RejectTaker", "Expired", "New"),
        ("RejectMaker", "New", "Expired"),
        ("RejectBoth", "Expired", "Expired"),
    ],
)
def test_given_own_order_opposite_when_crossing_then_prevention_decides(
    floor: Floor, mode: str, taker: str, maker: str
):
    resting = floor.submit("one", "Ask", "1", price="140")

    order = floor.submit("one", "Bid", "1", price="140", selfTradePrevention=mode)

    assert (order.status, resting.status) == (taker, maker)
    expired = [o for o in (order, resting) if o.status == "Expired"]
    assert {o.expiry_reason for o in expired} == {"SelfTradePrevention"}
    assert floor.net("one") == 0


def test_given_position_when_it_shrinks_then_resting_reduce_only_shrinks(floor: Floor):
    floor.hold("one", "5")
    resting = floor.submit("one", "Ask", "5", price="150", reduceOnly=True)
    floor.submit("other", "Bid", "2", price="140")
    floor.told()

    floor.submit("one", "Ask", "2")

    assert resting.quantity == 3
    assert "orderModified" in floor.told()


def test_given_position_when_it_closes_then_resting_reduce_only_expires(floor: Floor):
    floor.hold("one", "2")
    resting = floor.submit("one", "Ask", "2", price="150", reduceOnly=True)
    floor.submit("other", "Bid", "2", price="140")

    floor.submit("one", "Ask", "2")

    assert (resting.status, resting.expiry_reason) == (
        "Expired",
        "ReduceOnlyNotReduced",
    )


@pytest.mark.parametrize("net", ["0", "2"])
def test_given_nothing_to_reduce_when_reduce_only_then_refused(floor: Floor, net: str):
    if net != "0":
        floor.hold("one", net)

    message = floor.refusal("one", "Bid", "1", reduceOnly=True)

    assert message == "Reduce only order not reduced"


def test_given_quote_quantity_above_position_when_reduce_only_then_never_flips(
    floor: Floor,
):
    floor.hold("one", "1")
    floor.submit("maker", "Bid", "10", price="140")

    order = floor.submit("one", "Ask", None, quoteQuantity="1000", reduceOnly=True)

    assert (order.status, order.executed) == ("Filled", 1)
    assert floor.net("one") == 0


def test_given_long_when_sold_through_zero_then_two_lifetimes(floor: Floor):
    floor.submit("other", "Bid", "5", price="140")
    floor.hold("one", "2", "130")
    first = floor.state.accounts["one"].positions[PERP].position_id
    floor.told()

    floor.submit("one", "Ask", "5")

    position = floor.state.accounts["one"].positions[PERP]
    assert (position.net_quantity, position.entry_price) == (Decimal(-3), 140)
    assert position.position_id != first
    assert floor.state.accounts["one"].closed[0].pnl_realized == 20
    told = floor.told()
    assert told.index("positionClosed") + 1 == told.index("positionOpened", 4)


def test_given_trade_when_settled_then_fees_and_profit_reach_the_balance(floor: Floor):
    floor.hold("one", "2", "130")
    floor.submit("other", "Bid", "2", price="140")

    floor.submit("one", "Ask", "2", reduceOnly=True)

    # 5 basis points of 280 for the taker, 2 for the maker.
    assert floor.state.accounts["one"].balance("USDC") == Decimal("1000019.86")
    assert floor.state.accounts["other"].balance("USDC") == Decimal("999999.944")


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"quantity": "1.005"}, "Quantity decimal too long"),
    ({"quantity": "0"}, "Market orders must specify a positive `quantity`"),
    ({"quantity": None}, "Market orders must specify a positive `quantity`"),
    ({"price": "140.001"}, "Price decimal too long"),
    ({"price": "1000.01"}, "Price is too far from the last active price"),
    ({"price": "120"}, "Price is too far from the last active price"),
    ({"price": "160"}, "Price is too far from the last active price"),
    (
        {"price": "140", "quantity": None},
        "Limit orders must specify a positive `quantity`",
    ),
    ({"orderType": "Limit"}, "Limit orders must specify a `price`"),
    (
        {"orderType": "Market", "price": "140"},
        "Market orders cannot specify `price` or `postOnly`",
    ),
    (
        {"quoteQuantity": "10"},
        "Market orders must specify either `quantity` or `quoteQuantity`",
    ),
    (
        {"price": "139", "postOnly": True, "timeInForce": "IOC"},
        "Post only orders must be GTC",
    ),
    (
        {"triggerPrice": "150"},
        "Must specify both `triggerPrice` and `triggerQuantity` or neither",
    ),
    (
        {"triggerQuantity": "1"},
        "Must specify both `triggerPrice` and `triggerQuantity` or neither",
    ),
]


@pytest.mark.parametrize(("fields", "message"), REFUSALS)
def test_given_order_that_breaks_a_rule_when_submitted_then_recorded_message(
    floor: Floor, fields: dict[str, Any], message: str
):
    body = {"quantity": "1", **fields}

    refused = floor.refusal("one", "Bid", body.pop("quantity"), **body)

    assert refused == message


def test_given_step_of_minimum_when_below_minimum_then_refused(floor: Floor):
    floor.state.markets[PERP].quantity_min = Decimal("0.1")

    message = floor.refusal("one", "Bid", "0.05")

    assert message == "Quantity is below the minimum allowed value"


@pytest.mark.parametrize(
    ("state", "market", "limit", "post"),
    [
        ("Open", True, True, True),
        ("LimitOnly", False, True, True),
        ("PostOnly", False, False, True),
        ("CancelOnly", False, False, False),
        ("Closed", False, False, False),
    ],
)
def test_given_book_state_when_orders_come_then_only_some_are_taken(
    floor: Floor, state: str, market: bool, limit: bool, post: bool
):
    floor.submit("maker", "Ask", "5", price="141")
    floor.state.markets[PERP].state = state
    outcomes = []

    for fields in ({}, {"price": "139"}, {"price": "139", "postOnly": True}):
        try:
            floor.submit("one", "Bid", "1", **fields)
            outcomes.append(True)
        except Refused:
            outcomes.append(False)

    assert outcomes == [market, limit, post]


def test_given_cancel_only_when_cancelling_then_cancelled(floor: Floor):
    order = floor.submit("one", "Bid", "1", price="139")
    floor.state.markets[PERP].state = "CancelOnly"

    floor.engine.cancel("one", order, floor.now())

    assert order.status == "Cancelled"


def test_given_small_balance_when_opening_then_margin_refuses_and_closing_goes(
    floor: Floor,
):
    account = floor.state.open_account("poor")
    account.balances["USDC"] = Decimal(20)
    floor.submit("maker", "Ask", "9", price="140")
    floor.submit("maker", "Bid", "9", price="139")

    assert floor.refusal("poor", "Bid", "2") == "Insufficient margin"
    assert floor.submit("poor", "Bid", "1").status == "Filled"
    account.balances["USDC"] = Decimal(-500)
    assert floor.submit("poor", "Ask", "1", reduceOnly=True).status == "Filled"


def test_given_spot_when_selling_more_than_owned_then_funds_refuse(floor: Floor):
    message = floor.refusal("one", "Ask", "1001", symbol="SOL_USDC", price="140")

    assert message == "Insufficient funds"
