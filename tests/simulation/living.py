"""Living through one seed, and telling what happened where something is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec import Struct

from fakes.memory import folder_in_memory
from simulation.readable import leading_to_it, told
from simulation.seals import sealed
from simulation.tally import faults_of, venue_class
from simulation.virtual_time import run
from simulation.worlds import AnyWorld, world_of

#: What a world counts of what its invariants had to look at.
Counts = dict[str, int]


class Lived(Struct, frozen=True):
    """What became of one seed; `why` and `history` are empty where all holds.

    `venue_class` and `faults` say what it was like.
    """

    seed: int
    why: str
    counts: Counts
    history: tuple[str, ...] = ()
    venue_class: str = ""
    faults: tuple[str, ...] = ()


def replay_command(seed: int, broken: str = "", firing: str = "") -> str:
    """Tell how to see a seed again; *broken* names the rule that was broken for it."""
    firing = firing and f" --firing {firing}"
    return f"./exitd simulate --seed {seed}{firing}" + (
        broken and f" --broken {broken}"
    )


def live_through(seed: int, folder: Path, firing: str = "") -> AnyWorld:
    """Live through one seed; a violation comes with how to see it again."""
    world = world_of(seed, _fresh(folder), firing=firing)
    try:
        _live(world)
    except AssertionError as found:
        again = see_again(seed, folder, firing)
        found.add_note("\n".join(leading_to_it(again.history)))
        found.add_note(f"again: {replay_command(seed, firing=firing)}")
        raise
    return world


def see_again(seed: int, folder: Path, firing: str = "") -> Lived:
    """Live through a seed with every line of its history."""
    world = world_of(seed, _fresh(folder), [], firing)
    why = ""
    try:
        _live(world)
    except AssertionError as found:
        why = str(found) or repr(found)
    assert world.history is not None
    history = (*told(world.choices, world.failures), *world.history)
    return Lived(seed, why, counts(world), history)


def lived(seed: int, firing: str = "") -> Lived:
    """Live through one seed, and again with its history where it is violated."""
    with folder_in_memory() as folder:
        world = world_of(seed, Path(folder), firing=firing)
        why = ""
        try:
            _live(world)
        except AssertionError as found:
            why = str(found) or repr(found)
        history: list[str] = []
        if why:
            history = leading_to_it(see_again(seed, Path(folder), firing).history)
        return Lived(
            seed=seed,
            why=why,
            counts=counts(world),
            history=tuple(history),
            venue_class=venue_class(world),
            faults=faults_of(world),
        )


def counts(world: AnyWorld) -> Counts:
    watch = world.watch
    return {
        "decisions": watch.decisions,
        "restores compared": watch.shadow.compared,
        "trails followed": watch.trails.trailed,
        "stops moved": watch.trails.moved,
        "confirmations begun": watch.confirmations.begun,
        "slices taken over from": watch.orders.taken_over,
        "exits of entries looked at": watch.entries.guarded,
        "steps without a stop": watch.protection.bare,
        "triggers forgotten": watch.forgotten,
        "markets forgotten": watch.markets_forgotten,
        **world.counted,
    }


def _live(world: AnyWorld) -> None:
    with sealed(world.seed):
        run(world.run(), world.virtual)


def _fresh(folder: Path) -> Path:
    """Make the folder of one world, without what another has left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
