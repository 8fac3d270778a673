"""Orders of each broker: what the vectors leave open."""

from typing import Any

import pytest

from exitd.core.position import OrderSide, Side
from exitd.core.ticket import AssetClass, Ticket
from exitd.signals.assets import asset_class_of, symbol_of
from exitd.signals.model import Direction
from exitd.signals.platforms import alpaca, interactive_brokers, schwab
from exitd.signals.platforms.alpaca import alpaca_order
from exitd.signals.platforms.interactive_brokers import tws_order, web_order
from exitd.signals.platforms.order import PlatformOrder, Refused
from exitd.signals.platforms.schwab import schwab_order, td_ameritrade_order
from exitd.signals.tickets import NoTicket, Size, ticket_of
from signals.alerts import dec, normalised, ticket

GTC = {"timeInForce": "gtc"}
BOTH = {"profitTarget": 120, "stopLossTarget": 90}
TOUCH = {"profitTargetStopPrice": 120, "profitTargetLimitPrice": 119}
OPTION = {"ticker": "AAPL  240119C00150000"}


def taken(made: PlatformOrder | Refused) -> dict[str, Any]:
    assert isinstance(made, PlatformOrder), made
    return dict(made.order)


def refused(made: PlatformOrder | Refused) -> str:
    assert isinstance(made, Refused), made
    return made.sentence


@pytest.mark.parametrize(
    ("written", "kind", "symbol"),
    [
        ("AAPL", AssetClass.EQUITY, "AAPL"),
        ("BRK.B", AssetClass.EQUITY, "BRK.B"),
        ("BRK-B", AssetClass.EQUITY, "BRK-B"),
        ("LINK", AssetClass.EQUITY, "LINK"),
        ("BTC/USD", AssetClass.CRYPTO, "BTC/USD"),
        ("BTC-USD", AssetClass.CRYPTO, "BTC/USD"),
        ("ETHUSDT", AssetClass.CRYPTO, "ETH/USDT"),
        ("AAPL  240119C00150000", AssetClass.OPTION, "AAPL240119C00150000"),
        ("AAPL240119C00150000", AssetClass.OPTION, "AAPL240119C00150000"),
        ("AAPL 240119C00150000", AssetClass.EQUITY, "AAPL 240119C00150000"),
    ],
)
def test_given_a_ticker_then_its_class_and_how_brokers_write_it(
    written: str, kind: AssetClass, symbol: str
):
    assert asset_class_of(written) is kind
    assert symbol_of(written, kind) == symbol


def test_given_a_class_that_is_named_then_the_ticker_is_not_asked():
    assert symbol_of("PI", AssetClass.CRYPTO) == "PI"
    found = ticket_of(normalised().signal, asset_class=AssetClass.OPTION)

    assert isinstance(found, Ticket)
    assert found.asset_class is AssetClass.OPTION


def test_given_no_size_then_that_of_the_route_and_without_one_no_ticket():
    signal = normalised(qty=None).signal

    assert ticket_of(signal) == NoTicket(problems=("qty or notional is required",))
    sized = ticket_of(signal, size=Size(notional=dec("50")))
    assert isinstance(sized, Ticket)
    assert (sized.quantity, sized.notional) == (None, 50)
    own = ticket_of(normalised().signal, size=Size(quantity=dec("7")))
    assert isinstance(own, Ticket)
    assert own.quantity == 10


def test_given_no_direction_then_no_ticket():
    signal = normalised(direction=None, ticker=None).signal

    assert ticket_of(signal) == NoTicket(
        problems=("ticker is required", "direction is required")
    )


