"""Alerts are stored, answered and carried out once; repetitions are recognised."""

from __future__ import annotations

import asyncio

import pytest

from exitd.core.entry import SignalState
from exitd.runtime.problems import NotReady
from exitd.runtime.signals import inbox as inbox_module
from fakes.journal import Journal
from fakes.store import FakeStore, begin
from runtime.desk import in_virtual_time
from runtime.signals.inboxes import ROUTE, Broker, Desk, S, draft
from simulation.virtual_time import VirtualClock, VirtualLoop, let_pass


def _clock() -> VirtualClock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return VirtualClock(loop)


async def _desk(**options: object) -> tuple[Desk, FakeStore, VirtualClock]:
    clock = _clock()
    store = FakeStore(clock)
    desk = Desk(store, clock, Broker(), **options)  # type: ignore[arg-type]
    return await desk.start(), store, clock


async def _receive(desk: Desk, alert: object) -> object:
    return await desk.inbox.receive(alert)  # type: ignore[arg-type]


@in_virtual_time
async def test_given_an_alert_then_stored_answered_and_carried_out_once() -> None:
    desk, _, _ = await _desk()

    taken = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert not taken.is_duplicate
    assert taken.record.state is SignalState.ACCEPTED
    assert desk.broker.traded == [taken.record.id]
    (stored,) = await desk.stored()
    assert stored.id == taken.record.id
    assert stored.state is SignalState.CARRIED_OUT
    assert stored.outcome == "bought 10"
    assert stored.ts_done_ns >= stored.ts_received_ns > 0
    assert stored.is_paper


@in_virtual_time
async def test_given_an_entry_refused_meanwhile_then_the_log_says_begun_and_refused():
    journal = Journal()
    desk, _, _ = await _desk(entry_state="refused")
    journal.start()

    await desk.inbox.receive(draft())
    await desk.rest()

    ended = journal.lines()[-1]
    journal.close()
    assert ended["event"] == "webhook.carried_out"
    assert (ended["outcome"], ended["entry_state"]) == ("bought 10", "refused")


@in_virtual_time
async def test_given_an_alert_when_not_on_disk_yet_then_neither_answered_nor_traded():
    desk, store, _ = await _desk()
    store.hold()

    answering = asyncio.ensure_future(_receive(desk, draft()))
    await let_pass(1)

    assert not answering.done()
    assert desk.broker.asked == []
    store.release()
    await answering
    await desk.rest()
    assert len(desk.broker.traded) == 1


@in_virtual_time
async def test_given_the_same_client_order_id_within_the_horizon_then_a_duplicate():
    desk, _, _ = await _desk()
    first = await desk.inbox.receive(draft(client_order_id="a-1"))
    await let_pass(24 * 3600 - 1)

    again = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert again.is_duplicate
    assert again.is_same
    assert again.record.id == first.record.id
    assert desk.broker.traded == [first.record.id]
    assert len(await desk.stored()) == 1


@in_virtual_time
async def test_given_the_same_id_with_another_body_then_a_duplicate_that_says_so():
    desk, _, _ = await _desk()
    await desk.inbox.receive(draft("AAPL", client_order_id="a-1"))

    again = await desk.inbox.receive(draft("MSFT", client_order_id="a-1"))
    await desk.rest()

    assert again.is_duplicate
    assert not again.is_same
    assert len(desk.broker.traded) == 1


@in_virtual_time
async def test_given_the_same_id_when_long_ago_then_a_new_alert_that_counts_up():
    desk, _, _ = await _desk()
    for number in range(3):
        taken = await desk.inbox.receive(draft(client_order_id="a-1"))
        assert not taken.is_duplicate
        assert taken.record.again == number
        await let_pass(24 * 3600)
    await desk.rest()

    assert len(desk.broker.traded) == 3


