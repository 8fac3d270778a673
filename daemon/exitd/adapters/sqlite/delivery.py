"""Between the writer and the loop: what is under way, what became of it, and bugs."""

import asyncio

from exitd.adapters.sqlite.writer import Settled


class Delivery:
    """Carries the writer's answers to the loop, in order.

    The loop is the one that is running when somebody first asks, unless it is given.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None, *, is_inline: bool
    ) -> None:
        self.is_muted = False
        self._loop = loop
        self._is_inline = is_inline
        self._submitted = 0
        self._settled = 0
        self._bug: BaseException | None = None

    @property
    def backlog(self) -> int:
        """Batches submitted whose answer has not reached the loop."""
        return self._submitted - self._settled

    @property
    def is_broken(self) -> bool:
        return self._bug is not None

    def expect(self) -> None:
        """Count a batch that is about to be submitted."""
        self.loop()
        self._submitted += 1

    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def deliver(self, settled: list[Settled]) -> None:
        """Tell the loop what became durable; called by the writer, in order."""
        loop = self._loop
        assert loop is not None
        if self._is_inline:
            loop.call_soon(self._settle, settled)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._settle, settled)

    def crash(self, bug: BaseException) -> None:
        """Take what ended the writer to the loop, which raises it."""
        self._bug = bug
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.raise_bug)

    def raise_bug(self) -> None:
        if self._bug is not None:
            raise self._bug

    def _settle(self, settled: list[Settled]) -> None:
        self._settled += len(settled)
        for on_durable, error in settled:
            if on_durable is not None and not self.is_muted:
                on_durable(error)
