"""What is told of a turn waits for its commit and its order, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from exitd.core.attempt import CloseOrder
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import Arm, OrderReport
from exitd.core.trigger import TriggerState
from exitd.errors import StoreError, StoreFull
from exitd.logs.pipeline import timestamp
from exitd.ports.store import Batch
from exitd.ports.venue import Prepared, Refusal
from exitd.runtime.fact_log import log_facts
from exitd.runtime.telling import NOT_WRITTEN, Telling
from exitd.runtime.unwritten import TELL_WITHIN_S
from fakes.exchange import SOL
from fakes.journal import Journal
from runtime.desk import Desk, Heard, in_virtual_time, stop
from simulation.virtual_time import let_pass

ARMED, HIT, SIGNED, SENT = (
    FactKind.TRIGGER_ARMED,
    FactKind.TRIGGER_HIT,
    FactKind.ORDER_SIGNED,
    FactKind.ORDER_SENT,
)
#: Killed after each of so many.
COMMITS = 12


class Watcher:
    """Notes each fact with how many orders had left, and whether it was durable."""

    def __init__(self, desk: Desk) -> None:
        self.left = 0
        send = desk.venue.send

        async def sending(
            order: CloseOrder, prepared: Prepared
        ) -> OrderReport | Refusal:
            self.left += 1
            return await send(order, prepared)

        desk.venue.send = sending  # type: ignore[method-assign]
        self.told: list[tuple[Fact, int, bool]] = []
        desk.loop.on_written(self.take)

    def take(self, facts: Sequence[Fact], is_durable: bool) -> None:
        self.told += [(fact, self.left, is_durable) for fact in facts]

    def of(self, *kinds: FactKind) -> list[tuple[FactKind, int, bool]]:
        return [
            (fact.kind, left, is_durable)
            for fact, left, is_durable in self.told
            if fact.kind in kinds
        ]

    @property
    def armed(self) -> set[str]:
        return {fact.trigger_id for fact, _, is_durable in self.told if is_durable}


def arming(desk: Desk, id: str = "sl", level: str = "90") -> Arm:
    return Arm(definitions=(stop(id, level, "1"),), now_ns=desk.clock.now_ns())


@in_virtual_time
async def test_b111_given_killed_before_any_commit_then_what_was_told_is_not_lost():
    levels = {f"sl{n}": str(80 + n) for n in range(COMMITS)}
    told = 0
    for commits in range(COMMITS):
        desk = await Desk().start()
        watcher = Watcher(desk)
        desk.store.hold()
        for name, level in levels.items():
            desk.loop.handle(arming(desk, name, level))
        desk.store.release(commits)
        await desk.settle()

        again = await desk.restarted()
        await again.start()

        assert watcher.armed == set(list(levels)[:commits])
        assert all(
            again.trigger(name).state is TriggerState.ARMED for name in watcher.armed
        )
        told += len(watcher.armed)
    assert told == sum(range(COMMITS))


@in_virtual_time
async def test_b087_given_a_hit_when_its_order_leaves_then_told_after_it_and_in_order():
    desk = await Desk().start()
    await desk.arm(stop())
    await desk.settle()
    watcher = Watcher(desk)

    desk.mark("95")
    assert watcher.told == []
    await desk.settle()

    assert watcher.of(HIT, SIGNED, SENT) == [
        (HIT, 1, True),
        (SIGNED, 1, True),
        (SENT, 1, True),
    ]


@in_virtual_time
async def test_given_a_commit_under_way_then_what_follows_is_not_told_before_it():
    desk = await Desk().start()
    await desk.arm(stop())
    await desk.settle()
    watcher = Watcher(desk)
    desk.store.hold()

    desk.mark("95")
    desk.venue.hold(desk.venue.listed.popitem()[0], "12")
    await desk.settle()
    assert watcher.told == []

    desk.store.release()
    await desk.settle()
    kinds = [fact.kind for fact, _, is_durable in watcher.told if is_durable]
    assert len(kinds) == len(watcher.told)
    assert kinds.index(HIT) < kinds.index(FactKind.POSITION_CHANGED)
    instants = [fact.ts_ns for fact, _, _ in watcher.told]
    assert instants == sorted(instants)


@in_virtual_time
async def test_b121_given_a_full_disk_when_hit_then_told_in_time_as_not_durable():
    desk = await Desk().start()
    await desk.arm(stop())
    await desk.settle()
    watcher = Watcher(desk)
    desk.store.fill_disk()

    desk.mark("95")
    await let_pass(TELL_WITHIN_S + 0.01)
    assert watcher.of(HIT, SIGNED, SENT) == [(HIT, 0, False), (SIGNED, 0, False)]

    desk.store.mend_disk()
    await desk.settle()
    assert watcher.of(HIT, SIGNED, SENT) == [
        (HIT, 0, False),
        (SIGNED, 0, False),
        (SENT, 1, True),
    ]


@in_virtual_time
async def test_b031_given_an_arm_that_the_store_refuses_then_told_as_not_durable():
    desk = await Desk().start()
    watcher = Watcher(desk)
    submit = desk.store.submit

    def full_for_arms(batch, on_durable=None):
        desk.store.fill_disk()
        submit(batch, on_durable)
        desk.store.mend_disk()

    desk.store.submit = full_for_arms
    with pytest.raises(StoreFull):
        await desk.loop.command(arming(desk))
    await desk.settle()

    assert watcher.of(ARMED, FactKind.TRIGGER_CANCELLED) == [
        (ARMED, 0, False),
        (FactKind.TRIGGER_CANCELLED, 0, True),
    ]


@in_virtual_time
async def test_given_a_closed_store_then_what_it_did_not_take_is_told_at_once():
    desk = await Desk().start()
    await desk.arm(stop())
    await desk.settle()
    watcher = Watcher(desk)
    desk.store.hold()
    desk.mark("95")

    desk.loop.timer.stop()
    assert watcher.told == []
    desk.loop.tell_rest()

    assert watcher.of(HIT) == [(HIT, 0, False)]
    await let_pass(2 * TELL_WITHIN_S)
    assert watcher.of(HIT) == [(HIT, 0, False)]


@in_virtual_time
async def test_given_facts_when_logged_then_at_their_instant_or_as_not_durable():
    journal = Journal()
    desk = await Desk().start()
    desk.loop.on_written(log_facts)
    journal.start()
    desk.store.hold()

    begun_ns = desk.clock.now_ns()
    desk.loop.handle(arming(desk))
    await let_pass(TELL_WITHIN_S + 0.01)
    desk.store.release()
    desk.venue.hold(SOL, "12")
    await desk.settle()

    armed, changed = journal.lines()
    journal.close()
    assert (armed["event"], armed["durable"]) == ("trigger.armed", False)
    assert armed["ts"] == timestamp(begun_ns)
    assert changed["event"] == "position.changed"
    assert "durable" not in changed


@in_virtual_time
async def test_given_a_fact_that_is_not_durable_then_its_alert_says_so():
    desk, heard = await Desk().start(), Heard()
    await desk.arm(stop())
    await desk.settle()
    desk.loop.on_written(Telling(heard).take)
    desk.store.hold()

    desk.mark("95")
    await let_pass(TELL_WITHIN_S + 0.01)
    desk.store.release()
    await desk.settle()

    hit, *_, done = heard.alerts
    assert (hit.topic, done.topic) == ("trigger.hit", "trigger.done")
    assert hit.text.endswith(NOT_WRITTEN)
    assert not done.text.endswith(NOT_WRITTEN)


def _line(of: str) -> Batch:
    """Make a batch that the engine has no part in: a fact about *of*."""
    return Batch((), (Fact(FactKind.CHANGE_MADE, 1, fields={"changed": of}),))


@in_virtual_time
async def test_given_what_others_store_when_written_then_told_in_its_place():
    desk = await Desk().start()
    watcher = Watcher(desk)
    desk.store.hold()

    desk.loop.handle(arming(desk, "first"))
    desk.loop.submit(_line("alert"), lambda error: None)
    desk.loop.handle(arming(desk, "second", "89"))
    desk.store.release()
    await desk.settle()

    told = watcher.of(ARMED, FactKind.CHANGE_MADE)
    assert [kind for kind, _, _ in told] == [ARMED, FactKind.CHANGE_MADE, ARMED]
    assert all(is_durable for _, _, is_durable in told)


@in_virtual_time
async def test_given_what_others_store_when_the_disk_is_slow_then_told_once_written():
    desk = await Desk().start()
    watcher = Watcher(desk)
    desk.store.hold()

    for name in ("one", "other"):
        desk.loop.submit(_line(name), lambda error: None)
    await let_pass(2 * TELL_WITHIN_S)
    assert watcher.told == []
    desk.loop.handle(arming(desk))
    desk.store.release()
    await desk.settle()

    told = [(f.kind, f.fields.get("changed"), sure) for f, _, sure in watcher.told]
    assert told[:2] == [
        (FactKind.CHANGE_MADE, "one", True),
        (FactKind.CHANGE_MADE, "other", True),
    ]
    assert told[2][::2] == (ARMED, True)


@in_virtual_time
async def test_given_what_others_store_when_refused_then_never_told():
    desk = await Desk().start()
    watcher = Watcher(desk)
    errors: list[StoreError | None] = []
    desk.store.fill_disk()

    desk.loop.submit(replace(_line("alert"), may_fail=True), errors.append)
    await desk.settle()
    desk.store.mend_disk()
    await let_pass(2 * TELL_WITHIN_S)

    assert [type(error) for error in errors] == [StoreFull]
    assert watcher.told == []
