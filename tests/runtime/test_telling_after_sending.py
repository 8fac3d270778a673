"""What is told of a firing waits for its order, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence

from exitd.core.attempt import CloseOrder
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import OrderReport
from exitd.ports.venue import Prepared, Refusal
from runtime.desk import Desk, in_virtual_time, stop
from simulation.virtual_time import let_pass

HIT, SIGNED, SENT = (
    FactKind.TRIGGER_HIT,
    FactKind.ORDER_SIGNED,
    FactKind.ORDER_SENT,
)


class Watcher:
    """Notes each fact with how many orders had left when it was told."""

    def __init__(self, desk: Desk) -> None:
        self.left = 0
        send = desk.venue.send

        async def sending(
            order: CloseOrder, prepared: Prepared
        ) -> OrderReport | Refusal:
            self.left += 1
            return await send(order, prepared)

        desk.venue.send = sending  # type: ignore[method-assign]
        self.told: list[tuple[FactKind, int]] = []
        desk.loop.on_facts(self.take)

    def take(self, facts: Sequence[Fact]) -> None:
        self.told += [(fact.kind, self.left) for fact in facts]

    def of(self, *kinds: FactKind) -> list[tuple[FactKind, int]]:
        return [(kind, left) for kind, left in self.told if kind in kinds]


@in_virtual_time
async def test_given_a_hit_when_its_order_leaves_then_told_after_it_and_in_order():
    desk = await Desk().start()
    await desk.arm(stop())
    watcher = Watcher(desk)

    desk.mark("95")
    assert watcher.told == []
    await desk.settle()

    assert watcher.of(HIT, SIGNED, SENT) == [(HIT, 1), (SIGNED, 1), (SENT, 1)]


@in_virtual_time
async def test_given_a_slow_disk_when_hit_then_told_all_the_same():
    desk = await Desk().start()
    await desk.arm(stop())
    watcher = Watcher(desk)
    desk.store.hold()

    desk.mark("95")
    await let_pass(0.1)

    assert watcher.of(HIT, SIGNED, SENT) == [(HIT, 0), (SIGNED, 0)]
    desk.store.release()
    await desk.settle()
    assert watcher.of(HIT, SIGNED, SENT) == [(HIT, 0), (SIGNED, 0), (SENT, 1)]


@in_virtual_time
async def test_given_something_else_meanwhile_then_told_in_the_order_it_was_decided():
    desk = await Desk().start()
    await desk.arm(stop())
    watcher = Watcher(desk)
    desk.store.hold()

    desk.mark("95")
    desk.venue.hold(desk.venue.listed.popitem()[0], "12")
    await desk.settle()

    kinds = [kind for kind, _ in watcher.told]
    assert kinds.index(HIT) < kinds.index(FactKind.POSITION_CHANGED)
    desk.store.release()
    await desk.settle()


@in_virtual_time
async def test_given_a_stop_of_the_daemon_then_nothing_is_kept_back():
    desk = await Desk().start()
    await desk.arm(stop())
    watcher = Watcher(desk)
    desk.store.hold()
    desk.mark("95")

    desk.loop.stop()

    assert watcher.of(HIT) == [(HIT, 0)]
    desk.store.release()
    await desk.settle()
