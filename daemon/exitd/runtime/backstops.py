"""Backstops of one account: placed, cancelled and looked for at the venue."""

from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from exitd.core.backstop import (
    BackstopRecord,
    BackstopRefused,
    BackstopsListed,
    CancelBackstop,
    ListBackstops,
    PlaceBackstop,
)
from exitd.core.inputs import OrderReport
from exitd.core.intents import BackstopIntent
from exitd.core.state import State
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.venue import NativeStop, Venue
from exitd.runtime.loop import EngineLoop
from exitd.runtime.pacing import PacedVenue


def is_ours(state: State, account: str, client_order_id: int | None) -> bool:
    """Whether an order is a close or a backstop of ours."""
    id = (account, client_order_id or 0)
    return id in state.attempt_of_client_id or id in state.backstop_of_client_id


def _name(record: BackstopRecord) -> str:
    return f"{record.key} {record.client_order_id}"


class Backstops:
    """What the engine wants to rest; an answer that does not come is looked for."""

    def __init__(
        self,
        loop: EngineLoop,
        venue: Venue,
        paced: PacedVenue,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._loop = loop
        self._venue = venue
        self._paced = paced
        self._spawn = spawn
        self._asking: set[str] = set()

    def take(self, intent: BackstopIntent) -> None:
        """Carry out one intent; never waits."""
        match intent:
            case PlaceBackstop():
                record = intent.record
                self._loop.when_durable(
                    lambda: self._begin(self._place(record), f"place {_name(record)}")
                )
            case CancelBackstop():
                record = intent.record
                self._begin(self._cancel(record), f"cancel {_name(record)}")
            case ListBackstops():
                self._begin(self._list(intent.symbol), f"list {intent.symbol}")
            case _:
                assert_never(intent)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do what is not being done already."""
        if name in self._asking:
            work.close()
            return
        self._asking.add(name)
        self._spawn(self._do(work, name), f"backstop: {name}")

    async def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except VenueError as error:
            # Not the same as a no: the engine asks again.
            account = self._venue.account
            log(Event.VENUE_FAILED, venue=account, question=name, reason=str(error))
        finally:
            self._asking.discard(name)

    async def _place(self, record: BackstopRecord) -> None:
        key = record.key
        await self._paced.room()
        await self._paced.opened()
        if self._is_outdated(record):
            return
        outcome = await self._venue.place_native_stop(
            NativeStop(
                symbol=key.symbol,
                side=key.side.close_side,
                trigger_price=record.level,
                trigger_kind="mark",
                quantity=None,
                client_order_id=record.client_order_id,
            )
        )
        if isinstance(outcome, OrderReport):
            self._loop.handle(outcome)
            return
        self._loop.handle(
            BackstopRefused(
                account=key.account,
                client_order_id=record.client_order_id,
                kind=outcome.kind,
                message=outcome.message,
                now_ns=self._loop.clock.now_ns(),
            )
        )

    def _is_outdated(self, record: BackstopRecord) -> bool:
        """Whether it is not wanted any more, as it was before there was room."""
        return self._loop.engine.state.backstops[record.key] != record

    async def _cancel(self, record: BackstopRecord) -> None:
        symbol, venue_order_id = record.key.symbol, record.venue_order_id
        outcome = await self._paced.cancel_order(
            symbol,
            venue_order_id=venue_order_id,
            client_order_id=None if venue_order_id else record.client_order_id,
        )
        if isinstance(outcome, OrderReport):
            self._loop.handle(outcome)
        else:
            await self._list(symbol)

    async def _list(self, symbol: str) -> None:
        started_ns = self._loop.clock.now_ns()
        resting = await self._paced.open_orders(symbol)
        self._loop.handle(
            BackstopsListed(
                account=self._venue.account,
                symbol=symbol,
                resting=tuple(
                    (order.client_order_id, order.venue_order_id)
                    for order in resting
                    if order.client_order_id is not None
                ),
                read_started_ns=started_ns,
                now_ns=self._loop.clock.now_ns(),
            )
        )

    async def reconcile(self) -> None:
        """After a time without the stream: see whether they still rest.

        Raises:
            VenueError: The venue did not say.
        """
        records = self._loop.engine.state.backstops.values()
        symbols = {
            record.key.symbol
            for record in records
            if record.key.account == self._venue.account and not record.is_over
        }
        for symbol in sorted(symbols):
            await self._list(symbol)
