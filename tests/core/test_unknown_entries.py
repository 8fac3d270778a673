"""Levels that hang on an entry which nobody has told yet, or on what is all filled."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.builders import percent
from core.entry_world import SL, TP, at, level, report
from core.trailing_world import amend, seen
from core.worlds import ACCOUNT, MARK, MS, SYMBOL, D, S, World, stop, target, trail
from exitd.core.condition import Basis, Confirmation, MaxHold, Move, Relative
from exitd.core.events import FactKind
from exitd.core.inputs import (
    Amend,
    ApplyFiles,
    FireNow,
    IfCrossed,
    Pause,
    PositionReport,
    Rearm,
    Resume,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import TriggerDefinition

FROM_FILE = {"template": True, "owner": "file:a.yaml:1"}
GAIN_OF_20 = Relative(Basis.PNL, D(20))


def open_without_entry(*definitions: TriggerDefinition) -> World:
    """A position of 10 of which the venue has not said at which price it began."""
    world = World("0")
    report(world, "10", None)
    for definition in definitions:
        assert isinstance(world.arm(definition), Accepted)
    return world


def apply(world: World, *definitions: TriggerDefinition) -> Accepted | Refused:
    now_ns = world.later()
    reply = world.do(
        ApplyFiles(definitions=definitions, may_fire=False, now_ns=now_ns)
    ).reply
    assert reply is not None
    return reply


def test_b086_given_no_entry_when_armed_by_a_person_then_it_arms_once_it_is_told():
    world = open_without_entry(at("sl", SL, percent("-3")))
    assert world.state("sl") == "waiting: entry price"
    world.mark("90", "100")
    assert world.sent == []

    report(world, "10", "100")

    assert (world.state("sl"), level(world, "sl")) == ("armed", D(97))
    assert world.trigger("sl").arming == 1
    world.mark("97")
    assert world.who() == ["sl"]


def test_b086_given_neither_price_nor_entry_then_both_are_waited_for():
    world = World("0", mark=None)
    report(world, "10", None)
    sl = at("sl", SL, percent("-3"), **FROM_FILE)
    assert isinstance(apply(world, sl), Accepted)
    assert world.state("sl") == "waiting: first price"

    world.mark("100")
    assert world.state("sl") == "waiting: entry price"
    report(world, "10", "100")

    assert (world.state("sl"), level(world, "sl")) == ("armed", D(97))


def test_b086_given_no_entry_when_rearmed_then_it_waits_for_it():
    world = open_without_entry(at("sl", SL, percent("-3")))
    world.cancel("sl")

    reply = world.do(Rearm(trigger_id="sl", by="test", now_ns=world.later())).reply

    assert isinstance(reply, Accepted)
    assert world.state("sl") == "waiting: entry price"
    report(world, "10", "100")
    assert (world.state("sl"), level(world, "sl")) == ("armed", D(97))


@pytest.mark.parametrize("source", [MARK, PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST)])
def test_b033_given_no_entry_when_an_armed_stop_would_need_it_then_the_old_one_stays(
    source,
):
    world = open_without_entry(stop("sl", "95"))

    reply = amend(world, at("sl", SL, percent("-3"), source=source))

    assert isinstance(reply, Refused)
    assert reply.code == "no_entry"
    world.mark("95")
    assert world.who() == ["sl"]


def test_b039_given_no_entry_when_a_file_would_need_it_then_the_old_set_stays():
    world = World("0")
    assert isinstance(apply(world, stop("sl", "95", **FROM_FILE)), Accepted)
    report(world, "10", None)
    assert world.state("sl") == "armed"

    reply = apply(
        world,
        at("sl", SL, percent("-3"), **FROM_FILE),
        target("tp", "110", **FROM_FILE),
    )

    assert isinstance(reply, Refused)
    assert "tp" not in world.engine.state.triggers
    assert (world.state("sl"), level(world, "sl")) == ("armed", D(95))


def test_b033_given_it_waits_for_its_entry_when_amended_to_a_price_then_it_is_armed():
    world = open_without_entry(at("sl", SL, percent("-3")))

    assert isinstance(amend(world, stop("sl", "95")), Accepted)

    assert world.state("sl") == "armed"
    world.mark("95")
    assert world.who() == ["sl"]


def test_b033_given_it_waits_for_its_entry_when_paused_and_amended_then_not_for_ever():
    world = open_without_entry(at("sl", SL, percent("-3")))
    world.do(Pause(trigger_id="sl", by="test", now_ns=world.later()))
    assert isinstance(amend(world, stop("sl", "95")), Accepted)
    world.mark("94", "100")
    assert world.sent == []

    world.do(Resume(trigger_id="sl", by="test", now_ns=world.later()))
    world.mark("100", "95")

    assert world.who() == ["sl"]


def test_b033_given_already_crossed_when_amended_to_need_its_entry_then_waits_for_it():
    world = World("0")
    world.arm(stop("sl", "105", **FROM_FILE), if_crossed=IfCrossed.WAIT)
    report(world, "10", None)
    assert world.state("sl") == "waiting: already crossed"
    world.wait(60 * S)

    amended = at("sl", SL, percent("-3"), **FROM_FILE)
    assert isinstance(amend(world, amended, IfCrossed.WAIT), Accepted)

    assert world.state("sl") == "waiting: entry price"
    report(world, "10", "100")
    world.mark("98")
    assert (world.state("sl"), level(world, "sl")) == ("armed", D(97))


def test_b033_given_already_crossed_when_amended_to_a_time_then_it_is_armed():
    world = World("0")
    world.arm(stop("sl", "105", **FROM_FILE), if_crossed=IfCrossed.WAIT)
    world.position("10")
    assert world.state("sl") == "waiting: already crossed"
    world.wait(60 * S)

    late = replace(stop("sl", "1", **FROM_FILE), condition=MaxHold(3_600 * S))
    assert isinstance(amend(world, late), Accepted)
    assert world.state("sl") == "armed"
    world.wait(3_600 * S)

    assert world.who() == ["sl"]


def test_b033_given_it_waits_for_its_position_when_amended_then_it_still_does():
    world = World("0")
    world.arm(stop("sl", "95", **FROM_FILE))

    assert isinstance(amend(world, at("sl", SL, percent("-3"), **FROM_FILE)), Accepted)

    assert world.state("sl") == "waiting: position"
    world.position("10")
    assert (world.state("sl"), level(world, "sl")) == ("armed", D(97))


def test_b131_given_no_entry_when_a_stop_is_confirming_then_its_emergency_comes_later():
    emergency = Confirmation(for_ns=120 * S, emergency=percent("-9"))
    world = open_without_entry(replace(stop("sl", "95"), confirmation=emergency))
    world.mark("94", "90")
    assert world.sent == []

    report(world, "10", "100")
    world.mark("91.01")
    assert world.sent == []
    world.mark("91")

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == "emergency"


def test_b043_given_no_entry_when_activation_and_tightening_hang_on_it_then_they_wait():
    world = open_without_entry(
        trail("t", "5", after="+5%"), trail("u", "5", "4", tighten=("+8%", "1"))
    )
    world.mark("120", "118")
    assert world.engine.state.book(MARK).trailed("t") is None
    assert seen(world, "u") == ("120", "115")

    report(world, "10", "100")
    world.mark("119.5")

    assert seen(world, "t") == ("119.5", "114.5")
    assert seen(world, "u") == ("120", "119")


def test_given_no_entry_when_a_stop_moves_at_a_profit_then_from_when_it_is_told():
    moving = replace(stop("sl", "95"), moves=(Move(at=percent("5"), to=D(99)),))
    world = open_without_entry(moving)
    world.mark("106")
    assert level(world, "sl") == D(95)

    report(world, "10", "100")
    world.mark("106")

    assert level(world, "sl") == D(99)


def test_given_no_entry_when_a_target_has_filled_then_break_even_leaves_the_stop():
    world = open_without_entry(
        replace(stop("sl", "95"), moves=(Move(after="tp"),)), target("tp", "110", "4")
    )

    world.mark("110")
    world.fill()
    report(world, "6", None)

    assert world.state("tp") == "done: filled"
    assert level(world, "sl") == D(95)
    assert world.told(FactKind.TRIGGER_MOVED) == []


def test_given_another_market_is_watched_when_relative_then_its_steps_are_unknown():
    elsewhere = PriceSource("binance", "SOLUSDT", PriceKind.MARK)
    world = World()
    report(world, "10", "99.99")

    world.arm(
        at("sl", SL, percent("-3.333"), source=elsewhere),
        replace(at("here", SL, percent("-3.333")), action=stop("x", "1", "4").action),
    )

    assert level(world, "sl") == D("99.99") * D("96.667") / 100
    assert level(world, "here") == D("96.66")


def all_is_filled(*others: TriggerDefinition, mark: str = "101") -> World:
    """A stop has closed everything, and the venue's position does not show it yet."""
    world = World("0", mark=mark)
    world.arm(stop("sl", "95", **FROM_FILE), *others)
    world.position("10")
    world.do(FireNow(trigger_id="sl", by="test", now_ns=world.later()))
    world.fill()
    assert world.engine.state.position(world.key).live == 0
    return world


