"""Levels relative to the position, and stops that move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.builders import percent
from core.entry_world import SL, TP, at, level, report
from core.worlds import (
    ACCOUNT,
    LONG,
    MARK,
    MS,
    SYMBOL,
    D,
    S,
    World,
    stop,
    target,
    trail,
)
from exitd.core.condition import Basis, ConditionKind, Move, Relative
from exitd.core.derived import at_entry, price_of
from exitd.core.events import FactKind
from exitd.core.inputs import FireNow, PositionReport
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Notify
from exitd.core.units import is_on_step


def test_b086_given_a_level_in_percent_when_added_to_then_it_follows_the_entry():
    world = World()
    world.arm(at("sl", SL, percent("-3")))
    world.arm(at("tp", TP, percent("12")))
    assert (level(world, "sl"), level(world, "tp")) == (D(97), D(112))

    report(world, "20", "110")

    assert (level(world, "sl"), level(world, "tp")) == (D("106.7"), D("123.2"))
    assert [f.fields["level"] for f in world.told(FactKind.TRIGGER_MOVED)] == [
        D("106.7"),
        D("123.2"),
    ]
    world.restart()
    world.mark("106.71")
    assert world.sent == []
    world.mark("106.7")
    assert world.who() == ["sl"]


def test_b086_given_keep_when_added_to_then_the_first_entry_decides():
    world = World()
    world.arm(at("sl", SL, Relative(Basis.ENTRY, D(-3), follows=False)))

    report(world, "20", "110")

    assert level(world, "sl") == D(97)


def test_b086_given_a_template_when_a_new_lifetime_begins_then_of_its_entry():
    world = World()
    world.arm(at("sl", SL, percent("-3"), template=True, owner="file:a:1"))
    world.position("0")

    report(world, "10", "50")
    world.mark("50")

    assert level(world, "sl") == D("48.5")


def test_given_no_entry_price_yet_when_armed_then_it_waits_for_it():
    world = World("0")
    world.arm(at("sl", SL, percent("-3"), template=True, owner="file:a:1"))
    report(world, "10", None)
    assert world.state("sl") == "waiting: entry price"

    report(world, "10", "200")

    assert level(world, "sl") == D(194)
    assert world.state("sl") == "waiting: already crossed"


@pytest.mark.parametrize(
    ("side", "relative", "price"),
    [
        (Side.LONG, Relative(Basis.ROI, D(-50), D(5)), "90"),
        (Side.LONG, Relative(Basis.ROI, D(50), D(5)), "110"),
        (Side.SHORT, Relative(Basis.ROI, D(-50), D(5)), "110"),
        (Side.LONG, Relative(Basis.PNL, D(-20)), "98"),
        (Side.SHORT, Relative(Basis.PNL, D(-20)), "102"),
        (Side.SHORT, Relative(Basis.PNL, D(20)), "98"),
        (Side.LONG, Relative(Basis.PNL, D(-2_000)), None),
    ],
)
def test_given_a_return_or_a_profit_then_its_price(side, relative, price):
    key = PositionKey(ACCOUNT, SYMBOL, side)
    position = PositionRecord(key=key, quantity=D(10), entry_price=D(100))

    found = price_of(relative, position, D("0.01"))

    assert found == (D(price) if price is not None else None)


def test_given_a_profit_of_the_position_when_it_shrinks_then_the_level_follows():
    world = World()
    world.arm(at("tp", TP, Relative(Basis.PNL, D(20))))
    assert level(world, "tp") == D(102)

    report(world, "5", "100")

    assert level(world, "tp") == D(104)


_prices = st.decimals(min_value="0.5", max_value="90000", places=3)


@given(
    entry=_prices,
    value=st.decimals(min_value=-50, max_value=50, places=2).filter(bool),
    side=st.sampled_from(Side),
)
def test_b024_given_any_entry_then_a_stop_is_never_looser_nor_a_target_nearer(
    entry, value, side
):
    key = PositionKey(ACCOUNT, SYMBOL, side)
    position = PositionRecord(key=key, quantity=D(1), entry_price=entry)

    found = price_of(Relative(Basis.ENTRY, value), position, D("0.01"))

    assert found is not None
    exact = entry * (100 + value) / 100
    assert is_on_step(found, D("0.01"))
    assert abs(found - exact) <= D("0.01")
    assert (found >= exact) if side is Side.LONG else (found <= exact)


def ladder(*moves: Move, sl: str = "95", **policies: object) -> World:
    world = World(policies=Policies(**policies))  # type: ignore[arg-type]
    world.arm(
        replace(stop("sl", sl), moves=moves),
        target("tp1", "110", "4"),
        target("tp2", "120", "3"),
    )
    return world


def take_profit(world: World, id: str, price: str, left: str) -> None:
    world.mark(price)
    assert world.who()[-1] == id
    world.fill()
    report(world, left, "100")
    assert world.state(id) == "done: filled"


AFTER_TP1 = Move(after="tp1", covers_fees=True)


def test_b068_given_break_even_when_the_target_has_filled_then_entry_and_fees():
    world = ladder(AFTER_TP1, fee_percent=D("0.1"))

    world.mark("110")
    assert level(world, "sl") == D(95)
    world.fill()
    assert level(world, "sl") == D(95), "filled, but the position has not shown it"
    report(world, "6", "100")

    assert level(world, "sl") == D("100.21")
    world.restart()
    world.mark("100.22")
    assert len(world.sent) == 1
    world.mark("100.21")
    assert world.who() == ["tp1", "sl"]


def test_b068_given_a_stop_that_is_better_already_then_it_does_not_move_back():
    world = ladder(AFTER_TP1, sl="99")
    world.arm(target("tp3", "111", "1"))
    world.do(
        PositionReport(
            key=LONG,
            quantity=D(10),
            entry_price=D(98),
            ts_venue_ns=world.later(),
            now_ns=world.now_ns,
        )
    )

    world.mark("110")
    world.fill()
    report(world, "6", "98")

    assert level(world, "sl") == D(99)
    assert world.told(FactKind.TRIGGER_MOVED) == []


def test_b069_given_targets_that_fill_then_the_stop_follows_them():
    world = ladder(Move(after="tp1"), Move(after="tp2", to_level_of="tp1"))

    take_profit(world, "tp1", "110", "6")
    assert level(world, "sl") == D(100)
    take_profit(world, "tp2", "120", "3")

    assert level(world, "sl") == D(110)


@pytest.mark.parametrize("is_firing", [False, True])
def test_b069_given_a_stop_that_watches_no_more_when_a_target_fills_then_it_stays(
    is_firing,
):
    world = ladder(AFTER_TP1)
    world.mark("110")
    if is_firing:
        world.do(FireNow(trigger_id="sl", by="test", now_ns=world.later()))
    else:
        world.cancel("sl")

    world.fill(0)
    report(world, "6", "100")

    assert world.state("tp1") == "done: filled"
    assert level(world, "sl") == D(95)
    assert world.told(FactKind.TRIGGER_MOVED) == []


def test_b069_given_a_move_to_the_level_of_what_is_not_there_then_the_stop_stays():
    world = ladder(Move(after="tp1", to_level_of="gone"))

    take_profit(world, "tp1", "110", "6")

    assert level(world, "sl") == D(95)


def test_b139_given_two_moves_when_met_as_it_expires_then_it_expires_unmoved():
    world = World()
    moves = Move(at=D(105)), Move(at=D(106), to=D(103))
    world.arm(replace(stop("sl", "95", expires_ns=1_060 * S), moves=moves))
    world.now_ns = 1_060 * S - MS

    world.mark("107")

    assert world.state("sl") == "done: expired"
    assert world.told(FactKind.TRIGGER_MOVED) == []


def test_given_break_even_at_a_profit_then_it_moves_when_the_price_is_there():
    world = World()
    world.arm(replace(stop("sl", "95"), moves=(Move(at=percent("5")),)))

    world.mark("104.99")
    assert level(world, "sl") == D(95)
    world.mark("105")
    assert level(world, "sl") == D(100)
    world.restart()
    world.mark("105")

    assert level(world, "sl") == D(100)
    assert world.told(FactKind.TRIGGER_MOVED)[0].fields["level_before"] == D(95)


def test_given_a_moved_stop_when_the_entry_changes_then_it_is_never_looser():
    world = World()
    world.arm(at("sl", SL, percent("-3"), moves=(Move(at=percent("5")),)))
    world.mark("105")
    assert level(world, "sl") == D(100)

    report(world, "20", "101")
    assert level(world, "sl") == D(100)
    report(world, "30", "104")

    assert level(world, "sl") == D("100.88")


def test_given_a_move_to_a_level_of_its_own_then_there():
    world = ladder(Move(after="tp1", to=D(104)))

    take_profit(world, "tp1", "110", "6")

    assert level(world, "sl") == D(104)


def test_given_a_new_lifetime_then_the_move_is_forgotten():
    world = World()
    world.arm(
        replace(
            stop("sl", "95", template=True, owner="file:a:1"),
            moves=(Move(at=percent("5")),),
        )
    )
    world.mark("105")
    world.position("0")
    world.mark("101")

    world.position("10")

    assert level(world, "sl") == D(95)


@pytest.mark.parametrize(
    ("liquidation", "expected"), [("90", "95"), ("96", "96.96"), (None, "95")]
)
def test_given_a_liquidation_price_then_the_stop_stays_in_front_of_it(
    liquidation, expected
):
    world = World()
    world.arm(replace(stop("sl", "95"), before_liquidation=D(1)))

    report(
        world,
        "10",
        "100",
        liquidation_price=D(liquidation) if liquidation is not None else None,
    )

    assert level(world, "sl") == D(expected)


def test_given_a_short_and_a_liquidation_price_then_mirrored():
    world = World(side=Side.SHORT)
    world.arm(replace(stop("sl", "110", side=Side.SHORT), before_liquidation=D(1)))

    report(world, "10", "100", liquidation_price=D(108))

    assert level(world, "sl") == D("106.92")


@pytest.mark.parametrize(
    ("side", "price"), [(Side.LONG, "100.21"), (Side.SHORT, "99.80")]
)
def test_given_fees_when_at_the_entry_then_both_trades_are_paid_for(side, price):
    key = PositionKey(ACCOUNT, SYMBOL, side)
    position = PositionRecord(key=key, quantity=D(1), entry_price=D(100))

    assert at_entry(position, D("0.1"), D("0.01")) == D(price)
    assert at_entry(position, D(0), D("0.01")) == D(100)
    assert at_entry(replace(position, entry_price=None), D(0), None) is None


def test_given_a_relative_level_without_a_side_when_armed_then_refused():
    world = World()
    definition = at("x", ConditionKind.ABOVE, percent("3"))

    reply = world.arm(replace(definition, side=None, action=Notify()))

    assert isinstance(reply, Refused)
    assert "without a side" in reply.sentence


def test_given_a_crossed_relative_stop_when_armed_then_refused_with_its_price():
    world = World(mark="90")

    reply = world.arm(at("sl", SL, percent("-3")))

    assert isinstance(reply, Refused)
    assert "97" in reply.sentence


def test_given_trails_relative_to_the_entry_when_it_changes_then_they_follow():
    world = World()
    reply = world.arm(
        trail("t", "5", "4", after="+5%"), trail("u", "3", "4", tighten=("+9%", "1"))
    )
    assert isinstance(reply, Accepted)
    world.mark("104")

    report(world, "10", "110")
    world.mark("109")
    assert world.engine.state.book(MARK).trailed("t") is None
    assert world.engine.state.book(MARK).trailed("u") == (D(109), D(106))
    world.mark("115.5")

    assert world.engine.state.book(MARK).trailed("t") == (D("115.5"), D("110.5"))
    assert not world.trigger("u").is_tightened
    world.wait(2 * S)
    world.restart()
    world.mark("119.9")
    assert world.trigger("u").is_tightened
