"""Orders by hand: cancel a market's open ones, rest a take-profit."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from exitd.configuration.findings import did_you_mean
from exitd.core.attempt import AttemptKey, AttemptRecord, AttemptState
from exitd.core.condition import ConditionKind
from exitd.core.inputs import IfCrossed, OrderReport, PositionReport
from exitd.core.state import State
from exitd.core.trigger import OrderType, Quantity, QuantityKind, TriggerState
from exitd.core.units import NS_PER_MS
from exitd.errors import VenueError
from exitd.logs import Event, log
from exitd.ports.venue import Venue
from exitd.runtime.backstops import is_ours
from exitd.runtime.callers import Caller
from exitd.runtime.control.moving import handed_over
from exitd.runtime.control.requests import TriggerRequest, account_of
from exitd.runtime.control.running import refuse_while_recovering, until
from exitd.runtime.control.triggers import Triggers
from exitd.runtime.daemon import Daemon
from exitd.runtime.flow_views import FlattenView, TakeProfitView
from exitd.runtime.flows import take_profit
from exitd.runtime.flows.flatten import (
    Flattened,
    flatten,
    flatten_view,
    would_flatten,
)
from exitd.runtime.problems import Unusable, VenueFailed

_ANSWER_S = 10.0


class ByHand:
    """What a person orders at once; all of it is recorded as ours."""

    def __init__(self, daemon: Daemon, triggers: Triggers) -> None:
        self._daemon = daemon
        self._triggers = triggers

    async def flatten(
        self,
        symbol: str,
        by: Caller,
        *,
        account: str = "",
        including_ours: bool = False,
        window_ms: int | None = None,
        dry_run: bool = False,
    ) -> FlattenView:
        """Cancel a market's open orders and confirm it; positions stay open.

        Our own working closes and native stops are spared unless *including_ours*;
        then take-profits placed by hand are given up first, or they would return.
        """
        refuse_while_recovering(self._daemon)
        found = self._daemon.accounts[account_of(account, self._daemon.accounts)]
        handed = {
            entry.venue_order_id
            for entry in await handed_over(self._daemon.store, found.name)
        }
        if including_ours and not dry_run:
            await self._give_up(found.name, symbol, by)

        def is_spared(order: OrderReport) -> bool:
            if including_ours:
                return False
            known = is_ours(self._state, found.name, order.client_order_id)
            return known or order.venue_order_id in handed

        venue = _signing_for(found.venue, window_ms)
        with self._naming_the_market(found.name, symbol):
            if dry_run:
                done = await would_flatten(venue, symbol, is_spared)
            else:
                done = await flatten(venue, symbol, is_spared)
                self._log_cancelled(symbol, done, by)
        has_position = any(
            position.is_open and key.account == found.name and key.symbol == symbol
            for key, position in self._state.positions.items()
        )
        return flatten_view(symbol, done, has_position=has_position, is_dry_run=dry_run)

    @contextmanager
    def _naming_the_market(self, account: str, symbol: str) -> Iterator[None]:
        """Say that there is no such market where that is why the venue says no.

        Raises:
            Unusable: The venue has no such market.
        """
        try:
            yield
        except VenueError as error:
            known = [s for name, s in self._state.instruments if name == account]
            if symbol in known or not known:
                raise
            raise Unusable(
                "unknown_symbol",
                f"{account} has no market '{symbol}'{did_you_mean(symbol, known)}",
            ) from error

    def _log_cancelled(self, symbol: str, done: Flattened, by: Caller) -> None:
        by.touched.append(f"orders:{symbol}")
        log(
            Event.ORDERS_CANCELLED,
            symbol=symbol,
            cancelled=len(done.cancelled),
            remaining=len(done.remaining),
            spared=len(done.spared),
            by=by.name,
        )

    async def _give_up(self, account: str, symbol: str, by: Caller) -> None:
        """Abandon the resting take-profits of a market."""
        state = self._state
        fires = [f for f in state.fires.values() if f.account == account]
        for fired in fires:
            definition = state.triggers[fired.trigger_id].definition
            if definition.symbol == symbol and not definition.is_stop:
                await self._triggers.cancel(fired.trigger_id, by, abandon=True)

    async def take_profit(
        self,
        symbol: str,
        by: Caller,
        *,
        side: str,
        price: Decimal,
        quantity: Decimal,
        account: str = "",
        window_ms: int | None = None,
        idempotency_key: str = "",
    ) -> TakeProfitView:
        """Rest a reduce-only limit order, GTC, at exactly *price*.

        Args:
            side: `Ask` reduces a long, `Bid` a short.
            quantity: Base units; never more than the position is closed.
            window_ms: How long each request is valid; None: the account's own.

        Raises:
            Conflict: There is no position, or the side would not reduce it.
            Unusable: The price is not on the winning side of the mark price.
            VenueFailed: The venue refused the order, or told no mark price.
        """
        refuse_while_recovering(self._daemon)
        found = self._daemon.accounts[account_of(account, self._daemon.accounts)]
        venue = _signing_for(found.venue, window_ms)
        with self._naming_the_market(found.name, symbol):
            reports, position = await self._checked(venue, symbol, side, price)
        request = TriggerRequest(
            kind=ConditionKind.TAKE_PROFIT,
            level=price,
            account=found.name,
            symbol=symbol,
            side=position.key.side,
            close=Quantity(QuantityKind.ABSOLUTE, quantity),
            order=OrderType.LIMIT,
            note="take-profit by hand",
            window_ns=None if window_ms is None else window_ms * NS_PER_MS,
        )
        armed = await self._triggers.arm(
            [request],
            by,
            if_crossed=IfCrossed.REFUSE,
            idempotency_key=idempotency_key,
        )
        trigger_id = armed.triggers[0].id
        if self._state.triggers[trigger_id].state is TriggerState.ARMED:
            await self._triggers.fire(trigger_id, by)
        attempt = await self._answered(trigger_id, by)
        status, why = self._standing(trigger_id, attempt)
        notes = (*armed.notes, why) if why else armed.notes
        return TakeProfitView(
            order_id=attempt.venue_order_id if attempt is not None else "",
            status=status,
            positions=take_profit.held_views(reports),
            trigger_id=trigger_id,
            notes=tuple(notes),
        )

    def _standing(
        self, trigger_id: str, attempt: AttemptRecord | None
    ) -> tuple[str, str]:
        """Give the status of the order, and why there is none yet."""
        if attempt is not None and attempt.state is not AttemptState.IN_DOUBT:
            return take_profit.STATUSES[attempt.state.value], ""
        fired = self._state.fires.get(trigger_id)
        if fired is not None and self._first_attempt(trigger_id) is None:
            why = fired.held_by or "its turn has not come"
            return take_profit.HELD, f"nothing was sent yet: {why}"
        doubt = take_profit.STATUSES[AttemptState.IN_DOUBT.value]
        return doubt, "the venue has not answered yet; exitd goes on asking"

    async def _checked(
        self, venue: Venue, symbol: str, side: str, price: Decimal
    ) -> tuple[tuple[PositionReport, ...], PositionReport]:
        """Read what is held and the mark price; give all of it, and what is reduced."""
        reports = await venue.positions(symbol)
        position = take_profit.position_to_reduce(
            reports, symbol, take_profit.SIDES[side]
        )
        mark = await venue.mark_price(symbol)
        if mark is None:
            raise VenueFailed(
                "no_mark_price",
                f"the venue tells no mark price of {symbol}",
                "try again",
            )
        take_profit.check_target(position.key.side, price, mark, symbol)
        self._daemon.loop.handle(position)
        return reports, position

    async def _answered(self, trigger_id: str, by: Caller) -> AttemptRecord | None:
        """Wait until the venue has said what became of the order.

        Raises:
            VenueFailed: It refused; the trigger is given up.
        """

        def is_answered() -> bool:
            attempt = self._first_attempt(trigger_id)
            if attempt is None:
                return False
            return attempt.state is AttemptState.REFUSED or bool(attempt.venue_order_id)

        if not await until(is_answered, within_s=_ANSWER_S):
            return None
        attempt = self._first_attempt(trigger_id)
        assert attempt is not None
        if attempt.state is not AttemptState.REFUSED:
            return attempt
        if self._state.triggers[trigger_id].state is TriggerState.FIRING:
            await self._triggers.cancel(trigger_id, by, abandon=True)
        raise VenueFailed(
            "order_refused",
            f"the venue refused the take-profit: {attempt.refusal}",
            "nothing rests; change what it objects to and try again",
        )

    def _first_attempt(self, trigger_id: str) -> AttemptRecord | None:
        record = self._state.triggers[trigger_id]
        # What was refused is told, though a next attempt may be under way.
        return self._state.attempts.get(AttemptKey(trigger_id, record.arming, 1))

    @property
    def _state(self) -> State:
        return self._daemon.loop.engine.state


def _signing_for(venue: Venue, window_ms: int | None) -> Venue:
    return venue if window_ms is None else venue.with_window(window_ms * NS_PER_MS)