def test_given_all_is_filled_when_a_profit_comes_back_then_its_level_is_waited_for():
    world = all_is_filled(at("tp", TP, GAIN_OF_20, **FROM_FILE), mark="103")
    assert world.state("tp") == "waiting: already crossed"

    world.mark("101")

    assert world.state("tp") == "waiting: entry price"
    world.position("0")
    assert world.state("tp") == "waiting: position"
    world.position("10")
    assert (world.state("tp"), level(world, "tp")) == ("armed", D(102))


def test_given_all_is_filled_when_the_position_changes_then_a_profit_keeps_its_level():
    world = all_is_filled(at("tp", TP, GAIN_OF_20, **FROM_FILE))
    assert level(world, "tp") == D(102)

    # A report of before the fill, with another entry: nothing to work it out from.
    world.do(
        PositionReport(
            key=world.key,
            quantity=D(10),
            entry_price=D(99),
            ts_venue_ns=world.now_ns - 2 * MS,
            now_ns=world.later(),
        )
    )

    assert world.engine.state.position(world.key).live == 0
    assert (world.state("tp"), level(world, "tp")) == ("armed", D(102))


def test_given_all_is_filled_when_only_its_size_is_amended_then_the_level_stays():
    tp = at("tp", TP, GAIN_OF_20, **FROM_FILE)
    world = all_is_filled(tp)
    half = replace(tp, action=stop("x", "1", "50%").action)

    reply = world.do(
        Amend(definition=half, if_crossed=IfCrossed.REFUSE, now_ns=world.later())
    ).reply

    assert isinstance(reply, Accepted)
    assert (world.state("tp"), level(world, "tp")) == ("armed", D(102))
