"""Cancel, pause, resume, rearm, fire (behaviours 35, 36, 104 and the page's table)."""

from __future__ import annotations

import random

from core.worlds import LAST, LONG, S, World, quantity, rule, stop, target
from exitd.core.condition import ConditionKind
from exitd.core.inputs import ClosePosition, FireNow, IfCrossed, Pause, Rearm, Resume
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import FireRecord, Notify


def tell(world, command, id="sl"):
    return world.do(command(trigger_id=id, by="me", now_ns=world.later())).reply


def test_b035_given_cancelled_when_cancelled_again_then_told_and_no_error():
    world = World()
    world.arm(stop("sl", "95"))

    assert world.cancel("sl") == Accepted(("sl",))
    assert world.cancel("sl").notes == ("sl is already done: cancelled",)


def test_b036_given_an_unknown_id_then_every_command_says_so():
    world = World()

    assert world.cancel("sl").code == "unknown"
    for command in (Pause, Resume, Rearm, FireNow):
        assert tell(world, command).code == "unknown"


def test_given_abandon_then_the_firing_ends_and_the_position_stays():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    assert world.cancel("sl", abandon=True) == Accepted(("sl",))

    assert world.state("sl") == "done: abandoned"
    assert world.fire_rows("sl")[0].reason == "abandoned"


def test_given_paused_then_it_does_not_fire_until_resumed():
    world = World()
    world.arm(stop("sl", "95"))

    tell(world, Pause)
    tell(world, Pause)
    world.mark("94", "100")
    assert world.sent == []
    tell(world, Resume)
    world.mark("95")

    assert world.sizes() == ["10"]


def test_given_crossed_while_paused_when_resumed_then_refused():
    world = World()
    world.arm(stop("sl", "95"))
    tell(world, Pause)
    world.mark("94")

    reply = tell(world, Resume)

    assert reply.code == "already_crossed"
    assert world.trigger("sl").paused


def test_given_paused_and_no_fresh_price_when_resumed_then_the_next_price_decides():
    world = World()
    world.arm(stop("sl", "95"))
    tell(world, Pause)
    world.mark("94")
    world.later(10 * S)

    assert isinstance(tell(world, Resume), Accepted)
    world.mark("94")

    assert world.sizes() == ["10"]


def test_given_not_paused_when_resumed_then_told():
    world = World()
    world.arm(stop("sl", "95"))

    assert tell(world, Resume).notes == ("sl is not paused",)


def test_given_firing_when_paused_then_refused():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    assert tell(world, Pause).code == "state"


def test_given_done_when_rearmed_then_a_new_arming():
    world = World()
    world.arm(stop("sl", "95"))
    world.cancel("sl")

    assert tell(world, Rearm) == Accepted(("sl",))
    world.mark("95")

    assert world.sent[0].attempt.arming == 2


def test_given_what_cannot_be_rearmed_then_refused():
    world = World()
    world.arm(
        stop("armed", "95"),
        stop("old", "94", expires_ns=world.now_ns + S),
        stop("crossed", "93"),
    )
    world.wait(2 * S)
    world.cancel("crossed")
    world.mark("97")

    assert tell(world, Rearm, "armed").code == "state"
    assert tell(world, Rearm, "old").code == "expired"
    world.cancel("armed")
    world.mark("92")
    assert tell(world, Rearm, "crossed").code == "already_crossed"
    world.position("0")
    assert tell(world, Rearm, "armed").code == "no_position"


def test_given_a_filled_close_command_when_rearmed_then_refused():
    world = World()
    world.do(
        ClosePosition(
            id="now", owner="cli:me", key=LONG, quantity=quantity("5"), now_ns=1
        )
    )
    world.fill()
    world.position("5")

    assert tell(world, Rearm, "now").code == "state"


def test_given_a_done_template_without_a_position_when_rearmed_then_it_waits():
    world = World()
    world.arm(stop("sl", "95", template=True, owner="file:a:1"))
    world.cancel("sl")
    world.position("0")

    assert tell(world, Rearm) == Accepted(("sl",))

    assert world.state("sl") == "waiting: position"


def test_given_a_done_notice_about_a_market_when_rearmed_then_armed():
    world = World()
    world.arm(rule("n", ConditionKind.ABOVE, "110", Notify(), side=None))
    world.mark("110", "100")

    assert tell(world, Rearm, "n") == Accepted(("n",))
    assert world.state("n") == "armed"


def test_given_fire_now_then_it_fires_whatever_the_price():
    world = World()
    world.arm(target("tp", "110"), stop("sl", "95", source=LAST))

    assert tell(world, FireNow, "tp") == Accepted(("tp",))

    assert world.sizes() == ["10"]
    assert world.firing("tp").cause == "command"
    assert world.firing("tp").observed == 100


def test_given_not_armed_when_fired_then_refused():
    world = World()
    world.arm(stop("sl", "101"), if_crossed=IfCrossed.WAIT)

    assert tell(world, FireNow).code == "state"


def test_b105_given_10_000_interleavings_of_cancel_and_tick_then_replies_agree():
    rng = random.Random(105)
    count = 10_000
    world = World("100000", mark="100000")
    world.arm(*(stop(f"t{n}", str(90_000 - n), "1") for n in range(count)))
    cancels = list(range(count))
    rng.shuffle(cancels)
    answers, price = {}, 90_001
    for n in cancels:
        if rng.random() < 0.5:
            price -= rng.randrange(3)
            world.mark(str(price))
        answers[f"t{n}"] = world.cancel(f"t{n}")

    fired = {fire.trigger_id for fire in world.store.of(FireRecord)}

    assert fired == set(world.who())
    assert 0 < len(fired) < count
    for id, reply in answers.items():
        assert isinstance(reply, Refused) is (id in fired)
        assert (world.state(id) == "done: cancelled") is (id not in fired)
