"""Positions come and go (behaviours 27, 75 to 80, 117, 118 and what is unproven)."""

from __future__ import annotations

import pytest

from core.worlds import (
    LONG,
    MS,
    SHORT,
    S,
    World,
    rule,
    stop,
    target,
)
from exitd.core.attempt import RefusalKind
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.inputs import CancelsConfirmed, IfCrossed, Pause
from exitd.core.policy import Policies
from exitd.core.position import Continuity
from exitd.core.trigger import Cancel, Notify


def template(make, id, level, size="100%", **changed):
    return make(id, level, size, template=True, owner="file:a.yaml:3", **changed)


def test_b075_given_a_whole_stop_when_the_position_grows_then_closes_all():
    world = World()
    world.arm(stop("sl", "95"))

    # Reduced in between, so that what it began with is another size.
    world.position("6")
    world.position("15")
    world.mark("95")

    assert world.sizes() == ["15"]


@pytest.mark.parametrize(
    ("sizes", "closed"), [(["15"], "10"), (["15", "6"], "6"), (["6", "12"], "10")]
)
def test_b076_given_a_fixed_quantity_then_never_more_than_it_or_the_position(
    sizes, closed
):
    world = World()
    world.arm(stop("sl", "95", "10"))

    for size in sizes:
        world.position(size)
    world.mark("95")

    assert world.sizes() == [closed]


def test_b077_given_a_share_then_of_live_plus_what_exits_filled():
    world = World()
    world.arm(target("tp1", "110", "20%"), target("tp2", "111", "50%"))
    world.mark("110")
    world.fill()
    world.position("8")

    world.mark("111")

    assert world.sizes() == ["2", "5"]


def test_b077_given_a_share_above_what_is_left_then_what_is_left():
    world = World()
    world.arm(target("tp1", "110", "80%"), target("tp2", "111", "50%"))
    world.mark("110")
    world.fill()
    world.position("2")

    world.mark("111")

    assert world.sizes() == ["8", "2"]


def test_b077_given_a_reduction_by_hand_then_the_share_is_of_what_is_left():
    world = World()
    world.arm(target("tp", "110", "50%"))

    world.position("6")
    world.mark("110")

    assert world.sizes() == ["3"]


def test_b078_given_closed_by_hand_then_retired_with_a_reason_and_no_order():
    world = World()
    world.arm(stop("sl", "95"), target("tp", "110"))

    world.position("0")
    world.mark("90")

    assert world.state("sl") == world.state("tp") == "done: retired"
    assert world.told(FactKind.TRIGGER_RETIRED)[0].fields["why"]
    assert world.sent == []


def test_b079_given_flipped_to_short_then_long_triggers_are_retired():
    world = World()
    world.arm(stop("sl", "95"))

    world.position("5", key=SHORT)
    world.mark("90")

    assert world.state("sl") == "done: retired"
    assert world.sent == []
    assert world.engine.state.position(LONG).quantity == 0


def test_b080_given_reopened_then_api_triggers_stay_and_templates_arm_anew():
    world = World()
    world.arm(stop("api", "94"), template(stop, "file", "95"))

    world.position("0")
    assert world.state("api") == "done: retired"
    assert world.state("file") == "waiting: position"
    world.position("4")
    world.mark("93")

    assert world.who() == ["file"]
    assert world.sizes() == ["4"]
    assert world.sent[0].attempt.arming == 2


def test_b080_given_a_filled_template_when_reopened_then_armed_anew():
    world = World()
    world.arm(template(stop, "file", "95"))
    world.mark("95")
    world.fill()
    world.position("0")
    world.mark("100")

    world.position("4")

    assert world.state("file") == "armed"
    assert world.trigger("file").arming == 2


def test_b080_given_once_then_one_lifetime_only():
    world = World("0")
    world.arm(template(stop, "file", "95", once=True))
    world.position("4")
    assert world.state("file") == "armed"
    world.position("0")
    assert world.state("file") == "done: retired"

    world.position("4")

    assert world.state("file") == "done: retired"


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_b080_given_a_cancelled_or_expired_template_then_no_lifetime_revives_it(how):
    world = World()
    world.arm(template(stop, "file", "95", expires_ns=world.now_ns + S))
    if how == "cancelled":
        world.cancel("file")
    else:
        world.wait(S)

    world.position("0")
    world.position("4")

    assert world.state("file") == f"done: {how}"


def test_given_a_done_template_when_its_time_is_over_then_no_lifetime_revives_it():
    world = World()
    world.arm(template(stop, "file", "95", expires_ns=world.now_ns + 10 * S))
    world.mark("95")
    world.fill()
    world.position("0")
    world.now_ns += 11 * S

    world.position("4")

    assert world.state("file") == "done: filled"


