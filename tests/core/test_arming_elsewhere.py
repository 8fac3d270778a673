"""Arming what watches another market, or closes an amount of money."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import D, World, stop, target
from exitd.core.market import PriceKind, PriceSource
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Close, Quantity, QuantityKind

BTC = PriceSource("binance", "BTCUSDT", PriceKind.MARK)


def test_given_another_market_when_armed_then_its_own_steps_count():
    world = World()

    reply = world.arm(stop("sl", "60000.123456", source=BTC))

    assert isinstance(reply, Accepted)
    world.tick(BTC, "60000.1")
    assert world.who() == ["sl"]


@pytest.mark.parametrize("first", ["sl", "tp"])
def test_given_another_market_when_armed_then_not_compared_with_levels_here(first):
    world = World()
    watched, here = stop("sl", "60000", source=BTC), target("tp", "110")
    both = (watched, here) if first == "sl" else (here, watched)

    for definition in both:
        assert isinstance(world.arm(definition), Accepted)

    assert isinstance(world.arm(stop("other", "111")), Refused)


def test_given_another_market_when_hit_then_the_close_is_priced_here():
    world = World()
    quote = Quantity(QuantityKind.QUOTE, D(500), "USDC")
    world.arm(stop("sl", "60000", source=BTC, action=Close(quantity=quote)))

    world.tick(BTC, "59000")

    assert world.sizes() == ["5"]


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        (Quantity(QuantityKind.QUOTE, D(50), "EUR"), "quoted in USDC"),
        (Quantity(QuantityKind.QUOTE, D(0), "USDC"), "above zero"),
        (Quantity(QuantityKind.INITIAL, D(101)), "at most 100 %"),
    ],
)
def test_given_a_quantity_that_cannot_be_when_armed_then_refused(quantity, why):
    reply = World().arm(replace(stop("sl", "95"), action=Close(quantity=quantity)))

    assert isinstance(reply, Refused)
    assert why in reply.sentence
