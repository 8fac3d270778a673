"""Closes that a venue had taken and does not show any more: a chain undoes blocks."""

from __future__ import annotations

import pytest

from core.worlds import S, World, stop
from exitd.core.attempt import AttemptState, Capabilities, Expiry, RefusalKind
from exitd.core.events import FactKind
from exitd.core.intents import ResendClose

CHAIN = Capabilities(expiry=Expiry.NONCE, lag_slack_ns=10 * S)


def working(capabilities=CHAIN, quantity="4"):
    """A stop's close rests at the venue, and has done so for half a minute."""
    world = World(capabilities=capabilities)
    world.arm(stop("sl", "95", quantity))
    world.mark("95")
    world.works()
    world.now_ns += 30 * S
    return world


@pytest.mark.parametrize("filled", [None, "1"])
def test_b089_given_a_close_that_worked_and_is_gone_then_in_doubt_and_the_same_bytes(
    filled,
):
    world = working()
    if filled is not None:
        world.fill(filled=filled)
        world.now_ns += 30 * S

    world.nothing_found(read_ns=0)

    assert world.attempt().state is AttemptState.IN_DOUBT
    assert [again.signed for again in world.wants(ResendClose)] == [b"signed"]
    assert "does not show it" in world.told(FactKind.ORDER_IN_DOUBT)[0].fields["why"]
    assert len(world.sent) == 1


def test_b089_given_it_is_there_again_then_it_works_and_is_counted_once():
    world = working()
    world.nothing_found(read_ns=0)

    world.works()
    world.fill()
    world.position("6")

    assert world.sizes() == ["4"]
    assert world.state("sl") == "done: filled"


def test_b089_given_it_fails_in_the_blocks_instead_then_the_next_attempt_goes():
    world = working()
    world.nothing_found(read_ns=0)

    world.refuse(RefusalKind.BUSY, 0)
    world.wait(2 * S)

    assert world.attempt(0).state is AttemptState.REFUSED
    assert world.sizes() == ["4", "4"]


def test_b089_given_it_is_gone_for_good_then_the_next_attempt_after_its_deadline():
    world = working()
    world.nothing_found(read_ns=0)
    world.now_ns = world.attempt().expires_venue_ns + 10 * S

    world.nothing_found()

    assert world.attempt(0).state is AttemptState.EXPIRED
    assert world.sizes() == ["4", "4"]


def test_b089_given_it_began_to_work_a_moment_ago_then_who_reads_may_be_behind():
    world = World(capabilities=CHAIN)
    world.arm(stop("sl", "95", "4"))
    world.mark("95")
    world.works()

    assert world.nothing_found(read_ns=0).is_quiet
    assert world.attempt().state is AttemptState.WORKING


def test_b089_given_a_clock_that_was_set_back_since_then_it_is_asked_about():
    world = working()
    world.now_ns -= 3_600 * S

    world.nothing_found(read_ns=0)

    assert world.attempt().state is AttemptState.IN_DOUBT


@pytest.mark.parametrize("expiry", [e for e in Expiry if e is not Expiry.NONCE])
def test_b089_given_no_nonce_when_a_history_does_not_show_it_then_it_works_on(expiry):
    world = working(Capabilities(expiry=expiry, lag_slack_ns=10 * S))

    assert world.nothing_found(read_ns=0).is_quiet
    assert world.attempt().state is AttemptState.WORKING