def test_given_a_notice_template_has_told_then_it_tells_again_in_the_next_lifetime():
    world = World()
    action = Notify()
    definition = rule(
        "n", ConditionKind.BELOW, "95", action, template=True, owner="file:a:1"
    )
    world.arm(definition)
    world.mark("95")
    assert world.state("n") == "done: acted"
    world.mark("100")

    world.position("0")
    world.position("4")

    assert world.state("n") == "armed"


def test_given_level_crossed_when_a_lifetime_begins_then_waits_and_says_so():
    world = World("0")
    world.arm(template(stop, "file", "101"), if_crossed=IfCrossed.WAIT)

    world.position("4")

    assert world.state("file") == "waiting: already crossed"
    fact = world.told(FactKind.TRIGGER_WAITING)[-1]
    assert fact.fields["alert"] is True
    assert fact.fields["is_stop"] is True
    world.mark("102", "101")
    assert world.sizes() == ["4"]


@pytest.mark.parametrize(
    ("price", "state"), [("102", "armed"), ("100", "waiting: already crossed")]
)
def test_given_no_price_when_a_lifetime_begins_then_the_first_price_decides(
    price, state
):
    world = World("0", mark=None)
    world.arm(template(stop, "file", "101"))
    world.position("4")
    assert world.state("file") == "waiting: first price"

    world.mark(price)

    assert world.state("file") == state
    assert world.sent == []


def test_given_waiting_for_the_first_price_when_its_time_is_over_then_expired():
    world = World("0", mark=None)
    world.arm(template(stop, "file", "101", expires_ns=world.now_ns + 3 * MS))
    world.position("4")

    world.now_ns += 5 * MS
    world.mark("100")

    assert world.state("file") == "done: expired"


def test_given_a_paused_template_when_a_lifetime_begins_then_it_stays_paused():
    world = World("0")
    world.arm(template(stop, "file", "95"))

    world.do(Pause(trigger_id="file", by="me", now_ns=world.later()))
    world.position("4")
    world.mark("90")

    assert world.sent == []
    assert world.trigger("file").paused


def test_b080_given_reopened_while_a_fire_is_in_flight_then_the_new_one_is_not_closed():
    world = World()
    world.arm(template(stop, "file", "95"))
    world.mark("95")

    world.position("0")
    world.mark("100")
    world.position("4")
    assert world.state("file") == "firing"
    world.end(filled="0")
    world.wait(10 * S)

    assert world.sizes() == ["10"]
    assert world.state("file") == "armed"
    assert world.trigger("file").arming == 2
    assert world.fire_rows("file")[0].reason == "retired"


def test_b080_given_reopened_before_the_fill_is_told_then_it_is_not_counted_there():
    world = World()
    world.arm(template(stop, "file", "95"))
    world.mark("95")
    world.position("0")
    world.mark("100")
    world.position("4")

    world.fill()

    position = world.engine.state.position(LONG)
    assert position.live == 4
    assert position.filled_in_lifetime == 0
    assert world.fire_rows("file")[0].filled == 10
    assert world.state("file") == "armed"


def test_given_refused_after_a_new_lifetime_began_then_the_fire_is_over():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.position("0")
    world.position("4")

    world.refuse(RefusalKind.NOT_REDUCED)

    assert world.state("sl") == "done: retired"
    assert world.sizes() == ["10"]


def test_given_a_slot_opens_after_a_new_lifetime_began_then_the_fire_is_over():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")
    world.refuse(RefusalKind.MARGIN)

    world.position("8", continuity=Continuity.NEW)
    world.wait(S)

    assert world.state("sl") == "done: retired"
    assert world.sizes() == ["10"]


def test_given_a_cancelling_trigger_of_a_position_when_it_closes_then_it_goes_on():
    world = World()
    world.arm(rule("cx", ConditionKind.BELOW, "95", Cancel()))
    world.mark("95")

    world.position("0")
    assert world.state("cx") == "firing"
    world.do(CancelsConfirmed("cx", 1, 2, world.later()))

    assert world.state("cx") == "done: acted"


FIRES = Policies(new_lifetime_fires=True)


@pytest.mark.parametrize("mark", ["100", None])
def test_given_it_is_to_fire_when_crossed_as_a_lifetime_begins_then_it_does(mark):
    world = World("0", mark=mark, policies=FIRES)
    world.arm(template(stop, "file", "101"), if_crossed=IfCrossed.WAIT)

    world.position("4")
    world.mark("100")

    assert world.sizes() == ["4"]


def test_given_it_is_to_fire_when_paused_as_a_lifetime_begins_then_it_does_not():
    world = World("0", policies=FIRES)
    world.arm(template(stop, "file", "101"), if_crossed=IfCrossed.WAIT)

    world.do(Pause(trigger_id="file", by="me", now_ns=world.later()))
    world.position("4")
    world.mark("100")

    assert world.sent == []
