"""Confirmation against wicks, and the guard against single prices."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import ACCOUNT, LAST, MARK, MS, SYMBOL, D, S, World, rule, stop, target
from exitd.core.condition import ConditionKind, Confirmation
from exitd.core.events import FactKind
from exitd.core.inputs import (
    CancelTrigger,
    FireNow,
    Pause,
    Resume,
    TimePassed,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.core.state import Refused
from exitd.core.trigger import Notify, TriggerDefinition

INDEX = PriceSource(ACCOUNT, SYMBOL, PriceKind.INDEX)
CLOSED = PriceSource(ACCOUNT, SYMBOL, PriceKind.LAST_CLOSE, "15m", closed=True)


def confirmed(
    seconds: int = 0,
    *,
    prices: int = 0,
    emergency: str | None = None,
    **changed: object,
) -> TriggerDefinition:
    confirmation = Confirmation(
        for_ns=seconds * S,
        prices=prices,
        emergency=D(emergency) if emergency is not None else None,
    )
    return replace(stop("sl", "95", **changed), confirmation=confirmation)


def armed(definition: TriggerDefinition, **world: object) -> World:
    made = World(**world)  # type: ignore[arg-type]
    assert not isinstance(made.arm(definition), Refused)
    return made


def test_b131_given_a_price_that_comes_back_then_no_fire_and_a_new_count_next_time():
    world = armed(confirmed(120))
    world.mark("94")
    world.wait(60 * S)
    world.mark("95.01")
    world.wait(30 * S)
    assert world.sent == []

    world.mark("94")
    world.wait(119 * S)
    assert world.sent == []
    world.wait(2 * S)

    assert world.who() == ["sl"]
    kinds = [f.kind for f in world.facts if f.trigger_id == "sl"]
    assert kinds.count(FactKind.TRIGGER_CONFIRMING) == 2
    assert kinds.count(FactKind.TRIGGER_CONDITION_LOST) == 1


def test_b131_given_a_price_that_only_touches_the_level_again_then_it_still_counts():
    world = armed(confirmed(120))
    world.mark("94")
    world.wait(60 * S)

    world.mark("95", "95.00")
    world.wait(61 * S)

    assert world.who() == ["sl"]


def test_given_a_time_beyond_the_level_when_it_ends_then_nobody_counts_as_timed():
    world = armed(confirmed(120))
    timing = world.engine.state.books[MARK].timing
    world.mark("94")
    begun = list(timing)
    world.mark("96")
    back = list(timing)
    world.mark("94")
    world.wait(121 * S)

    assert world.who() == ["sl"]
    assert (begun, back, list(timing)) == (["sl"], [], [])


def test_b132_given_the_whole_time_beyond_then_it_fires_without_a_tick():
    world = armed(confirmed(120))
    world.mark("94")
    due_ns = world.trigger("sl").confirm_ns
    assert due_ns == world.now_ns + 120 * S

    world.do(TimePassed(due_ns - 1))
    assert world.sent == []
    world.now_ns = due_ns
    world.do(TimePassed(due_ns))

    assert world.who() == ["sl"]
    fired = world.firing("sl")
    assert (fired.cause, fired.level, fired.observed) == ("confirmed", D(95), D(94))


@pytest.mark.parametrize("first", ["94", "90"])
def test_b133_given_the_emergency_level_then_it_does_not_wait(first):
    world = armed(confirmed(120, emergency="91"))

    world.mark(first, "91")

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == ("price" if first == "90" else "emergency")


def test_b133_given_prices_in_a_row_then_the_emergency_level_does_not_wait_either():
    world = armed(confirmed(prices=5, emergency="91"))

    world.mark("94", "90.99")

    assert world.who() == ["sl"]


def test_b134_given_a_restart_then_the_time_goes_on():
    world = armed(confirmed(120))
    world.mark("94")
    began_ns = world.now_ns
    world.wait(100 * S)
    world.restart()
    world.mark("94")

    world.wait(began_ns + 120 * S - world.now_ns - MS)
    assert world.sent == []
    world.wait(MS)

    assert world.who() == ["sl"]
    assert world.firing("sl").ts_hit_ns == began_ns + 120 * S


@pytest.mark.parametrize(("price", "who"), [("94", ["sl"]), ("96", [])])
def test_b134_given_no_price_since_a_restart_when_due_then_the_first_one_decides(
    price, who
):
    world = armed(confirmed(120))
    world.mark("94")
    world.restart()
    world.wait(200 * S)
    assert world.sent == []

    world.mark(price)

    assert world.who() == who


def test_b123_given_the_clock_was_set_back_while_down_then_it_waits_no_longer():
    world = armed(confirmed(120))
    world.mark("94")
    world.wait(60 * S)
    world.now_ns -= 900 * S

    world.restart()
    began_ns = world.now_ns
    world.mark("94")
    world.wait(began_ns + 120 * S - world.now_ns - 1)
    assert world.sent == []
    world.wait(1)

    assert world.who() == ["sl"]


def test_b135_given_closed_candles_then_only_their_close_counts():
    definition = stop("sl", "95", source=CLOSED)
    world = armed(definition)

    world.last("90")
    world.tick(CLOSED, "95.01")
    assert world.sent == []
    world.tick(CLOSED, "95")

    assert world.who() == ["sl"]


def test_b135_given_closed_candles_and_an_emergency_then_their_close_fires_as_well():
    emergency = Confirmation(emergency=D(91), emergency_source=LAST)
    world = armed(replace(stop("sl", "95", source=CLOSED), confirmation=emergency))

    world.last("92")
    world.tick(CLOSED, "94.99")

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == "price"
    world.last("91")
    assert world.who() == ["sl"]
    assert world.engine.watched() == frozenset()


def test_b133_given_closed_candles_and_an_emergency_then_any_price_there_fires():
    emergency = Confirmation(emergency=D(91), emergency_source=LAST)
    definition = replace(stop("sl", "95", source=CLOSED), confirmation=emergency)
    world = armed(definition)
    assert world.engine.watched() == {CLOSED, LAST}

    world.last("91.01")
    assert world.sent == []
    world.last("91")

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == "emergency"
    assert world.engine.watched() == frozenset()


def test_b137_given_three_in_a_row_when_one_comes_back_then_the_count_begins_again():
    world = armed(confirmed(prices=3))

    world.mark("94", "93", "96", "94", "93")
    assert world.sent == []
    world.mark("94.5")

    assert world.who() == ["sl"]
    assert world.firing("sl").cause == "confirmed"


def test_b137_given_a_restart_in_a_count_then_it_begins_again():
    world = armed(confirmed(prices=3))
    world.mark("94", "93")

    world.restart()
    world.mark("94", "93")
    assert world.sent == []
    world.mark("94")

    assert world.who() == ["sl"]


def test_given_a_short_then_confirmation_is_mirrored():
    definition = replace(
        stop("sl", "105", side=Side.SHORT),
        confirmation=Confirmation(for_ns=10 * S, emergency=D(109)),
    )
    world = armed(definition, side=Side.SHORT)

    world.mark("106", "104.99", "106")
    world.wait(9 * S)
    assert world.sent == []
    world.mark("109")

    assert world.who() == ["sl"]


def test_given_a_confirmation_when_expired_or_cancelled_then_nothing_fires():
    world = armed(confirmed(120, expires_ns=1_060 * S))
    world.mark("94")
    world.wait(300 * S)
    assert world.state("sl") == "done: expired"

    world = armed(confirmed(120))
    world.mark("94")
    world.do(CancelTrigger(trigger_id="sl", by="test", now_ns=world.later()))
    world.wait(300 * S)

    assert world.sent == []
    assert not world.engine.state.book(MARK).is_watched


def test_given_a_confirmation_when_paused_then_it_begins_again_after():
    world = armed(confirmed(120))
    world.mark("94")
    world.do(Pause(trigger_id="sl", by="test", now_ns=world.later()))
    world.wait(300 * S)
    world.mark("96")

    world.do(Resume(trigger_id="sl", by="test", now_ns=world.later()))
    world.mark("94")
    world.wait(119 * S)
    assert world.sent == []
    world.wait(2 * S)

    assert world.who() == ["sl"]


def test_given_a_take_profit_that_is_confirmed_while_a_stop_fires_then_it_is_held():
    world = World()
    world.arm(
        stop("sl", "95", "4"),
        replace(target("tp", "110", "4"), confirmation=Confirmation(for_ns=10 * S)),
    )
    world.mark("110")
    world.mark("110.5")
    world.wait(9 * S)

    world.do(FireNow(trigger_id="sl", by="test", now_ns=world.later()))
    world.wait(5 * S)

    assert world.who() == ["sl"]
    assert world.state("tp") == "armed"


@pytest.mark.parametrize(("price", "who"), [("110", ["sl", "tp"]), ("109", ["sl"])])
def test_b065_given_a_confirmed_target_is_held_when_the_stop_is_done_then_by_its_price(
    price, who
):
    world = World()
    world.arm(
        stop("sl", "95", "4"),
        replace(target("tp", "110", "4"), confirmation=Confirmation(for_ns=10 * S)),
    )
    world.mark("110")
    world.do(FireNow(trigger_id="sl", by="test", now_ns=world.later()))
    world.wait(11 * S)
    assert world.who() == ["sl"]
    world.mark(price)

    world.fill()
    world.position("6")
    world.wait(0)

    assert world.who() == who


@pytest.mark.parametrize(
    ("confirmation", "why"),
    [
        (Confirmation(for_ns=S, prices=2), "not by both"),
        (Confirmation(for_ns=S, emergency=D(96)), "must lie below"),
        (Confirmation(prices=2_000), "counts up to"),
        (Confirmation(for_ns=-S), "counts up to"),
    ],
)
def test_given_a_confirmation_that_makes_no_sense_when_armed_then_refused(
    confirmation, why
):
    world = World()

    reply = world.arm(replace(stop("sl", "95"), confirmation=confirmation))

    assert isinstance(reply, Refused)
    assert why in reply.sentence


def test_given_a_notice_that_is_confirmed_then_it_only_tells():
    definition = replace(
        rule("n", ConditionKind.BELOW, "95", Notify(), side=None),
        confirmation=Confirmation(prices=2),
    )
    world = armed(definition)

    world.mark("94", "94")

    assert world.state("n") == "done: acted"


def test_b133_given_closed_candles_when_it_begins_then_the_emergency_is_watched():
    emergency = Confirmation(emergency=D(91), emergency_source=LAST)
    definition = replace(
        stop("sl", "95", source=CLOSED, template=True, owner="file:a:1"),
        confirmation=emergency,
    )
    world = World("0")
    world.arm(definition)
    world.position("10")
    assert world.state("sl") == "armed"

    world.last("91")

    assert world.who() == ["sl"]
