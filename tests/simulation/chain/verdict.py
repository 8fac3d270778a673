"""What must hold of a world of the chain after everything has healed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from exitd.core.attempt import AttemptKey
from exitd.core.position import PositionKey
from exitd.core.resting import is_beyond, level_now
from exitd.core.state import State
from exitd.core.trigger import QuantityKind, TriggerRecord, TriggerState
from exitd.core.units import ZERO
from simulation.chain.acts import act_of
from simulation.chain.choices import ACCOUNT, symbol_of
from simulation.chain.contract import LIQUIDATED, WEI, Emitted
from simulation.violation import Violation

if TYPE_CHECKING:
    from simulation.chain.world import ChainWorld


def check(world: ChainWorld) -> None:
    """Raises: Violation: Something was lost, doubled, or never ended."""
    world.check_told()
    if not world.machine.is_up:
        raise Violation("the daemon has not come up again")
    state = world.machine.loop.engine.state
    filled = filled_by_attempt(world)
    _check_ended(world, state)
    for number, row in world.chain.state.quotes.items():
        key = PositionKey(ACCOUNT, symbol_of(number), world.choices.side)
        real = ZERO if row.status == LIQUIDATED else Decimal(row.open) / WEI
        seen = state.position(key).quantity
        if seen != real:
            raise Violation(f"{key} is {real} and is taken for {seen}")
    _check_sizes(world, state, filled)
    _check_fired(world, state)
    for definition in world.choices.triggers:
        if world.trigger(state, definition.id) is None:
            raise Violation(f"{definition.id} was armed, and is lost")


def _check_ended(world: ChainWorld, state: State) -> None:
    """Every hit has ended, unless it waits for its price and has said so."""
    for record in state.triggers.values():
        if record.state is not TriggerState.FIRING:
            continue
        fired = state.fires[record.id]
        if not fired.is_bound_told:
            open_ones = [a for a in state.attempts.values() if not a.is_ended]
            raise Violation(f"{record.id} is still firing: {fired} {open_ones}")


def _check_sizes(
    world: ChainWorld, state: State, filled: dict[AttemptKey, Decimal]
) -> None:
    """Each firing closed what it says, exactly once."""
    by_fire: dict[tuple[str, int], Decimal] = {}
    for key, quantity in filled.items():
        name = (key.trigger_id, key.arming)
        by_fire[name] = by_fire.get(name, ZERO) + quantity
    for name, done in by_fire.items():
        fired, record = world.mirror.fires[name], world.trigger(state, name[0])
        assert record is not None, name
        close = record.definition.close
        assert close is not None
        quantity = close.quantity
        is_fixed = quantity.kind is QuantityKind.ABSOLUTE
        most = quantity.value if is_fixed else fired.target
        more = ZERO if most is None else done - most
        if more > ZERO and not _is_remainder(world, record, more):
            raise Violation(f"{fired.fire_id} closed {done} instead of {most}")
        if fired.filled != done:
            raise Violation(f"{fired.fire_id} closed {done}, not {fired.filled}")


def _is_remainder(world: ChainWorld, record: TriggerRecord, more: Decimal) -> bool:
    """Whether the whole quote went, as the chain refuses to leave so little of it."""
    definition = record.definition
    market = (definition.account, definition.symbol)
    state = world.machine.loop.engine.state
    past = world.mirror.past_instruments.get(market)
    instrument = state.instruments.get(market, past)
    assert instrument is not None
    assert definition.key is not None
    return more < instrument.min_left and not state.position(definition.key).is_open


def _check_fired(world: ChainWorld, state: State) -> None:
    """No stop is still armed that the last price has hit, while something is held."""
    for record in state.triggers.values():
        if record.state is not TriggerState.ARMED or not record.definition.is_stop:
            continue
        level = level_now(state, record)
        if level is not None and is_beyond(
            record.definition.direction, level, world.price
        ):
            raise Violation(f"{record.id} was crossed and has not fired")


def filled_by_attempt(world: ChainWorld) -> dict[AttemptKey, Decimal]:
    """Executed quantity by attempt, from the chain's own events."""
    filled: dict[AttemptKey, Decimal] = {}
    asked_by: dict[int, AttemptKey | None] = {}
    for block in world.chain.blocks:
        for mined in block.mined:
            client_id = None if mined.sent is None else act_of(mined.sent).client_id
            for event in mined.events:
                if event.name == "RequestToClosePosition":
                    asked_by[event.words[2]] = _attempt(world, client_id)
                elif event.name == "FillCloseRequest":
                    _add(filled, asked_by[event.words[0]], event)
    return filled


def _attempt(world: ChainWorld, client_id: int | None) -> AttemptKey | None:
    if client_id is None:
        return None
    key = world.attempt_of(client_id)
    if key is None:
        raise Violation(f"a close nobody wrote down: {client_id}")
    return key


def _add(
    filled: dict[AttemptKey, Decimal], key: AttemptKey | None, event: Emitted
) -> None:
    if key is not None:
        quantity = Decimal(event.words[3]) / WEI
        filled[key] = filled.get(key, ZERO) + quantity
