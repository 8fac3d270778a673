"""What must hold of a world after everything has healed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from exitd.core.attempt import AttemptKey, AttemptState
from exitd.core.condition import AtInstant, MaxHold
from exitd.core.position import PositionKey
from exitd.core.resting import is_beyond, level_now
from exitd.core.schedule import due_of
from exitd.core.state import State
from exitd.core.trigger import (
    DoneReason,
    FireRecord,
    QuantityKind,
    TriggerRecord,
    TriggerState,
)
from simulation.kinds import ACCOUNT, SYMBOL
from simulation.prices import ENTRY, LAST_DISTANCE
from simulation.takeover import is_out_of_bounds
from simulation.violation import Violation

if TYPE_CHECKING:
    from simulation.world import World

#: Longer than any window of a request, and any lag of a history.
SOON_NS = 60_000_000_000


def check(world: World) -> None:
    """Raises: Violation: Something was lost, doubled, or never ended."""
    world.check_told()
    if not world.machine.is_up:
        raise Violation("the daemon has not come up again")
    for client_id in world.network.reused:
        raise Violation(f"client id {client_id} was used for two requests")
    state = world.machine.loop.engine.state
    filled = _filled_by_attempt(world)
    _check_ended(world, state)
    key = PositionKey(ACCOUNT, SYMBOL, world.choices.side)
    seen, real = state.position(key).quantity, abs(world.net())
    if seen != real:
        raise Violation(f"the position is {real} and is taken for {seen}")
    _check_sizes(world, state, filled)
    _check_fired(world, state)
    for name in world.armed:
        if world.trigger(state, name) is None:
            raise Violation(f"{name} was armed, and is lost")


def _check_ended(world: World, state: State) -> None:
    """Every hit has ended, unless it says why it could not."""
    firing = [r for r in state.triggers.values() if r.state is TriggerState.FIRING]
    for record in firing:
        fired = state.fires[record.id]
        if is_out_of_bounds(state, fired) or _is_signed_ahead(world, state, fired):
            continue
        raise Violation(
            f"{record.id} is still firing: {state.fires[record.id]} "
            f"{[a for a in state.attempts.values() if not a.is_ended]}"
        )


def _is_signed_ahead(world: World, state: State, fired: FireRecord) -> bool:
    """Whether a close stays in doubt, as told, until an hour that is still to come.

    The machine was put an hour ahead, and signed before the venue had told its time.
    """
    attempt = state.open_attempt_of(fired)
    if attempt is None or world.choices.step_ms <= 0:
        return False
    is_told = attempt.state is AttemptState.IN_DOUBT
    soon_ns = world.exchange.clock.now_us() * 1_000 + SOON_NS
    return is_told and attempt.expires_venue_ns > soon_ns


def _check_sizes(world: World, state: State, filled: dict[AttemptKey, Decimal]) -> None:
    """Each firing closed what it says, exactly once."""
    by_fire: dict[tuple[str, int], Decimal] = {}
    for key, quantity in filled.items():
        name = (key.trigger_id, key.arming)
        by_fire[name] = by_fire.get(name, Decimal(0)) + quantity
    for name, done in by_fire.items():
        fired, record = world.mirror.fires[name], world.trigger(state, name[0])
        assert record is not None, name
        most = _most(record, fired)
        if most is None:
            continue
        market = world.exchange.state.markets[SYMBOL]
        step = market.quantity_step
        # A share of what is left may be less than the venue takes (behaviour 82).
        if done > max(most, market.quantity_min):
            raise Violation(f"{fired.fire_id} closed {done} instead of {most}")
        if fired.filled != done:
            raise Violation(f"{fired.fire_id} closed {done}, not {fired.filled}")
        is_its = record.fire_id == fired.fire_id
        # What was asked for lies between two steps where it is a share.
        if is_its and _fell_short(world, record) and most - done >= step:
            raise Violation(f"{fired.fire_id} is filled with {done} of {most}")


def _most(record: TriggerRecord, fired: FireRecord) -> Decimal | None:
    close = record.definition.close
    assert close is not None
    if close.quantity.kind is QuantityKind.ABSOLUTE:
        return close.quantity.value
    return fired.target


def _fell_short(world: World, record: TriggerRecord) -> bool:
    """Whether a firing should have closed all that it was for."""
    is_filled = record.reason is DoneReason.FILLED
    return is_filled and not world.is_traded_by_hand and world.net() != 0


def _check_fired(world: World, state: State) -> None:
    """No stop is still armed that the last price, or the clock, has hit."""
    last = ENTRY - world.sign * LAST_DISTANCE
    now_ns = world.machine.loop.clock.now_ns()
    for record in state.triggers.values():
        if record.state is not TriggerState.ARMED or not record.definition.is_stop:
            continue
        condition = record.definition.condition
        if isinstance(condition, AtInstant | MaxHold):
            due_ns = due_of(state, record)
            if due_ns is not None and due_ns <= now_ns:
                raise Violation(f"{record.id} was due, and has not fired")
            continue
        level = level_now(state, record)
        if level is not None and is_beyond(record.definition.direction, level, last):
            raise Violation(f"{record.id} was crossed and has not fired")


def _filled_by_attempt(world: World) -> dict[AttemptKey, Decimal]:
    """Executed quantity by attempt, from the exchange's own ledger."""
    filled: dict[AttemptKey, Decimal] = {}
    for order in world.exchange.state.open_account(world.api_key).orders.values():
        if order.client_id is None or order.id in world.foreign:
            continue
        key = world.attempt_of(order.client_id)
        if key is None:
            raise Violation(f"an order nobody wrote down: {order}")
        filled[key] = filled.get(key, Decimal(0)) + order.executed
    return filled
