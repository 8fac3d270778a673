"""The spot market: balances instead of positions."""

from decimal import Decimal

import pytest

from simulator.floor import Floor
from simulator.rig import Rig

SPOT = "SOL_USDC"


def test_given_spot_trade_when_settled_then_both_balances_move_and_fees_differ():
    floor = Floor()
    floor.submit("seller", "Ask", "10", symbol=SPOT, price="140")

    floor.submit("buyer", "Bid", "10", symbol=SPOT)

    buyer, seller = (floor.state.accounts[who] for who in ("buyer", "seller"))
    # The buyer pays 10 basis points in what it receives, the seller 8 in USDC.
    assert buyer.balance("SOL") == Decimal("1009.99")
    assert buyer.balance("USDC") == Decimal(998_600)
    assert seller.balance("SOL") == 990
    assert seller.balance("USDC") == Decimal("1001398.88")
    assert [fill.fee_symbol for fill in (*buyer.fills, *seller.fills)] == [
        *("SOL", "USDC")
    ]
    assert buyer.positions == {}


def test_given_spot_when_reduce_only_then_refused():
    message = Floor().refusal("one", "Ask", "1", symbol=SPOT, reduceOnly=True)

    assert message == "Reduce only is not supported for spot markets"


@pytest.mark.parametrize(
    ("side", "quantity"),
    # 80 % of 1000 SOL, and of what 1,000,000 USDC buy at 144.
    [("Ask", Decimal(800)), ("Bid", Decimal("5555.55"))],
)
def test_given_share_of_a_balance_when_spot_trigger_fires_then_that_much(
    side: str, quantity: Decimal
):
    floor = Floor()
    trigger = floor.submit(
        "one", side, None, symbol=SPOT, triggerPrice="144", triggerQuantity="80%"
    )

    floor.engine.set_prices(SPOT, floor.now(), last=Decimal(144))

    fired = list(floor.state.accounts["one"].orders.values())[-1]
    assert trigger.status == "Triggered"
    assert fired.initial_quantity == quantity


async def test_given_balance_stream_when_spot_fills_then_both_assets(rig: Rig):
    trader = rig.trader()
    async with rig.listen() as listener:
        await listener.subscribe("account.balanceUpdate", by=trader)
        await trader.placed(symbol=SPOT, side="Bid", quantity="1")

        bought = await listener.until(e="balanceUpdate", a="SOL")
        paid = await listener.until(e="balanceUpdate", a="USDC")

    assert set(bought) == {*"AELSTae"}
    assert bought["A"] == "1000.999"
    assert Decimal(paid["A"]) < 1_000_000


async def test_given_spot_when_limit_is_asked_then_what_the_balance_buys(rig: Rig):
    trader = rig.trader()
    path = "/api/v1/account/limits/order"

    sold = await trader.get(path, symbol=SPOT, side="Ask")
    bought = await trader.get(path, symbol=SPOT, side="Bid", price="100")

    assert (sold["maxOrderQuantity"], bought["maxOrderQuantity"]) == ("1000", "10000")
