"""Whether a close may go by the size that is known, or the position is read first."""

import asyncio
from collections.abc import Iterable
from typing import Generic, TypeVar

from exitd.core.inputs import SlotHeld
from exitd.core.intents import RequestSlot
from exitd.core.units import NS_PER_S
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.venue import Venue
from exitd.runtime.inquiry import Inquiry
from exitd.runtime.loop import EngineLoop

_PATIENCE_S = 1.0
#: How old a position may be for a close that only its size keeps from opening.
_FRESH_NS = NS_PER_S
#: So long the last known size is used without asking for each close again.
_UNPROVEN_FOR_NS = 5 * NS_PER_S

Entry = TypeVar("Entry")


class Proofs(Generic[Entry]):
    """The positions of one account; `waiting` are the closes that wait, by symbol.

    Where closes can only reduce, the last known size does after a second. Where they
    could open the other side, a position is read before each, and they wait for it:
    where several wait, one answer about all positions serves them all.
    """

    def __init__(self, loop: EngineLoop, venue: Venue, inquiry: Inquiry) -> None:
        self.waiting: dict[str, list[Entry]] = {}
        self._loop = loop
        self._venue = venue
        self._inquiry = inquiry
        self._unproven_until_ns: dict[str, int] = {}
        self._read_ns: dict[str, int] = {}
        self._all_read_ns: int | None = None
        self._reading_all = asyncio.Lock()

    def has(self, request: RequestSlot) -> bool:
        """Whether a close may go by what is known now."""
        state = self._loop.engine.state
        record = state.triggers.get(request.trigger_id)
        if record is None or record.definition.key is None:
            return True
        now_ns = self._loop.clock.monotonic_ns()
        if not self._venue.capabilities.reduce_only:
            return self._is_fresh(self._read_ns.get(request.symbol), now_ns) or (
                self._is_fresh(self._all_read_ns, now_ns)
            )
        if now_ns < self._unproven_until_ns.get(request.symbol, 0):
            return True
        return state.position(record.definition.key).proven

    async def ask(self, symbol: str, requests: Iterable[RequestSlot]) -> None:
        """Ask for the position for a second at most; then the last size must do.

        Not where a close could open the other side: there it waits for an answer.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._read(symbol)
        except (TimeoutError, VenueError) as error:
            log(
                Event.POSITION_DOUBTED,
                account=self._venue.account,
                symbol=symbol,
                reason=str(error) or "the venue did not answer within a second",
            )
            now_ns = self._loop.clock.monotonic_ns()
            # Those that are over go, so that no market stays for ever.
            lasting = self._unproven_until_ns.items()
            self._unproven_until_ns = {s: ns for s, ns in lasting if ns > now_ns}
            self._unproven_until_ns[symbol] = now_ns + _UNPROVEN_FOR_NS
            if not self._venue.capabilities.reduce_only:
                self._hold(requests)
                await asyncio.sleep(_PATIENCE_S)

    async def _read(self, symbol: str) -> None:
        """Read one position, or all of them where others wait for theirs too."""
        is_shared = len(self.waiting) > 1 and not self._venue.capabilities.reduce_only
        if not is_shared:
            asked_ns = self._loop.clock.monotonic_ns()
            await self._inquiry.read_position(symbol)
            read = self._read_ns.items()
            self._read_ns = {s: ns for s, ns in read if self._is_fresh(ns, asked_ns)}
            self._read_ns[symbol] = asked_ns
            return
        async with self._reading_all:
            asked_ns = self._loop.clock.monotonic_ns()
            if self._is_fresh(self._all_read_ns, asked_ns):
                return
            await self._inquiry.read_positions()
            self._all_read_ns = asked_ns

    @staticmethod
    def _is_fresh(read_ns: int | None, now_ns: int) -> bool:
        return read_ns is not None and now_ns - read_ns < _FRESH_NS

    def _hold(self, requests: Iterable[RequestSlot]) -> None:
        """Tell that closes wait for their position to be read."""
        why = "its position cannot be read, and a close must not exceed it"
        now_ns = self._loop.clock.now_ns()
        for request in requests:
            self._loop.handle(SlotHeld(request.trigger_id, request.arming, why, now_ns))
