"""The first price after nobody watched is beyond a level: fire, or tell and wait."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.trailing_world import armed
from core.unwatched import MINUTE, down
from core.worlds import LAST, MARK, D, S, World, rule, stop, target, trail
from exitd.core.condition import ConditionKind, Confirmation
from exitd.core.events import FactKind
from exitd.core.market import PriceSource, Quorum
from exitd.core.policy import Policies
from exitd.core.trigger import Notify, TriggerDefinition

TELLS = Policies(stop_beyond_only_tells=True, take_profit_beyond_only_tells=True)


def back(*definitions: TriggerDefinition, policies: Policies = TELLS) -> World:
    world = armed(*definitions, policies=policies)
    world.mark("100")
    world.wait(2 * S)
    world.restart()
    return world


def test_b115_given_alert_when_the_first_price_is_beyond_then_told_and_not_sent():
    world = back(stop("sl", "95"), target("tp", "110"))

    world.mark("94")

    assert world.sent == []
    assert world.state("sl") == "waiting: already crossed"
    assert world.state("tp") == "armed"
    (told,) = world.told(FactKind.TRIGGER_WAITING)
    assert told.fields["alert"] is True


def test_b115_given_alert_when_the_price_was_back_then_it_fires_again():
    world = back(stop("sl", "95"))
    world.mark("94", "93", "96")
    assert world.state("sl") == "armed"

    world.mark("95")

    assert world.who() == ["sl"]


def test_b115_given_alert_when_a_later_price_is_beyond_then_it_fires():
    world = back(stop("sl", "95"))

    world.mark("96", "94")

    assert world.who() == ["sl"]


def test_b115_given_alert_when_a_first_price_is_a_new_high_then_the_next_fires():
    world = back(stop("sl", "95"), trail("t", "1"))

    world.mark("103", "94")

    assert world.who() == ["t"], "which covers the whole"
    assert world.state("sl") == "firing"


@pytest.mark.parametrize(
    ("policies", "sent"),
    [
        (Policies(stop_beyond_only_tells=True), ["tp"]),
        (Policies(take_profit_beyond_only_tells=True), []),
        (Policies(), ["tp"]),
    ],
)
def test_b115_given_a_policy_then_it_is_for_its_own_kind_alone(
    policies: Policies, sent: list[str]
):
    world = back(target("tp", "110"), policies=policies)
    other = back(stop("sl", "95"), policies=policies)

    world.mark("111")
    other.mark("94")

    assert world.who() == sent
    assert bool(other.who()) is not policies.stop_beyond_only_tells


def test_b115_given_alert_after_a_gap_then_told_and_not_sent():
    world = armed(stop("sl", "95"), policies=TELLS)
    world.mark("100")
    down(world, MINUTE)

    world.mark("94")

    assert world.sent == []
    assert world.state("sl") == "waiting: already crossed"


def test_b054_given_alert_and_a_trail_then_it_keeps_what_it_has_seen():
    world = armed(trail("t", "5"), policies=TELLS)
    world.mark("120")
    world.wait(2 * S)
    world.restart()
    world.mark("114")
    assert world.state("t") == "waiting: already crossed"

    world.mark("116", "115")

    assert world.who() == ["t"], "its stop is still 115"


def test_b115_given_alert_when_it_does_not_close_or_has_expired_then_as_ever():
    notice = rule("n", ConditionKind.BELOW, "95", Notify())
    world = armed(notice, policies=TELLS)
    old = replace(stop("old", "95"), expires_ns=world.now_ns + MINUTE)
    world.arm(old)
    world.restart()
    world.later(2 * MINUTE)

    world.mark("94")

    assert world.state("n") == "done: acted"
    assert world.state("old") == "done: expired"


def test_b115_given_alert_and_an_emergency_on_another_price_then_that_fires():
    confirmation = Confirmation(for_ns=MINUTE, emergency=D(90), emergency_source=LAST)
    world = World(policies=TELLS)
    world.last("100")
    world.arm(replace(stop("sl", "95"), confirmation=confirmation))
    world.restart()

    world.last("89")

    assert world.who() == ["sl"]


def test_b115_given_alert_and_a_price_of_several_then_its_first_is_looked_at():
    agreed = replace(MARK, combined=Quorum((LAST,), 2, True))
    world = World(policies=TELLS)
    world.last("100")
    world.mark("100")
    world.arm(stop("sl", "95", source=agreed))
    world.restart()
    world.last("100")

    world.mark("100")

    assert not any(book.is_back for book in world.engine.state.books.values())
    assert isinstance(agreed, PriceSource)