@in_virtual_time
async def test_given_the_same_id_on_another_route_then_another_alert():
    desk, _, _ = await _desk()
    await desk.inbox.receive(draft(client_order_id="a-1"))

    other = await desk.inbox.receive(draft(route="other", client_order_id="a-1"))
    await desk.rest()

    assert not other.is_duplicate
    assert other.record.again == 0
    assert len(desk.broker.traded) == 2


@in_virtual_time
async def test_given_the_same_body_when_within_the_window_then_a_duplicate():
    desk, _, _ = await _desk()
    first = await desk.inbox.receive(draft())
    await let_pass(19)

    again = await desk.inbox.receive(draft())
    other = await desk.inbox.receive(draft(digest="of another body"))
    await desk.rest()

    assert again.is_duplicate
    assert again.record.id == first.record.id
    assert not other.is_duplicate
    assert desk.broker.traded == [first.record.id, other.record.id]


@in_virtual_time
async def test_given_the_same_body_when_after_the_window_then_a_new_alert():
    desk, _, _ = await _desk()
    await desk.inbox.receive(draft())
    await let_pass(20)

    again = await desk.inbox.receive(draft())
    await desk.rest()

    assert not again.is_duplicate
    assert len(set(desk.broker.traded)) == 2


@in_virtual_time
async def test_given_a_route_with_its_own_window_then_it_counts():
    route = ROUTE.model_copy(update={"duplicate_window": 5 * S})
    desk, _, _ = await _desk(routes={"tv": route})
    await desk.inbox.receive(draft())
    await let_pass(5)

    assert not (await desk.inbox.receive(draft())).is_duplicate


@in_virtual_time
async def test_given_a_repetition_while_the_first_is_being_stored_then_one_is_traded():
    desk, store, _ = await _desk()
    store.hold()
    both = [
        asyncio.ensure_future(desk.inbox.receive(draft(client_order_id="a-1")))
        for _ in range(2)
    ]
    await let_pass(0.1)

    store.release()
    first, again = await asyncio.gather(*both)
    await desk.rest()

    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert desk.broker.traded == [first.record.id]


@in_virtual_time
async def test_given_a_full_disk_then_nothing_is_stored_and_the_next_is_the_first():
    desk, store, _ = await _desk()
    store.fill_disk()

    with pytest.raises(NotReady, match="the disk is full; nothing was stored"):
        await desk.inbox.receive(draft(client_order_id="a-1"))
    store.mend_disk()
    taken = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert [line.fields["changed"] for line in desk.lines] == [taken.record.id]
    assert not taken.is_duplicate
    assert taken.record.again == 0
    assert desk.broker.traded == [taken.record.id]


@in_virtual_time
async def test_given_a_full_disk_when_it_comes_twice_at_once_then_neither_is_stored():
    desk, store, _ = await _desk()
    store.fill_disk()

    both = await asyncio.gather(
        desk.inbox.receive(draft()),
        desk.inbox.receive(draft()),
        return_exceptions=True,
    )

    assert [type(one) for one in both] == [NotReady, NotReady]
    assert await desk.stored() == ()


@in_virtual_time
async def test_given_a_disk_that_does_not_begin_then_taken_back_and_the_next_is_first():
    desk, store, clock = await _desk()
    store.hold()
    began_ns = clock.now_ns()

    with pytest.raises(NotReady, match="too slow; nothing was stored; send it again"):
        await desk.inbox.receive(draft(client_order_id="a-1"))
    assert clock.now_ns() - began_ns == 2 * S
    store.release()
    await let_pass(1)
    assert await desk.stored() == ()
    assert desk.lines == []
    taken = await desk.inbox.receive(draft(client_order_id="a-1"))
    await desk.rest()

    assert not taken.is_duplicate
    assert taken.record.again == 0
    assert desk.broker.traded == [taken.record.id]


