"""What a callback was given, and waiting for it with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
DEADLINE_S = 10.0


class Observed(Generic[T]):
    """Pass the instance as the callback; await `until`."""

    def __init__(self) -> None:
        self.all: list[T] = []
        self._changed = asyncio.Event()

    def __call__(self, thing: T) -> None:
        self.all.append(thing)
        self._changed.set()

    async def until(self, is_there: Callable[[T], bool]) -> T:
        """Give the first that is as asked, waiting for it if need be."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for thing in self.all:
                    if is_there(thing):
                        return thing
                self._changed.clear()
                await self._changed.wait()
