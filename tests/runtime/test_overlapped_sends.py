"""Closes that leave while they are written down; what a start asks the venue then."""

from __future__ import annotations

from exitd.core.barrier import BARRED
from exitd.core.barrier_inputs import RunEnded
from exitd.core.events import FactKind
from exitd.core.inputs import IfCrossed
from exitd.core.trigger import TriggerState
from fakes.outcomes import LoseRequest
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time, stop


async def overlapped(**changed) -> Desk:
    return await Desk(is_overlapped=True, **changed).start()


@in_virtual_time
async def test_b087_given_overlapped_when_hit_then_it_leaves_during_the_commit():
    desk = await overlapped()
    await desk.arm(stop())
    desk.store.hold()

    desk.mark("95")
    await desk.settle()

    assert desk.sent == [("sl", D(10))]
    assert desk.venue.sent[0].order.client_order_id == desk.trigger().first_id
    desk.store.release()
    await desk.settle()
    assert len(desk.sent) == 1


@in_virtual_time
async def test_b087_given_something_unwritten_when_hit_then_it_waits_for_the_disk():
    desk = await overlapped()
    await desk.arm(stop())
    desk.store.hold()
    desk.loop.handle(RunEnded(desk.clock.now_ns()))

    desk.mark("95")
    await desk.settle()

    assert desk.sent == []
    desk.store.release()
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b087_given_it_fires_as_it_is_armed_then_its_id_is_written_first():
    desk = await overlapped()
    desk.mark("94")
    desk.store.hold()

    arming = desk.arm(stop(), if_crossed=IfCrossed.FIRE)
    desk.spawn(arming, "arm")
    await desk.settle()

    assert desk.trigger().state is TriggerState.FIRING
    assert desk.sent == []
    desk.store.release()
    await desk.settle()
    assert desk.sent == [("sl", D(10))]


@in_virtual_time
async def test_b087_given_a_clock_that_nobody_has_measured_then_it_is_strict():
    desk = await overlapped()
    await desk.arm(stop())
    desk.account.time.is_measured = False
    desk.store.hold()

    desk.mark("95")
    await desk.settle()

    assert desk.sent == []


async def fallen(*outcomes, **changed) -> Desk:
    """A close has left, and its machine falls before anything of it is written."""
    desk = await overlapped()
    await desk.arm(stop(), stop("low", "80", "50%"))
    desk.venue.script(*outcomes)
    desk.store.hold()
    desk.mark("95")
    await desk.settle(0.01)
    assert desk.sent == [("sl", D(10))]
    return await desk.restarted(is_overlapped=True, **changed)


@in_virtual_time
async def test_b119_given_it_had_filled_when_started_again_then_found_and_none_sent():
    desk = await fallen()

    await desk.start(mark=None)
    await desk.settle(1)

    assert desk.trigger().state is TriggerState.DONE
    (fire,) = await desk.store.fires("sl")
    assert (fire.cause, fire.filled, fire.attempts) == ("found", D(10), 1)
    assert fire.fees
    assert len(desk.sent) == 1


@in_virtual_time
async def test_b111_given_it_never_arrived_then_sent_anew_once_that_is_certain():
    desk = await fallen(LoseRequest())

    await desk.start(mark="94")
    await desk.settle(5)
    fire = desk.fire()
    assert fire is not None
    assert fire.held_by == BARRED
    assert len(desk.sent) == 1
    await desk.settle(20)

    assert desk.sent == [("sl", D(10))] * 2
    first, second = (sent.order.client_order_id for sent in desk.venue.sent)
    assert first != second
    assert desk.fact(FactKind.ACCOUNT_UNBARRED).fields["triggers"] == 2


@in_virtual_time
async def test_b111_given_the_venue_does_not_answer_then_it_is_asked_until_it_does():
    desk = await fallen(LoseRequest())
    desk.venue.is_down = True
    await desk.start(mark="94")
    await desk.settle(60)
    assert len(desk.sent) == 1

    desk.venue.is_down = False
    await desk.settle(60)

    assert desk.sent == [("sl", D(10))] * 2


@in_virtual_time
async def test_given_the_barrier_is_passed_then_armings_have_new_ids():
    desk = await fallen(LoseRequest())
    spent = desk.store.disk.triggers["low"].first_id

    await desk.start(mark="94")
    await desk.settle(30)

    assert desk.trigger("low").first_id not in (0, spent)
    assert desk.loop.engine.state.barriers == {}
    assert desk.store.disk.counters[ACCOUNT].ahead_window_ns > 0


@in_virtual_time
async def test_given_it_stands_by_then_no_ids_are_reserved_before_the_takeover():
    desk = await fallen(LoseRequest())
    await desk.recover()
    state = desk.loop.engine.state
    state.standing_by.add(ACCOUNT)
    await desk.open()
    await desk.settle(30)
    assert state.unreserved[ACCOUNT] == ["sl", "low"]

    state.standing_by.clear()
    desk.account.search_barrier()
    await desk.settle(3)

    assert state.unreserved[ACCOUNT] == []