def test_given_an_id_of_ours_then_it_is_the_tickets():
    found = ticket_of(normalised(clientOrderId="x").signal, client_order_id="x-2")

    assert isinstance(found, Ticket)
    assert found.client_order_id == "x-2"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"orderType": "stop", "stopPrice": 101}, "attached exits on a stop entry are"),
        ({"qty": 0.5}, "fractional/notional orders must be simple orders"),
        ({"timeInForce": "ioc"}, "attached exits need time in force day or gtc"),
        (
            {"limitPrice": 100, "extendedHours": True},
            "attached exits are not taken in extended hours",
        ),
        ({"ticker": "BTC/USD"}, "crypto orders must be simple orders"),
        (OPTION, "option orders must be simple orders"),
    ],
    ids=str,
)
def test_given_exits_that_alpaca_cannot_hold_then_deferred_and_the_entry_is_simple(
    changes: dict[str, Any], why: str
):
    made = alpaca_order(ticket(**BOTH, **changes))

    order = taken(made)
    assert "order_class" not in order
    assert "take_profit" not in order
    assert isinstance(made, PlatformOrder)
    assert made.deferred is not None
    assert made.deferred.side is OrderSide.SELL
    assert made.deferred.why[0].startswith(why)


def test_given_a_closing_ticket_with_exits_then_alpaca_defers_them():
    found = ticket(**BOTH, positionIntent="buy_to_close")

    assert alpaca.why_deferred(found) == ("attached exits need an order that opens",)


def test_given_extended_hours_then_each_broker_in_its_own_words():
    found = ticket(orderType="limit", limitPrice=100, extendedHours=True)

    assert taken(alpaca_order(found))["extended_hours"] is True
    assert taken(tws_order(found))["outsideRth"] is True
    assert taken(web_order(found))["outsideRTH"] is True
    assert taken(schwab_order(found))["session"] == "SEAMLESS"


def test_given_crypto_then_alpaca_gets_a_pair_and_gtc_and_interactive_brokers_a_coin():
    found = ticket(ticker="BTC-USD", qty=0.123456789, limitPrice=60000.123)

    assert taken(alpaca_order(found)) == {
        "symbol": "BTC/USD",
        "side": "buy",
        "type": "limit",
        "qty": "0.123456789",
        "limit_price": "60000.123",
        "time_in_force": "gtc",
    }
    assert taken(tws_order(found))["symbol"] == "BTC"
    assert taken(web_order(found))["tif"] == "IOC"
    assert refused(schwab_order(found)) == "Crypto not supported on schwab"


def test_given_what_alpaca_refuses_then_it_is_said_before():
    trail = {"orderType": "trailing_stop", "trailPercent": 0.05}

    assert refused(alpaca_order(ticket(**trail))) == (
        "trailPercent must be at least 0.1 on alpaca"
    )
    assert refused(alpaca_order(ticket(qty=None, notional=0.001))) == (
        "notional must be at least 0.01 on alpaca"
    )
    assert refused(alpaca_order(ticket(qty=None, notional=50, limitPrice=1))) == (
        "Notional limit orders not supported on alpaca"
    )
    assert refused(alpaca_order(ticket(qty=None, notional=50, **GTC))) == (
        "Time in force 'gtc' not supported for notional orders on alpaca"
    )
    assert refused(alpaca_order(ticket(**OPTION, qty=0.5))) == (
        "Fractional contracts not supported on alpaca"
    )
    assert refused(
        alpaca_order(ticket(limitPrice=1, extendedHours=True, timeInForce="ioc"))
    ) == ("Time in force 'ioc' not supported for extended hours on alpaca")


def test_given_the_documented_dialect_then_a_stop_limit_is_shown_as_the_page_has_it():
    found = ticket(stopPrice=105, limitPrice=106)

    assert taken(alpaca_order(found))["type"] == "stop_limit"
    assert taken(alpaca_order(found, documented=True))["type"] == "limit"
    plain = ticket(stopPrice=105)
    assert alpaca_order(plain, documented=True) == alpaca_order(plain)


def test_given_orders_at_the_open_and_the_close_then_each_broker_in_its_own_words():
    at_close = ticket(timeInForce="cls")
    at_open = ticket(timeInForce="opg", limitPrice=99)

    assert taken(tws_order(at_close))["orderType"] == "MOC"
    assert taken(web_order(at_close))["orderType"] == "MOC"
    assert taken(schwab_order(at_close))["orderType"] == "MARKET_ON_CLOSE"
    assert taken(tws_order(at_open))["tif"] == "OPG"
    assert refused(schwab_order(at_open)) == (
        "Time in force 'opg' not supported for equities on schwab"
    )


