"""What a stop would close, asked before it is hit: amounts of money, moved levels."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import ME, started
from core.worlds import ACCOUNT, SYMBOL, D, World, close, stop, target, trail
from exitd.core.condition import ConditionKind, Move
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.trigger import Close, Quantity, QuantityKind, TriggerDefinition
from exitd.runtime.control.requests import TriggerRequest
from exitd.runtime.flows.handover import Candidate, candidates
from exitd.runtime.protect import Hole, audit
from fakes.exchange import SOL

BITCOIN = PriceSource("binance", "BTCUSDT", PriceKind.MARK)


def amount(quote: str) -> Close:
    return Close(Quantity(QuantityKind.QUOTE, D(quote), "USDC"))


def holes(world: World) -> tuple[Hole, ...]:
    return audit(world.engine.state, frozenset(), now_ns=world.now_ns)


def handed(world: World) -> Candidate:
    (candidate,) = candidates(world.engine.state, ACCOUNT)
    return candidate


def armed(*definitions: TriggerDefinition, **how: object) -> World:
    """Long 10 at 100; the mark is 100."""
    world = World(**how)  # type: ignore[arg-type]
    world.arm(*definitions)
    return world


@pytest.mark.parametrize(("quote", "quantity"), [("450", "5"), ("451", "5.011")])
def test_given_an_amount_when_handed_over_then_what_it_buys_at_its_level(
    quote: str, quantity: str
):
    candidate = handed(armed(stop("sl", "90", action=amount(quote))))

    assert candidate.stop is not None
    assert candidate.stop.quantity == D(quantity)


def test_given_an_amount_above_the_position_when_handed_over_then_the_position():
    candidate = handed(armed(stop("sl", "90", action=amount("5000"))))

    assert candidate.stop is not None
    assert candidate.stop.quantity == 10


def test_given_an_amount_under_the_minimum_when_handed_over_then_it_stays_here():
    candidate = handed(armed(stop("sl", "90", action=amount("0.5"))))

    assert candidate.stop is None
    assert "below the venue's minimum" in candidate.why_not


def test_given_a_moved_stop_when_handed_over_then_at_the_level_that_it_has_now():
    move = Move(at=D(105), to=D(98))
    world = armed(replace(stop("sl", "90"), moves=(move,)))
    world.mark("105")

    candidate = handed(world)

    assert candidate.stop is not None
    assert candidate.stop.trigger_price == 98


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (replace(stop("btc", "60000"), source=BITCOIN), "cannot watch another market"),
        (trail("t", "5"), "no level that the venue could watch"),
    ],
)
def test_given_what_no_venue_can_watch_when_handed_over_then_it_stays_here(
    definition: TriggerDefinition, why: str
):
    candidate = handed(armed(definition))

    assert candidate.stop is None
    assert why in candidate.why_not


@pytest.mark.parametrize(("quote", "is_whole"), [("900", True), ("899", False)])
def test_b146_given_an_amount_when_audited_then_as_much_as_it_closes_at_its_level(
    quote: str, is_whole: bool
):
    found = holes(armed(stop("sl", "90", action=amount(quote))))

    assert (found == ()) is is_whole


def test_b146_given_an_amount_of_a_trail_when_audited_then_at_its_stop():
    world = armed(trail("t", "10", action=amount("900")))
    assert holes(world) == ()

    world.mark("101")

    (hole,) = holes(world)
    assert hole.covered == D(900) / D(91)


def test_b146_given_another_market_when_audited_then_an_amount_at_the_own_price():
    by_bitcoin = replace(stop("btc", "60000", action=amount("900")), source=BITCOIN)
    world = armed(by_bitcoin)

    (hole,) = holes(world)
    assert hole.covered == 9


def test_b146_given_no_price_of_the_own_market_when_audited_then_at_the_entry():
    by_bitcoin = replace(stop("btc", "60000", action=amount("1000")), source=BITCOIN)

    assert holes(armed(by_bitcoin, mark=None)) == ()


def test_b146_given_a_stop_that_fills_when_audited_then_what_it_has_yet_to_close():
    world = armed(replace(stop("sl", "90"), action=close("6")))
    world.mark("90")
    assert [hole.covered for hole in holes(world)] == [6]

    world.fill(filled="4")

    (hole,) = holes(world)
    assert (hole.quantity, hole.covered) == (6, 2)


def test_given_a_short_when_handed_over_then_mirrored():
    definition = stop("sl", "110", side=Side.SHORT, action=amount("550"))
    world = armed(definition, side=Side.SHORT)

    candidate = handed(world)

    assert candidate.stop is not None
    assert (candidate.stop.symbol, candidate.stop.quantity) == (SYMBOL, 5)


def test_given_a_target_for_an_amount_when_handed_over_then_at_its_level():
    candidate = handed(armed(target("tp", "120", action=amount("600"))))

    assert candidate.stop is not None
    assert candidate.stop.quantity == 5


async def test_given_an_amount_when_handed_over_by_hand_then_the_venue_has_its_quantity(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        request = TriggerRequest(
            kind=ConditionKind.STOP_LOSS,
            level=Decimal(90),
            symbol=SOL,
            side=Side.LONG,
            close=Quantity(QuantityKind.QUOTE, Decimal(450), "USDC"),
        )
        await world.control.triggers.arm([request], ME)

        await world.control.moving.handover(ME, apply=True)

        (native,) = world.venue.ledger
        assert (native.trigger_price, native.quantity) == (90, 5)
