"""Binance's list of markets: what trades, with its steps; the rest is left out."""

import msgspec
import pytest

from exitd.adapters.binance.listing import instrument_or_none
from exitd.core.market import InstrumentKind

BTC = {
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "pricePrecision": 2,
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "556.80", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001"},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
    ],
}


def read(**changes: object) -> object:
    return instrument_or_none(
        "binance", msgspec.Raw(msgspec.json.encode(BTC | changes))
    )


def test_given_a_market_when_read_then_its_names_and_steps():
    found = read()

    assert found is not None
    assert (found.account, found.symbol) == ("binance", "BTCUSDT")
    assert (found.base, found.quote) == ("BTC", "USDT")
    assert (str(found.price_step), str(found.quantity_step)) == ("0.10", "0.001")
    assert found.kind is InstrumentKind.PERPETUAL


@pytest.mark.parametrize(
    ("contract", "kind"),
    [
        ("CURRENT_QUARTER", InstrumentKind.OTHER),
        ("TRADIFI_PERPETUAL", InstrumentKind.PERPETUAL),
    ],
)
def test_given_a_kind_of_contract_when_read_then_perpetual_or_other(contract, kind):
    assert read(contractType=contract).kind is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "SETTLING"},
        {"filters": []},
        {"filters": [{"filterType": "PRICE_FILTER", "tickSize": "0"}]},
        {"filters": [{"filterType": "PRICE_FILTER", "tickSize": "NaN"}]},
        {"filters": BTC["filters"][:1]},
        {"symbol": 5},
        {"filters": "none"},
    ],
)
def test_given_a_market_that_cannot_be_used_when_read_then_left_out(changes):
    assert read(**changes) is None
