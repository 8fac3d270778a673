"""What must hold of a world of alerts after everything has healed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from exitd.adapters.alpaca.ids import read_id
from exitd.core.entry import EntryRecord, EntryState, SignalState
from exitd.core.state import State
from exitd.core.trigger import TriggerState
from exitd.core.units import ZERO
from fakes.alpaca.orders import Order
from simulation.alerts.watch import entry_of
from simulation.violation import Violation

if TYPE_CHECKING:
    from simulation.alerts.world import AlertWorld

_UNSETTLED = frozenset(
    {EntryState.WANTED, EntryState.SIGNED, EntryState.SENT, EntryState.IN_DOUBT}
)
_LIVE = (TriggerState.ARMED, TriggerState.FIRING, TriggerState.WAITING)


def check(world: AlertWorld) -> None:
    """Raises: Violation: An alert was lost, doubled, or its position left alone."""
    world.check_told()
    if not world.machine.is_up:
        raise Violation("the daemon has not come up again")
    for client_id in world.network.reused:
        raise Violation(f"client id {client_id} was used for two requests")
    state = world.machine.loop.engine.state
    _check_alerts(world)
    entries, closed = _orders(world)
    for entry in world.mirror.entries.values():
        _check_entry(entry, entries.get(entry.id), closed.get(entry.id, ZERO))
    _check_positions(world, state)
    for record in state.triggers.values():
        is_firing = record.state is TriggerState.FIRING
        # One that waits for a price that meets its bound has said so.
        if is_firing and not state.fires[record.id].is_bound_told:
            raise Violation(f"{record.id} is still firing: {state.fires[record.id]}")


def _check_alerts(world: AlertWorld) -> None:
    """Each alert that was answered is there once, and was carried out or refused."""
    for number, ids in world.taken.items():
        if len(ids) > 1:
            raise Violation(f"alert {number} was taken in as {sorted(ids)}")
    by_digest: dict[str, list[str]] = {}
    for record in world.mirror.signals.values():
        by_digest.setdefault(record.digest, []).append(record.id)
        if record.state is SignalState.ACCEPTED:
            raise Violation(f"{record.id} was accepted, and is not carried out")
    for digest, ids in by_digest.items():
        if len(ids) > 1:
            raise Violation(f"the alert {digest} is stored as {ids}")
    for number, ids in world.taken.items():
        for signal_id in ids:
            if signal_id not in world.mirror.signals:
                raise Violation(f"alert {number} was answered, and is lost")


def _orders(world: AlertWorld) -> tuple[dict[str, Order], dict[str, Decimal]]:
    """Give the order of each entry, and what its exits have closed, by the venue."""
    ids = {e.order.ticket.client_order_id: e.id for e in world.mirror.entries.values()}
    entries: dict[str, Order] = {}
    closed: dict[str, Decimal] = {}
    for order in world.there.exchange.orders:
        number, reference = read_id(order.client_order_id)
        if order.client_order_id in world.by_hand:
            continue
        if order.parent is not None:
            of_entry = ids[order.parent.client_order_id]
        elif number is not None:
            key = world.attempt_of(number)
            if key is None:
                raise Violation(f"an order nobody wrote down: {order.client_order_id}")
            of_entry = entry_of(key.trigger_id)
        elif reference in ids and ids[reference] not in entries:
            entries[ids[reference]] = order
            continue
        else:
            raise Violation(f"an order nobody asked for: {order.client_order_id}")
        closed[of_entry] = closed.get(of_entry, ZERO) + order.filled
    return entries, closed


def _check_entry(entry: EntryRecord, order: Order | None, closed: Decimal) -> None:
    if entry.state in _UNSETTLED:
        raise Violation(f"{entry.id} is still {entry.state}")
    filled = ZERO if order is None else order.filled
    if entry.filled != filled:
        raise Violation(f"{entry.id} filled {filled}, and is taken for {entry.filled}")
    if order is not None and order.filled > (entry.order.ticket.quantity or ZERO):
        raise Violation(f"{entry.id} filled {filled}, more than was asked for")
    if closed > filled:
        raise Violation(f"the exits of {entry.id} closed {closed} of {filled}")


def _check_positions(world: AlertWorld, state: State) -> None:
    """What is held is known, and what an alert gave a stop still has one."""
    real = abs(world.net())
    for key, position in state.positions.items():
        expected = real if key.side is world.choices.side else ZERO
        if position.quantity != expected:
            raise Violation(f"{key} is {expected} and is taken for {position.quantity}")
    if not real:
        for record in state.triggers.values():
            if record.state is TriggerState.ARMED and entry_of(record.id):
                raise Violation(f"{record.id} is armed, and nothing is held")
        return
    for entry in state.entries.values():
        stops = [d.id for d in entry.exits if d.is_stop]
        if not stops or entry.left == ZERO or entry.is_held_by_broker:
            continue
        records = [state.triggers.get(name) for name in stops]
        if not any(r is not None and r.state in _LIVE for r in records):
            raise Violation(f"{entry.left} of {entry.id} is left without its stop")
