"""Lets the failures happen that a seed drew beside crashes, disks and lost calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from simulation.failures import Failures
from simulation.ground import Ground
from simulation.machine import Machine
from simulation.wire import Network

MISHAPS = ("spell", "spell over", "mishap")
Happening = tuple[float, str, Any]


class Place(Protocol):
    """What of a world its mishaps need."""

    failures: Failures
    machine: Machine
    network: Network

    def crash(self) -> None: ...

    def burst(self) -> None: ...

    def liquidate(self) -> None: ...

    def order_abroad(self) -> None: ...

    def halt(self, *, is_halted: bool) -> None: ...


class Mishaps:
    """Those of one world.

    Args:
        ground: The world, for its clock, its history and its draws.
        place: The same world, for its machine and its venue.
    """

    def __init__(self, ground: Ground, place: Place) -> None:
        self._ground = ground
        self._place = place
        self._points = dict.fromkeys(place.failures.points)
        self._passed: dict[str, int] = {}
        self._breaks_off = False

    def happenings(self) -> Iterator[Happening]:
        """Give all of it with its instants."""
        failures = self._place.failures
        for at_s, until_s, spell in failures.spells:
            yield at_s, "spell", spell
            yield until_s, "spell over", spell
        for at_s, name, number in failures.deeds:
            yield at_s, "mishap", (name, number)

    def happen(self, what: str, value: Any) -> None:
        if what == "spell":
            self._begin(value)
        elif what == "spell over":
            self._end(value)
        else:
            name, number = value
            deeds: dict[str, Callable[[float], None]] = {
                "stand still": self._ground.virtual.freeze,
                "stop": self._stop,
                "bug": self._have_a_bug,
                "break off": self._break_off_soon,
                "burst": lambda _: self._place.burst(),
                "liquidate": lambda _: self._place.liquidate(),
                "foreign order": lambda _: self._place.order_abroad(),
                "locked": self._lock,
            }
            deeds[name](number)

    def passed(self, point: str) -> None:
        """Kill the machine where it comes to a point for the n-th time, if drawn."""
        machine = self._place.machine
        if not machine.is_up:
            return
        if point == "sent" and self._breaks_off:
            self._breaks_off = False
            machine.break_off()
        number = self._passed[point] = self._passed.get(point, 0) + 1
        if (point, number) in self._points:
            self._ground.say("killed", f"{point}, the {number}. time")
            self._place.crash()

    def _begin(self, spell: str) -> None:
        if spell == "halted":
            self._place.halt(is_halted=True)
        else:
            self._place.network.begin(spell)

    def _end(self, spell: str) -> None:
        if spell == "halted":
            self._place.halt(is_halted=False)
        else:
            self._place.network.end(spell)

    def _stop(self, for_s: float) -> None:
        self._ground.spawn(self._place.machine.stop_for(for_s))

    def _have_a_bug(self, _: float) -> None:
        """Raise in the next decision that would be written down."""
        if self._place.machine.is_up:
            self._place.machine.loop.raises = self._place.crash

    def _break_off_soon(self, _: float) -> None:
        self._breaks_off = True

    def _lock(self, for_s: float) -> None:
        machine = self._place.machine
        machine.set_disk("locked")
        loop = asyncio.get_running_loop()
        loop.call_later(min(for_s, 4.0), machine.set_disk, "good")
