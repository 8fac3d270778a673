"""What order the virtual loop draws, and what it never changes."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from simulation.virtual_time import OURS, VirtualLoop, run

SEEDS = range(40)


def machine() -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(OURS.set, True)
    return context


def orders(
    scene: Callable[[VirtualLoop, list[str]], Coroutine[Any, Any, None]],
) -> set[str]:
    """Give every order in which a scene has happened over some seeds."""
    seen = set()
    for seed in SEEDS:
        loop = VirtualLoop(seed)
        loop.busy = 0.0
        happened: list[str] = []
        run(scene(loop, happened), loop)
        seen.add("".join(happened))
    return seen


async def soon_in_a_row(loop: VirtualLoop, happened: list[str]) -> None:
    for name in "abc":
        loop.call_soon(happened.append, name)
    await asyncio.sleep(1)


async def timers_set_together(loop: VirtualLoop, happened: list[str]) -> None:
    for name in "abc":
        loop.call_at(1.0, happened.append, name)
    await asyncio.sleep(2)


async def timers_set_at_two_instants(loop: VirtualLoop, happened: list[str]) -> None:
    loop.call_at(2.0, happened.append, "a")
    await asyncio.sleep(0.5)
    loop.call_at(2.0, happened.append, "b")
    await asyncio.sleep(2)


async def a_busy_moment(loop: VirtualLoop, happened: list[str]) -> None:
    """Two answers arrive while a timer of the machine is due, too."""
    ours = machine()
    loop.call_soon(happened.append, "s", context=ours.copy())
    loop.freeze(1.0)

    def arrives(name: str) -> None:
        loop.call_soon(happened.append, name, context=ours.copy())

    loop.call_later(0.5, happened.append, "t", context=ours.copy())
    loop.call_later(0.2, arrives, "a")
    loop.call_later(0.3, arrives, "b")
    loop.call_later(0.4, happened.append, "o")
    await asyncio.sleep(2)


def test_given_callbacks_of_one_turn_then_they_keep_their_order():
    assert orders(soon_in_a_row) == {"abc"}


def test_given_timers_set_together_when_due_at_once_then_they_keep_their_order():
    assert orders(timers_set_together) == {"abc"}


def test_given_timers_set_at_two_instants_when_due_at_once_then_any_order():
    assert orders(timers_set_at_two_instants) == {"ab", "ba"}


def test_given_a_busy_machine_when_two_answers_come_then_any_order_before_its_timers():
    # What is outside goes on; what was ready is the first when it looks again.
    assert orders(a_busy_moment) == {"osabt", "osbat"}


def test_given_a_machine_that_stands_still_then_somebody_is_told_for_how_long():
    loop = VirtualLoop(1)
    loop.busy = 0.0
    told: list[float] = []
    loop.on_frozen = told.append

    async def scene() -> None:
        loop.freeze(3.0)
        await asyncio.sleep(5)

    run(scene(), loop)

    assert told == [3.0]


def test_given_a_seed_when_lived_through_again_then_the_same_order():
    both: list[list[str]] = []
    for _ in range(2):
        in_a_row: list[str] = []
        for seed in SEEDS:
            run(timers_set_at_two_instants(loop := VirtualLoop(seed), in_a_row), loop)
        both.append(in_a_row)

    assert both[0] == both[1]
