"""Amend and close now (behaviours 33, 34, 37, 141) and closes that make no sense."""

from __future__ import annotations

import pytest

from core.worlds import (
    ACCOUNT,
    LAST,
    LONG,
    MS,
    SHORT,
    SYMBOL,
    D,
    S,
    World,
    close,
    quantity,
    rule,
    stop,
    target,
)
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import Amend, ClosePosition, IfCrossed, Pause
from exitd.core.market import InstrumentKind
from exitd.core.position import Side
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import Notify, TriggerState


def code(reply):
    assert isinstance(reply, Refused), reply
    return reply.code


def amend(world, definition, if_crossed=IfCrossed.REFUSE):
    command = Amend(definition=definition, if_crossed=if_crossed, now_ns=world.later())
    return world.do(command).reply


def test_b033_given_amend_to_a_crossed_level_then_the_policy_decides():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95.5")

    assert code(amend(world, stop("sl", "96"))) == "already_crossed"
    assert world.trigger("sl").definition.level == 95
    amend(world, stop("sl", "96"), IfCrossed.WAIT)
    assert world.state("sl") == "waiting: already crossed"
    assert world.sent == []
    amend(world, stop("sl", "96.5"), IfCrossed.FIRE)

    assert world.sizes() == ["10"]


def test_b033_given_an_armed_stop_when_amended_to_fire_then_fires():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95.5")

    amend(world, stop("sl", "96"), IfCrossed.FIRE)

    assert world.sizes() == ["10"]


def test_b034_given_an_amend_before_the_tick_then_the_old_level_does_not_fire():
    world = World()
    world.arm(stop("sl", "95"))

    amend(world, stop("sl", "94"))
    world.mark("94.5")
    assert world.sent == []
    world.mark("94")

    assert world.sizes() == ["10"]
    assert world.trigger("sl").arming == 1


def test_b034_given_an_amend_to_another_source_then_the_old_one_is_not_watched():
    world = World()
    world.arm(stop("sl", "95"))

    amend(world, stop("sl", "95", source=LAST))
    world.mark("94")
    assert world.sent == []
    world.last("94")

    assert world.sizes() == ["10"]


def test_given_an_amend_of_the_expiry_then_the_new_one_counts():
    world = World()
    world.arm(stop("sl", "95", expires_ns=world.now_ns + 5 * S))

    amend(world, stop("sl", "95", expires_ns=world.now_ns + 9 * S))
    world.wait(6 * S)
    assert world.state("sl") == "armed"
    world.wait(4 * S)

    assert world.state("sl") == "done: expired"


def test_given_a_waiting_trigger_when_amended_to_a_level_not_crossed_then_armed():
    world = World()
    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)

    amend(world, stop("sl", "95"))

    assert world.state("sl") == "armed"


def test_given_a_waiting_trigger_and_an_old_price_when_amended_then_it_waits_on():
    world = World()
    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)
    world.later(6 * S)

    amend(world, stop("sl", "95"))
    assert world.state("sl") == "waiting: already crossed"
    world.mark("100")

    assert world.state("sl") == "armed"


def test_given_a_paused_trigger_when_amended_to_a_crossed_level_then_no_fire():
    world = World()
    world.arm(stop("sl", "95"))
    world.do(Pause(trigger_id="sl", by="test", now_ns=world.later()))

    amend(world, stop("sl", "101"), IfCrossed.FIRE)
    world.mark("90")

    assert world.sent == []


def test_given_unknown_firing_done_or_another_place_when_amended_then_refused():
    world = World()
    world.arm(stop("a", "95"), stop("b", "94"), stop("c", "90"))
    world.cancel("b")
    world.mark("95")

    assert code(amend(world, stop("x", "90"))) == "unknown"
    assert code(amend(world, stop("a", "90"))) == "state"
    assert "rearm it first" in amend(world, stop("b", "90")).sentence
    assert code(amend(world, stop("c", "105", side=Side.SHORT))) == "place"


def test_given_an_amend_that_conflicts_then_the_old_one_is_compared_again():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    assert code(amend(world, target("tp", "94"), IfCrossed.WAIT)) == "conflict"

    assert code(world.arm(target("twin", "110"))) == "conflict"


def test_b037_given_an_expiry_in_the_past_then_refused():
    world = World()

    assert code(world.arm(stop("sl", "95", expires_ns=world.now_ns))) == "expired"


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        (rule("x", ConditionKind.BELOW, "95", close(), side=None), "needs a side"),
        (stop("x", "95", "0%"), "share"),
        (stop("x", "95", "101%"), "share"),
        (stop("x", "95", action=close("5", "100")), "slippage limit"),
    ],
)
def test_given_a_close_that_makes_no_sense_then_refused(definition, says):
    reply = World().arm(definition)

    assert code(reply) == "bad_close"
    assert says in reply.sentence


def test_given_a_spot_market_then_a_close_is_refused_and_a_notice_is_not():
    world = World(kind=InstrumentKind.SPOT)

    assert code(world.arm(stop("sl", "95"))) == "bad_close"
    notice = rule("n", ConditionKind.BELOW, "95", Notify(), side=None)
    assert isinstance(world.arm(notice), Accepted)


def test_b082_given_a_close_worth_less_than_the_minimum_then_a_note():
    world = World(min_notional=D(50))

    reply = world.arm(stop("sl", "95", "0.5"))

    assert "worth less than the minimum of 50 USDC" in reply.notes[0]


def test_given_an_id_armed_again_then_its_arming_number_goes_on():
    world = World()
    world.arm(stop("sl", "95"))
    world.cancel("sl")

    world.arm(stop("sl", "94"))

    assert world.trigger("sl").arming == 2


def test_given_an_id_armed_again_on_the_other_side_then_it_belongs_there():
    world = World(side=Side.SHORT)
    world.arm(stop("sl", "105", side=Side.SHORT))
    world.position("0")
    world.position("4", key=LONG)

    world.arm(stop("sl", "95"))
    world.mark("95")

    assert world.sizes() == ["4"]
    assert world.engine.state.triggers_on(SHORT) == []


def test_given_close_position_then_closes_now_with_a_trigger_of_its_own():
    world = World()

    reply = world.do(
        ClosePosition(
            id="now", owner="cli:me", key=LONG, quantity=quantity("40%"), now_ns=MS
        )
    ).reply

    assert reply == Accepted(("now",))
    assert world.sizes() == ["4"]
    assert world.trigger("now").state is TriggerState.FIRING


def test_given_close_position_of_nothing_or_under_a_taken_id_then_refused():
    world = World()
    world.arm(stop("sl", "95"))

    def ask(id, key):
        command = ClosePosition(
            id=id, owner="cli:me", key=key, quantity=quantity("rest"), now_ns=MS
        )
        return world.do(command).reply

    assert code(ask("now", SHORT)) == "no_position"
    assert code(ask("sl", LONG)) == "exists"


def test_b141_given_numbers_then_they_round_trip_as_text():
    world = World(price_step=D("0.00000001"), quantity_step=D("0.00000001"))
    world.arm(stop("sl", "0.00000095", "1.00000001"))

    definition = world.trigger("sl").definition
    assert str(definition.level) == "9.5E-7"
    assert definition.account == ACCOUNT
    assert definition.symbol == SYMBOL
    assert definition.close.quantity.value == D("1.00000001")


def test_given_an_amend_then_the_fact_has_both_levels():
    world = World()
    world.arm(stop("sl", "95"))

    amend(world, stop("sl", "94"))

    fields = world.told(FactKind.TRIGGER_AMENDED)[0].fields
    assert (fields["level_before"], fields["level"]) == (95, 94)
