"""`exitd takeover`: an account that stands by acts again."""

from collections.abc import Sequence

from exitd.core.inputs import OrderReport
from exitd.core.units import text
from exitd.errors import VenueError
from exitd.runtime.accounts import Account
from exitd.runtime.callers import Caller
from exitd.runtime.control.requests import account_of
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import Conflict, NotReady, VenueFailed
from exitd.runtime.shown import text_or_none, timestamp, timestamp_or_none
from exitd.runtime.standby_alerts import ended_alert
from exitd.runtime.standby_views import (
    AccountTakeoverView,
    SiblingOrderView,
    TakeoverView,
)
from exitd.runtime.takeover import Found, Takeover


class Takeovers:
    """Looks at what was missed, and takes over where nobody else is alive."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._takeover = Takeover(daemon.loop, daemon.standby)

    async def take_over(
        self, by: Caller, *, account: str = "", apply: bool = False
    ) -> TakeoverView:
        """Say what was done with our tag meanwhile; with *apply*, act again.

        Args:
            account: One account; all that stand by if empty.

        Raises:
            Conflict: None stands by, or another exitd is alive: nothing is changed.
            NotReady: The daemon is still starting.
            VenueFailed: A venue did not answer; what is not taken over stands by.
        """
        if not self._daemon.is_recovered or self._daemon.is_stopping:
            raise NotReady("recovering", "the daemon is starting or stopping")
        accounts = self._standing(account)
        found = [await self._look(one) for one in accounts]
        views = tuple(_view(one, self._takeover.held_back(one)) for one in found)
        if not apply:
            return TakeoverView(accounts=views, is_applied=False)
        for one in found:
            if one.alive:
                raise Conflict(
                    "another_is_alive",
                    one.alive,
                    "stop it, and ask again in 2 minutes",
                )
        for where, one in zip(accounts, found, strict=True):
            await self._carry_out(where, one, by)
        return TakeoverView(accounts=views, is_applied=True)

    def _standing(self, account: str) -> Sequence[Account]:
        accounts, standing = self._daemon.accounts, self._daemon.standby.standing
        if account:
            name = account_of(account, accounts)
            standing = tuple(one for one in standing if one == name)
        if not standing:
            raise Conflict(
                "not_standing_by",
                f"{account} does not stand by" if account else "no account stands by",
                "there is nothing to take over",
            )
        return [accounts[name] for name in standing]

    async def _look(self, account: Account) -> Found:
        try:
            return await self._takeover.look(account)
        except VenueError as error:
            raise _unanswered(account, error) from error

    async def _carry_out(self, account: Account, found: Found, by: Caller) -> None:
        try:
            await self._takeover.carry_out(account, found, by.name)
            by.touched.append(f"account:{account.name}")
        except VenueError as error:
            raise _unanswered(account, error) from error
        if not self._daemon.standby.standing:
            self._daemon.telling.tell(ended_alert())


def _unanswered(account: Account, error: VenueError) -> VenueFailed:
    return VenueFailed(
        "venue_failed",
        f"{account.name} did not say what happened meanwhile ({error})",
        "it stands by still; try again once it answers",
    )


def _view(found: Found, held_back: tuple[str, ...]) -> AccountTakeoverView:
    return AccountTakeoverView(
        account=found.account,
        reason=found.standing.reason,
        ts_since=timestamp(found.since_ns),
        is_whole=found.is_whole,
        orders=tuple(_order_view(order) for order in found.siblings),
        fills=len(found.fills),
        held_back=held_back,
        alive=found.alive,
    )


def _order_view(order: OrderReport) -> SiblingOrderView:
    assert order.client_order_id is not None, "it was found by its tag"
    return SiblingOrderView(
        id=order.venue_order_id,
        client_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        quantity=text_or_none(order.quantity),
        filled=text(order.filled),
        status=order.status.value,
        ts_created=timestamp_or_none(order.ts_created_venue_ns or 0),
    )
