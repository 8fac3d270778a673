"""Worlds whose closes leave while they are written down, and how they fall."""

from __future__ import annotations

from core.worlds import ACCOUNT, WINDOW_NS, S, World
from exitd.core.barrier_inputs import FirstIdsSearched
from exitd.core.inputs import VenueTimeRead
from exitd.core.intents import SendClose
from exitd.core.records import CounterRecord

SLACK_NS = 10 * S


def running(**changed) -> World:
    world = World(is_overlapped=True, **changed)
    world.take(world.engine.resume(world.later()))
    return world


def written(world: World) -> dict:
    """What is on disk now; a crash goes back to it with `fall`."""
    return dict(world.store.rows)


def fall(world: World, rows: dict) -> None:
    """Stop uncleanly, with no more on disk than *rows*, and start again."""
    world.store.rows = dict(rows)
    world.restart()
    tell_time(world)


def tell_time(world: World) -> None:
    now_ns = world.later()
    world.do(VenueTimeRead(ACCOUNT, now_ns, now_ns))


def search(world: World, resting_ns: int, history_ns: int) -> None:
    world.do(FirstIdsSearched(ACCOUNT, resting_ns, history_ns, world.later()))


def pass_barrier(world: World) -> None:
    barrier = world.engine.state.barriers[ACCOUNT]
    resting_ns = barrier.since_venue_ns + barrier.window_ns + 1
    world.wait(WINDOW_NS + SLACK_NS)
    search(world, resting_ns, resting_ns + SLACK_NS + 1)


def counter(world: World) -> CounterRecord:
    return world.store.rows["counter", ACCOUNT]


def sends(world: World) -> list[SendClose]:
    return world.wants(SendClose)