def test_given_the_web_api_then_a_stop_is_in_price_and_a_stop_limit_in_both():
    stop = ticket(stopPrice=101, clientOrderId="sig-1", **GTC)
    both = ticket(stopPrice=101, limitPrice=102)
    trail = ticket(orderType="trailing_stop", trailPrice=2)
    percent = ticket(orderType="trailing_stop", trailPercent=2.5)

    assert taken(web_order(stop)) == {
        "ticker": "AAPL",
        "side": "BUY",
        "orderType": "STP",
        "quantity": 10,
        "price": 101,
        "tif": "GTC",
        "cOID": "sig-1",
    }
    order = taken(web_order(both))
    assert (order["orderType"], order["price"], order["auxPrice"], order["tif"]) == (
        "STOP_LIMIT",
        102,
        101,
        "DAY",
    )
    order = taken(web_order(trail))
    assert (order["trailingType"], order["trailingAmt"]) == ("amt", 2)
    order = taken(web_order(percent))
    assert (order["trailingType"], order["trailingAmt"]) == ("%", dec("2.5"))
    assert refused(web_order(ticket(timeInForce="fok"))) == (
        "Time in force 'fok' not supported for equities on interactive_brokers"
    )


def test_given_exits_then_the_web_api_gets_children_of_the_parents_id():
    made = web_order(ticket(**BOTH, stopLossLimit=89, clientOrderId="sig-1"))
    nameless = web_order(ticket(stopLossTarget=90))
    touch = web_order(ticket(**TOUCH))

    assert isinstance(made, PlatformOrder)
    assert isinstance(nameless, PlatformOrder)
    assert isinstance(touch, PlatformOrder)
    assert [dict(child) for child in made.children] == [
        {
            "ticker": "AAPL",
            "parentId": "sig-1",
            "side": "SELL",
            "quantity": 10,
            "orderType": "LMT",
            "price": 120,
            "tif": "GTC",
        },
        {
            "ticker": "AAPL",
            "parentId": "sig-1",
            "side": "SELL",
            "quantity": 10,
            "orderType": "STOP_LIMIT",
            "price": 89,
            "auxPrice": 90,
            "tif": "GTC",
        },
    ]
    assert nameless.children[0]["parentId"] == "<parent cOID>"
    assert touch.children == ()
    assert touch.deferred is not None


def test_given_a_trail_in_dollars_then_tws_has_it_in_aux_price():
    order = taken(tws_order(ticket(orderType="trailing_stop", trailPrice=2)))

    assert (order["orderType"], order["auxPrice"]) == ("TRAIL", 2)
    assert interactive_brokers.symbol(ticket(ticker="BRK.B")) == "BRK B"
    assert interactive_brokers.symbol(ticket(**OPTION)) == "AAPL240119C00150000"


@pytest.mark.parametrize(
    ("direction", "intent", "instruction"),
    [
        ("long", None, "BUY"),
        ("short", None, "SELL_SHORT"),
        ("long", "buy_to_open", "BUY"),
        ("long", "buy_to_close", "BUY_TO_COVER"),
        ("short", "sell_to_open", "SELL_SHORT"),
        ("short", "sell_to_close", "SELL"),
    ],
)
def test_given_an_intent_then_schwab_has_it_in_the_instruction(
    direction: str, intent: str | None, instruction: str
):
    found = ticket(direction=direction, positionIntent=intent)
    option = ticket(direction=direction, positionIntent=intent, **OPTION)

    leg = taken(schwab_order(found))["orderLegCollection"][0]
    assert leg["instruction"] == instruction
    leg = taken(schwab_order(option))["orderLegCollection"][0]
    close = intent is not None and intent.endswith("close")
    side = "BUY" if direction == "long" else "SELL"
    assert leg["instruction"] == f"{side}_TO_{'CLOSE' if close else 'OPEN'}"
    assert leg["instrument"] == {
        "symbol": "AAPL  240119C00150000",
        "assetType": "OPTION",
    }


