"""Reading the chain's events into the ledger, over any range, reorganised or not."""

from __future__ import annotations

import asyncio

from exitd.adapters.symmio.calls import tag_of
from exitd.adapters.symmio.contracts import Contracts
from exitd.adapters.symmio.events import (
    CloseEvent,
    Happened,
    read_event,
    without_doubles,
)
from exitd.adapters.symmio.ledger import Author, Ledger
from exitd.adapters.symmio.node import Head, as_bytes
from exitd.adapters.symmio.reports import Instants
from exitd.adapters.symmio.settings import ChainSettings


class History:
    """The ledger, and how it is brought up to a block.

    Args:
        closer: The address whose requests are ours.
    """

    def __init__(
        self, contracts: Contracts, settings: ChainSettings, closer: str
    ) -> None:
        self.ledger = Ledger()
        self.instants = Instants()
        self._contracts = contracts
        self._settings = settings
        self._closer = closer.lower()
        self._unused: set[int] = set()
        # Two readers at once could leave a range out between them.
        self._lock = asyncio.Lock()

    async def extend_to(self, head: Head, quotes: set[int]) -> None:
        """Read what is new since the last time; read again what was undone.

        Raises:
            VenueUnavailable: Something could not be read; the ledger is as before.
        """
        async with self._lock:
            await self._extend_to(head, quotes)

    async def _extend_to(self, head: Head, quotes: set[int]) -> None:
        ledger = self.ledger
        if (ledger.last, ledger.last_hash) == (head.number, head.hash):
            for quote_id in quotes:
                ledger.first.setdefault(quote_id, head.number + 1)
            return
        if ledger.last >= 0 and not await self._is_same(head):
            # Block 0 has no events, and is there whatever is undone.
            self._forget_from(max(ledger.last - self._settings.reorg_blocks, 1))
        begin = ledger.last + 1 if ledger.last >= 0 else head.number
        if begin > head.number:
            # A node that is behind answers now; what is known stays known.
            for quote_id in quotes:
                ledger.first.setdefault(quote_id, begin)
            return
        ledger.take(await self._read(begin, head.number, quotes))
        for quote_id in quotes:
            ledger.first.setdefault(quote_id, begin)
        ledger.last = head.number
        ledger.last_hash = head.hash

    def _forget_from(self, block: int) -> None:
        self.ledger.forget_from(block)
        for number in [n for n in self.instants.by_block if n >= block]:
            del self.instants.by_block[number]

    def forget(self, quote_id: int) -> None:
        """Let go of a quote that has ended; what is asked of it later is read again."""
        self.ledger.forget(quote_id)
        # Somebody may be about to report it: its instants go the next time.
        by_block = self.instants.by_block
        unused = by_block.keys() - self.ledger.blocks
        for block in unused & self._unused:
            del by_block[block]
        self._unused = unused & by_block.keys()

    async def _is_same(self, head: Head) -> bool:
        """Whether the chain goes on from the block that was read last.

        By the block after it, where there is one: a node that still believes in a block
        that was undone would say that it is the same, and has none after it.
        """
        ledger = self.ledger
        if not ledger.last_hash:
            return True
        if ledger.last >= head.number:
            return await self._contracts.block_hash(ledger.last) == ledger.last_hash
        after = await self._contracts.block(ledger.last + 1)
        return after.parent == ledger.last_hash

    async def read_again(self, after: int, quotes: set[int]) -> None:
        """Read anew what is after a block, up to the one that was read last.

        Nodes with several machines, one of which is behind, may leave the newest blocks
        out without a word.

        Raises:
            VenueUnavailable: It could not be read; the ledger is as before.
        """
        async with self._lock:
            ledger = self.ledger
            last, hash_ = ledger.last, ledger.last_hash
            events = await self._read(after + 1, last, quotes)
            ledger.forget_from(after + 1)
            ledger.take(events)
            ledger.last, ledger.last_hash = last, hash_

    async def reach_back_to(self, ts_s: int, head: Head, quote_id: int) -> None:
        """Read a quote back to an instant, as far as the settings allow."""
        async with self._lock:
            wanted = await self._block_at(ts_s, head)
            first = self.ledger.first.get(quote_id, self.ledger.last + 1)
            if wanted < first:
                self.ledger.take(await self._read(wanted, first - 1, {quote_id}))
                self.ledger.first[quote_id] = wanted

    async def _block_at(self, ts_s: int, head: Head) -> int:
        """Find a block that is no younger than an instant.

        By the pace of the blocks so far, doubled until it is old enough.
        """
        oldest = max(head.number - self._settings.history_blocks, 0)
        span_ms = max(head.ts_s - ts_s, 0) * 1000
        back = span_ms // self._settings.tolerance.block_ms + 2
        while True:
            number = max(head.number - back, oldest)
            if number == oldest:
                return oldest
            if await self._contracts.block_time_s(number) < ts_s:
                return number
            back *= 2

    async def _read(self, first: int, last: int, quotes: set[int]) -> list[CloseEvent]:
        found: list[CloseEvent] = []
        for begin in range(first, last + 1, self._settings.logs_per_query):
            end = min(begin + self._settings.logs_per_query - 1, last)
            logs = await self._contracts.close_logs(begin, end)
            found += [event for log in logs if (event := read_event(log)) is not None]
        events = [e for e in without_doubles(found) if e.quote_id in quotes]
        await self._know_authors(events)
        await self._know_instants(events)
        return events

    async def _know_authors(self, events: list[CloseEvent]) -> None:
        for event in events:
            if event.happened is not Happened.REQUESTED:
                continue
            if event.transaction in self.ledger.authors:
                continue
            sent = await self._contracts.transaction(event.transaction)
            is_ours = sent.sender.lower() == self._closer
            self.ledger.authors[event.transaction] = (
                Author(tag_of(as_bytes(sent.input)), int(sent.nonce, 16))
                if is_ours
                else Author(None, None)
            )

    async def _know_instants(self, events: list[CloseEvent]) -> None:
        for block in {event.block for event in events}:
            if block not in self.instants.by_block:
                self.instants.by_block[block] = await self._contracts.block_time_s(
                    block
                )