@in_virtual_time
async def test_given_it_is_taken_back_then_its_repetition_is_told_so_as_well():
    desk, store, _ = await _desk()
    store.hold()

    both = [asyncio.ensure_future(_receive(desk, draft())) for _ in range(2)]
    told = await asyncio.gather(*both, return_exceptions=True)
    store.release()
    await desk.rest()

    assert [type(one) for one in told] == [NotReady, NotReady]
    assert await desk.stored() == ()
    assert desk.broker.asked == []


async def _beginning(desk: Desk, store: FakeStore) -> None:
    """Receive an alert whose own commit hangs."""
    store.hold()
    receiving = asyncio.ensure_future(_receive(desk, draft()))
    await let_pass(0.1)
    begin(store)
    with pytest.raises(NotReady, match="has begun to write the alert"):
        await receiving


@in_virtual_time
async def test_given_a_commit_that_hangs_then_told_to_send_again_and_traded_once():
    desk, store, clock = await _desk()
    began_ns = clock.now_ns()

    await _beginning(desk, store)
    assert clock.now_ns() - began_ns == 27 * S // 10
    for _ in range(3):
        # As TradingView does: 5 s after an answer of 5xx, three times at the most.
        await let_pass(5)
        with pytest.raises(NotReady, match="it is carried out once at the most"):
            await desk.inbox.receive(draft())
    store.release()
    await let_pass(19)
    last = await desk.inbox.receive(draft())
    await desk.rest()

    assert last.is_duplicate
    assert desk.broker.traded == [last.record.id]
    assert len(await desk.stored()) == 1


@in_virtual_time
async def test_given_a_commit_that_hangs_beyond_the_window_then_still_the_same_alert():
    desk, store, _ = await _desk()
    await _beginning(desk, store)
    await let_pass(60)

    answering = asyncio.ensure_future(desk.inbox.receive(draft()))
    await let_pass(0.1)
    store.release()
    again = await answering
    await desk.rest()

    assert again.is_duplicate
    assert len(desk.broker.traded) == 1
    assert len(await desk.stored()) == 1


@in_virtual_time
async def test_given_a_commit_that_ends_late_then_the_window_counts_from_our_answer():
    desk, store, _ = await _desk()
    await _beginning(desk, store)
    store.release()
    await let_pass(19)

    again = await desk.inbox.receive(draft())
    await desk.rest()

    assert again.is_duplicate
    assert len(desk.broker.traded) == 1


@in_virtual_time
async def test_given_it_is_closed_then_nothing_is_stored_any_more():
    desk, _, _ = await _desk()
    desk.close()

    with pytest.raises(
        NotReady, match="exitd is stopping; nothing was stored"
    ) as raised:
        await desk.inbox.receive(draft())

    assert raised.value.retry_after_s == 5
    assert await desk.stored() == ()


@in_virtual_time
async def test_given_it_closes_while_one_is_stored_then_it_waits_for_the_next_start():
    desk, store, _ = await _desk()
    store.hold()
    answering = asyncio.ensure_future(desk.inbox.receive(draft()))
    await let_pass(0.1)

    desk.close()
    store.release()
    taken = await answering
    await desk.rest()

    assert not taken.is_duplicate
    assert desk.broker.asked == []


@in_virtual_time
async def test_given_too_many_that_wait_then_no_more_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox_module, "WAITING_MAX", 2)
    desk, _, _ = await _desk()
    desk.broker.is_open.clear()
    for number in range(2):
        await desk.inbox.receive(draft(client_order_id=f"a-{number}"))

    with pytest.raises(NotReady, match="2 alerts wait"):
        await desk.inbox.receive(draft(client_order_id="a-2"))

    desk.broker.is_open.set()
    await desk.rest()
    assert len(desk.broker.traded) == 2


@in_virtual_time
async def test_given_many_alerts_at_one_instant_then_each_has_an_id_of_its_own():
    desk, _, _ = await _desk()

    for number in range(50):
        await desk.inbox.receive(draft(client_order_id=f"a-{number}"))
    await desk.rest()

    assert len(set(desk.broker.traded)) == 50
    assert desk.broker.traded == sorted(desk.broker.traded)
