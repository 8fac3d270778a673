"""Moving exits between a venue and here: import, and handover before maintenance."""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from exitd.core.inputs import IfCrossed, OrderReport
from exitd.core.state import State
from exitd.core.units import text
from exitd.errors import VenueError
from exitd.ports.store import Store
from exitd.ports.venue import NativeStop, Refusal, Venue
from exitd.runtime.accounts import Account
from exitd.runtime.backstops import is_ours
from exitd.runtime.callers import Caller
from exitd.runtime.control.requests import TriggerRequest, account_of
from exitd.runtime.control.running import refuse_while_recovering, until
from exitd.runtime.control.triggers import Triggers
from exitd.runtime.daemon import Daemon
from exitd.runtime.flow_views import HandoverView, ImportView, StepView
from exitd.runtime.flows.handover import Candidate, Handed, candidates
from exitd.runtime.flows.importing import (
    NativeExit,
    native_exits,
    order_name,
    yaml_of,
)
from exitd.runtime.problems import ControlError, NotReady

_ANSWER_S = 10.0
_LOOKS, _LOOK_AGAIN_S = 20, 0.5
_RANDOM_ID_BYTES = 3


class Moving:
    """Import and handover; each can be tried dry."""

    def __init__(
        self,
        daemon: Daemon,
        triggers: Triggers,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._daemon = daemon
        self._triggers = triggers
        self._random_bytes = random_bytes

    async def import_exits(
        self, by: Caller, *, account: str = "", apply: bool = False
    ) -> ImportView:
        """Turn what rests at the venue into exits; with *apply*, move them here.

        Ours are armed first; the native orders go one by one once every price
        that ours watch is fresh.
        """
        refuse_while_recovering(self._daemon)
        found = self._account(account)
        positions = await found.venue.positions()
        orders = [o for o in await found.venue.open_orders() if not self._is_ours(o)]
        marks = {}
        for symbol in dict.fromkeys(order.symbol for order in orders):
            mark = await found.venue.mark_price(symbol)
            if mark is not None:
                marks[symbol] = mark
        imported = native_exits(positions, orders, marks)
        written = yaml_of(found.name, imported)
        steps = [StepView(what=sentence, outcome="left") for sentence in imported.left]
        if not apply:
            steps += [
                StepView(what=w, outcome="") for w in _import_steps(imported.exits)
            ]
            return ImportView(yaml=written, steps=tuple(steps), is_applied=False)
        for position in positions:
            self._daemon.loop.handle(position)
        steps += await self._move_here(found, imported.exits, by)
        return ImportView(yaml=written, steps=tuple(steps), is_applied=True)

    async def _move_here(
        self, account: Account, exits: tuple[NativeExit, ...], by: Caller
    ) -> list[StepView]:
        if not exits:
            return []
        requests = [_request_of(account.name, exit_) for exit_ in exits]
        armed = await self._triggers.arm(requests, by, if_crossed=IfCrossed.REFUSE)
        ids = [view.id for view in armed.triggers]
        steps = [
            StepView(what=what, outcome=f"armed as {id}")
            for what, id in zip(_arm_steps(exits), ids, strict=True)
        ]
        try:
            await self._fresh(account, ids)
        except ControlError:
            for id in ids:
                await self._triggers.cancel(id, by)
            raise
        steps.append(StepView(what="see a fresh price of each", outcome="seen"))
        for order in _orders_of(exits):
            outcome, is_gone = await self._cancel_native(account.venue, order)
            what = _cancel_step(order)
            steps.append(StepView(what=what, outcome=outcome, failed=not is_gone))
        return steps

    async def _fresh(self, account: Account, ids: list[str]) -> None:
        """Wait until every price that these triggers watch is fresh.

        Raises:
            NotReady: One is not, after ten seconds.
        """
        state, prices = self._state, account.prices
        sources = {state.triggers[id].definition.source for id in ids}

        def are_fresh() -> bool:
            return not any(
                prices.is_stale(source) or prices.price_age_ns(source) is None
                for source in sources
            )

        if not await until(are_fresh, within_s=_ANSWER_S):
            raise NotReady(
                "no_fresh_price",
                "no fresh price arrived for what was to be moved here",
                "the native orders rest on; look at `exitd status` and try again",
                retry_after_s=10,
            )

    async def _cancel_native(
        self, venue: Venue, order: OrderReport
    ) -> tuple[str, bool]:
        """Say what came of it, and whether the order goes."""
        try:
            outcome = await venue.cancel_order(
                order.symbol, venue_order_id=order.venue_order_id
            )
        except VenueError as error:
            return f"not known: {error}; cancel it with the venue if it rests", False
        if isinstance(outcome, Refusal):
            return f"refused: {outcome.code}: {outcome.message}", False
        return "cancelled" if outcome is not None else "cancel accepted", True

    async def handover(
        self, by: Caller, *, account: str = "", apply: bool = False
    ) -> HandoverView:
        """Rest a native order for each armed exit, see it, then pause ours."""
        refuse_while_recovering(self._daemon)
        found = self._account(account)
        listed = candidates(self._state, found.name)
        if not apply:
            steps = tuple(StepView(what=str(one), outcome="") for one in listed)
            return HandoverView(steps=steps, is_applied=False)
        done = [await self._hand_over(found, one, by) for one in listed]
        return HandoverView(steps=tuple(done), is_applied=True)

    async def _hand_over(
        self, account: Account, one: Candidate, by: Caller
    ) -> StepView:
        if one.stop is None or account.gate.is_shut:
            # What closes nothing protects nothing, wherever it stays.
            is_missed = one.record.definition.close is not None
            return StepView(what=str(one), outcome="left here", failed=is_missed)
        stop = replace(one.stop, client_order_id=self._foreign_id(account.name))
        try:
            placed = await account.venue.place_native_stop(stop)
        except VenueError:
            placed = None  # It may have been taken; the list of what rests tells.
        if isinstance(placed, Refusal):
            why = f"{placed.code}: {placed.message}"
            outcome = f"refused, still armed here: {why}"
            return StepView(what=str(one), outcome=outcome, failed=True)
        resting = await self._find(account.venue, stop)
        if resting is None:
            return StepView(
                what=str(one),
                outcome="not seen to rest, so ours stays armed; look at the orders of "
                f"{stop.symbol} with the venue",
                failed=True,
            )
        entry = Handed(
            trigger_id=one.record.id,
            symbol=stop.symbol,
            client_order_id=stop.client_order_id,
            venue_order_id=resting.venue_order_id,
        )
        known = await handed_over(self._daemon.store, account.name)
        await keep_handed(self._daemon.store, account.name, [*known, entry])
        await self._triggers.pause(one.record.id, by)
        return StepView(
            what=str(one), outcome=f"rests as {entry.venue_order_id}, ours is paused"
        )

    async def _find(self, venue: Venue, stop: NativeStop) -> OrderReport | None:
        for _ in range(_LOOKS):
            with contextlib.suppress(VenueError):
                for order in await venue.open_orders(stop.symbol):
                    if order.client_order_id == stop.client_order_id:
                        return order
            await asyncio.sleep(_LOOK_AGAIN_S)
        return None

    async def take_back(
        self, by: Caller, *, account: str = "", apply: bool = False
    ) -> HandoverView:
        """After maintenance: watch again here, then cancel what stood in for it.

        A trigger that cannot be resumed, as its level is crossed, leaves its native
        order where it is.
        """
        refuse_while_recovering(self._daemon)
        found = self._account(account)
        entries = await handed_over(self._daemon.store, found.name)
        steps: list[StepView] = []
        left: list[Handed] = []
        for entry in entries:
            what = f"resume {entry.trigger_id}, cancel order {entry.venue_order_id}"
            if not apply:
                steps.append(StepView(what=what, outcome=""))
                continue
            outcome, is_back = await self._take_back(found, entry, by)
            steps.append(StepView(what=what, outcome=outcome, failed=not is_back))
            if not is_back:
                left.append(entry)
        if apply:
            await keep_handed(self._daemon.store, found.name, left)
        return HandoverView(steps=tuple(steps), is_applied=apply)

    async def _take_back(
        self, account: Account, entry: Handed, by: Caller
    ) -> tuple[str, bool]:
        record = self._state.triggers.get(entry.trigger_id)
        if record is not None and record.paused:
            try:
                await self._triggers.resume(entry.trigger_id, by)
                await self._fresh(account, [entry.trigger_id])
            except ControlError as error:
                return f"not resumed, so the order rests on: {error}", False
        resting = await account.venue.open_orders(entry.symbol)
        order = next(
            (o for o in resting if o.venue_order_id == entry.venue_order_id), None
        )
        if order is None:
            return "resumed; its order rests no more", True
        outcome, is_gone = await self._cancel_native(account.venue, order)
        return f"resumed; order {outcome}", is_gone

    def _foreign_id(self, account: str) -> int:
        """Give a client id under another tag than that of our closes."""
        tag = self._state.counters[account].tag
        number = int.from_bytes(self._random_bytes(_RANDOM_ID_BYTES), "big")
        return ((tag ^ 0x80) << 24) | number

    def _is_ours(self, order: OrderReport) -> bool:
        return is_ours(self._state, order.account, order.client_order_id)

    def _account(self, written: str) -> Account:
        return self._daemon.accounts[account_of(written, self._daemon.accounts)]

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


async def keep_handed(store: Store, account: str, entries: list[Handed]) -> None:
    await store.put_note(_note(account), msgspec.json.encode(entries))


async def handed_over(store: Store, account: str) -> list[Handed]:
    """Give the native orders that a handover has placed."""
    note = await store.note(_note(account))
    return msgspec.json.decode(note, type=list[Handed]) if note else []


def _note(account: str) -> str:
    return f"handover:{account}"


def _request_of(account: str, exit_: NativeExit) -> TriggerRequest:
    key = exit_.position.key
    return TriggerRequest(
        kind=exit_.kind,
        level=exit_.level,
        account=account,
        symbol=key.symbol,
        side=key.side,
        close=exit_.quantity,
        order=exit_.close_order,
        slippage_limit=exit_.slippage_limit,
        price=exit_.price_kind,
        note="imported from " + " and ".join(order_name(o) for o in exit_.orders),
    )


def _arm_steps(exits: tuple[NativeExit, ...]) -> list[str]:
    return [
        f"arm {exit_.kind} {text(exit_.level)} on {exit_.position.key}"
        for exit_ in exits
    ]


def _orders_of(exits: tuple[NativeExit, ...]) -> list[OrderReport]:
    return [order for exit_ in exits for order in exit_.orders]


def _cancel_step(order: OrderReport) -> str:
    return f"cancel {order_name(order)}"


def _import_steps(exits: tuple[NativeExit, ...]) -> list[str]:
    if not exits:
        return []
    cancels = [_cancel_step(order) for order in _orders_of(exits)]
    return [*_arm_steps(exits), "see a fresh price of each", *cancels]
