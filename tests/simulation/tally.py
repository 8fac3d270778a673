"""What kind of a world a seed lives in, and which faults it has drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from simulation.alerts.world import AlertWorld
from simulation.chain.world import ChainWorld
from simulation.world import World
from simulation.worlds import AnyWorld

#: Of each kind of world, by what its venue does about an order that comes twice.
WINDOW, OVERLAPPED = "request window, strict", "request window, overlapped"
UNIQUE, NONCE = "unique client id", "chain nonce"


class Tally(msgspec.Struct):
    """Of one class of venues: its seeds, those violated, and seeds by fault drawn."""

    seeds: int = 0
    violated: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, is_violated: bool, faults: tuple[str, ...]) -> None:
        self.seeds += 1
        self.violated += is_violated
        self.faults = dict(Counter(self.faults) + Counter(faults))


def venue_class(world: AnyWorld) -> str:
    if isinstance(world, AlertWorld):
        return UNIQUE
    if isinstance(world, ChainWorld):
        return NONCE
    return OVERLAPPED if world.is_overlapped else WINDOW


def _called(world: AnyWorld) -> Iterator[str]:
    """Name what becomes of calls, and on a chain what happens to it."""
    if isinstance(world, ChainWorld):
        for kind in ("reads", "sends"):
            rates = msgspec.structs.asdict(getattr(world.choices, kind))
            yield from (f"{kind} {name}" for name, rate in rates.items() if rate)
        yield from sorted({trouble.what for trouble in world.choices.troubles})
        return
    rates = msgspec.structs.asdict(world.choices.rates)
    yield from (name.removeprefix("is_") for name, rate in rates.items() if rate)


def faults_of(world: AnyWorld) -> tuple[str, ...]:
    """Name every kind of fault that a seed has drawn."""
    drawn = world.choices
    named = list(_called(world))
    named += ["crash"] * bool(drawn.crashes_s)
    named += sorted({f"disk {what}" for _, _, what in drawn.disk if what != "good"})
    named += ["clock off"] * bool(drawn.skew_ms) + ["loop stalls"] * bool(drawn.stalls)
    named += ["clock set"] * (isinstance(world, World) and bool(world.choices.step_ms))
    return tuple(name.replace("_", " ").removesuffix(" s") for name in named)