def test_given_exits_then_schwab_triggers_one_or_two_that_cancel_one_another():
    both = taken(schwab_order(ticket(**BOTH, limitPrice=100.123)))
    one = taken(schwab_order(ticket(direction="short", stopLossTarget=110)))
    touch = schwab_order(ticket(**TOUCH, clientOrderId="x"))

    assert both["orderStrategyType"] == "TRIGGER"
    assert both["price"] == "100.12"
    (pair,) = both["childOrderStrategies"]
    assert pair["orderStrategyType"] == "OCO"
    assert set(pair) == {"orderStrategyType", "childOrderStrategies"}
    assert [child["orderType"] for child in pair["childOrderStrategies"]] == [
        "LIMIT",
        "STOP",
    ]
    (stop,) = one["childOrderStrategies"]
    assert stop["stopPrice"] == "110.00"
    assert stop["duration"] == "GOOD_TILL_CANCEL"
    assert stop["orderLegCollection"][0]["instruction"] == "BUY_TO_COVER"
    assert isinstance(touch, PlatformOrder)
    assert touch.deferred is not None
    assert touch.notes == ("schwab takes no client order id; it stays here",)


def test_given_an_option_with_exits_then_schwab_closes_it_as_one():
    pair = taken(schwab_order(ticket(**BOTH, **OPTION)))["childOrderStrategies"][0]
    short = taken(schwab_order(ticket(stopLossTarget=110, direction="short", **OPTION)))

    legs = [child["orderLegCollection"][0] for child in pair["childOrderStrategies"]]
    assert {leg["instruction"] for leg in legs} == {"SELL_TO_CLOSE"}
    leg = short["childOrderStrategies"][0]["orderLegCollection"][0]
    assert leg["instruction"] == "BUY_TO_CLOSE"


def test_given_a_trail_then_schwab_takes_it_and_td_ameritrade_does_not():
    trail = ticket(orderType="trailing_stop", trailPercent=2.5, **GTC)

    order = taken(schwab_order(trail))
    assert order["orderType"] == "TRAILING_STOP"
    assert order["stopPriceLinkType"] == "PERCENT"
    assert order["stopPriceOffset"] == dec("2.5")
    assert refused(td_ameritrade_order(trail)) == (
        "Order type 'trailing_stop' not supported on td_ameritrade"
    )
    amount = taken(schwab_order(ticket(orderType="trailing_stop", trailPrice=2)))
    assert amount["stopPriceLinkType"] == "VALUE"


def test_given_td_ameritrade_then_its_order_says_that_nobody_takes_it():
    made = td_ameritrade_order(ticket())

    assert isinstance(made, PlatformOrder)
    assert made.notes == (schwab.TD_AMERITRADE_NOTE,)


def test_given_less_than_a_dollar_then_schwab_has_four_decimals():
    order = taken(schwab_order(ticket(limitPrice=0.12345)))

    assert order["price"] == "0.1234"


def test_given_prices_that_a_type_has_no_use_for_then_they_are_not_sent():
    found = ticket(
        orderType="market", stopPrice=99, limitPrice=98, trailPrice=1, trailPercent=1
    )

    assert taken(alpaca_order(found)) == {
        "symbol": "AAPL",
        "side": "buy",
        "type": "market",
        "qty": "10",
        "time_in_force": "day",
    }


def test_given_a_touch_price_on_a_limit_exit_then_it_is_not_sent():
    found = ticket(profitTargetType="limit", **TOUCH)
    stop = ticket(stopLossType="stop", stopLossTarget=90, stopLossLimit=89)

    assert found.attached is not None
    assert found.attached.touch_price is None
    assert stop.attached is not None
    assert stop.attached.stop_limit_price is None


def test_given_prices_that_meet_when_rounded_then_every_broker_refuses():
    found = ticket(stopPrice="150.496", limitPrice="150.504")

    for make in (alpaca_order, tws_order, web_order, schwab_order):
        assert refused(make(found)).startswith("stopPrice must be less than limitPrice")


def test_given_a_direction_then_the_side_of_the_order_and_of_the_position():
    assert (Direction.LONG.side, Direction.LONG.position_side) == (
        OrderSide.BUY,
        Side.LONG,
    )
    assert (Direction.SHORT.side, Direction.SHORT.position_side) == (
        OrderSide.SELL,
        Side.SHORT,
    )
