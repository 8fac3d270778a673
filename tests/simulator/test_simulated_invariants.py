"""What holds after every step, whatever several traders and the market do."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exitd.simulator.exchange import Exchange, Settings
from exitd.simulator.refusal import Refused
from exitd.simulator.values import HOUSE

PERP = "SOL_USDC_PERP"
TRADERS = ("alice", "bob", "carol")
KINDS = ("market", "quote", "limit", "post", "trigger", "attached", "cancel", "walk")


def draft(random: Random, exchange: Exchange, kind: str) -> dict[str, Any]:
    """A payload of *kind* around the last price."""
    last = exchange.state.prices[PERP].last
    near = last * (1000 + random.randint(-20, 20)) / 1000
    price = str(near.quantize(last.__class__("0.01")))
    size = str(random.randint(1, 500) / 100)
    reduces = random.random() < 0.5
    body: dict[str, Any] = {
        "symbol": PERP,
        "side": random.choice(["Bid", "Ask"]),
        "orderType": "Limit" if kind in ("limit", "post") else "Market",
    }
    match kind:
        case "quote":
            body |= {"quoteQuantity": str(random.randint(10, 5_000))}
            body |= {"reduceOnly": reduces}
        case "limit":
            body |= {"quantity": size, "price": price, "reduceOnly": reduces}
            body |= {"timeInForce": random.choice(["GTC", "IOC", "FOK"])}
        case "post":
            body |= {"quantity": size, "price": price, "postOnly": True}
        case "trigger":
            body |= {"triggerPrice": price, "reduceOnly": reduces}
            body |= {"triggerQuantity": random.choice([size, "50%", "100%"])}
            body |= {"triggerBy": random.choice(["MarkPrice", "LastPrice"])}
        case "attached":
            body |= {"quantity": size, "takeProfitTriggerPrice": price}
            body |= {"stopLossTriggerPrice": price}
        case _:
            body |= {"quantity": size, "reduceOnly": reduces}
    return body


def step(random: Random, exchange: Exchange) -> None:
    """One random act; a reduce-only order must not grow or flip the position."""
    who, kind = random.choice(TRADERS), random.choice(KINDS)
    account = exchange.state.open_account(who)
    if kind == "walk":
        exchange.beat()
        return
    if kind == "cancel":
        if account.open_orders:
            order = random.choice(list(account.open_orders.values()))
            exchange.engine.cancel(who, order, exchange.clock.stamp_us())
        return
    body = draft(random, exchange, kind)
    before = account.net_quantity(PERP)
    try:
        order = exchange.engine.submit(who, body, exchange.clock.stamp_us())
    except Refused:
        assert account.net_quantity(PERP) == before, "a refusal changes nothing"
        return
    # A trigger may fire in the same call and is another order.
    if body.get("reduceOnly") and kind != "trigger":
        assert before * order.side.sign < 0
        assert order.executed <= abs(before)


def check(exchange: Exchange) -> None:
    state = exchange.state
    assert not state.accounts[HOUSE].open_orders
    for symbol, book in state.books.items():
        (bid, _), (ask, _) = book.top()
        assert bid < ask
        for side in (book.bids, book.asks):
            for order in side.in_priority():
                assert order.leaves > 0
                if order.account != HOUSE:
                    known = state.accounts[order.account].open_orders
                    assert known[order.id] is order
        for order in state.pending[symbol].values():
            assert order.is_pending_trigger
    for account in state.accounts.values():
        for order in account.open_orders.values():
            assert order.is_open
            if order.is_resting and order.reduce_only:
                net = account.net_quantity(order.symbol)
                assert net * order.side.sign < 0
                assert order.leaves <= abs(net)
        for position in account.positions.values():
            assert position.net_quantity != 0


@settings(max_examples=150)
@given(st.integers(0, 1 << 32))
def test_given_random_acts_when_taken_then_books_and_positions_stay_sound(seed: int):
    random = Random(seed)
    exchange = Exchange(Settings(seed=seed, history_minutes=0))

    for _ in range(60):
        step(random, exchange)
        check(exchange)
        exchange.publish()

    for who in TRADERS:
        account = exchange.state.open_account(who)
        bought = sum(f.quantity * f.side.sign for f in account.fills)
        assert bought == account.net_quantity(PERP)
