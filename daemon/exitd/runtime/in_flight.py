"""The closes that have been handed to the venue and have no answer so far."""

import asyncio

from exitd.core.attempt import AttemptKey


class InFlight:
    """By attempt, so that none is under way twice."""

    def __init__(self) -> None:
        self._keys: set[AttemptKey] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: AttemptKey) -> bool:
        return key in self._keys

    def begin(self, key: AttemptKey) -> None:
        self._keys.add(key)
        self._idle.clear()

    def end(self, key: AttemptKey) -> None:
        self._keys.discard(key)
        if not self._keys:
            self._idle.set()

    async def all_answered(self) -> None:
        await self._idle.wait()
