"""/v1/entries and /v1/signals: what alerts asked for, and what became of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from exitd.api.answers import Shapes, answer, caller_of
from exitd.api.books import read_time
from exitd.core.entry import ENTRY_ENDED
from exitd.runtime.control import Control
from exitd.runtime.control.entries import EntryFilter
from exitd.runtime.control.reading import PAGE_MAX
from exitd.runtime.control.signals import SignalFilter
from exitd.runtime.entry_views import (
    EntriesView,
    EntryChangedView,
    EntryDetailView,
    SignalDetailView,
    SignalsView,
)

Text = Annotated[str, Query(max_length=140)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Account = Annotated[str, Query(max_length=64, description="404 if it is another's.")]
From = Annotated[
    str, Query(alias="from", max_length=40, examples=["2027-01-31T16:00:00Z"])
]
To = Annotated[str, Query(alias="to", max_length=40, examples=["2027-02-01T00:00:00Z"])]
EntryState = Literal[
    "",
    "wanted",
    "signed",
    "sent",
    "in_doubt",
    "working",
    "partially_filled",
    "filled",
    "refused",
    "cancelled",
    "expired",
]
SignalState = Literal["", "accepted", "carried_out", "refused"]


def entry_routes(control: Control, shapes: Shapes) -> APIRouter:
    """Make the routes of entries."""
    router = APIRouter(tags=["entries"])
    entries = control.entries

    @router.get("/v1/entries", responses=shapes.gives(EntriesView))
    async def listed(
        account: Text = "",
        symbol: Text = "",
        state: EntryState = "",
        everything: Annotated[bool, Query(alias="all")] = False,
        since: From = "",
        until: To = "",
        limit: Limit = 100,
        after: Text = "",
    ) -> Response:
        """List entries, newest first. `after` is the `next` of the page before.

        Those that are not over: they may still fill, or have exits that may close. With
        `all`, with a `state` in which they have ended, or with a time, those that are
        over too. `from` and `to` are times with a zone, by when it was asked for.
        """
        wanted = EntryFilter(account=account, symbol=symbol, state=state)
        if not (everything or state in ENTRY_ENDED or since or until):
            return answer(await entries.live(wanted, limit=limit, after=after))
        ts_from_ns, ts_to_ns = _times(control, since, until)
        view = await entries.every(
            wanted, ts_from_ns=ts_from_ns, ts_to_ns=ts_to_ns, limit=limit, after=after
        )
        return answer(view)

    @router.get("/v1/entries/{id}", responses=shapes.gives(EntryDetailView))
    async def show(id: str, account: Account = "") -> Response:
        """Show one entry with its alert, its exits and its latest facts."""
        return answer(await entries.show(id, account=account))

    @router.delete("/v1/entries/{id}", responses=shapes.gives(EntryChangedView))
    async def withdraw(request: Request, id: str, account: Account = "") -> Response:
        """Take back what has not filled; what has filled keeps its exits.

        It is cancelled at the broker until that says that it is over; one that was not
        sent never is. Once more changes nothing. 409 when it has filled.
        """
        by = caller_of(request)
        return answer(await entries.withdraw(id, by, account=account))

    return router


def signal_routes(control: Control, shapes: Shapes) -> APIRouter:
    """Make the routes of alerts; what comes in by the webhook has a door of its own."""
    router = APIRouter(tags=["signals"])
    signals = control.signals

    @router.get("/v1/signals", responses=shapes.gives(SignalsView))
    async def listed(
        route: Text = "",
        symbol: Text = "",
        state: SignalState = "",
        since: From = "",
        until: To = "",
        limit: Limit = 100,
        after: Text = "",
    ) -> Response:
        """List alerts, newest first. `after` is the `next` of the page before.

        `outcome` is what was begun for one, `entry_state` what became of its entry.
        `symbol` is its ticker, in any letter case; `from` and `to` are times with a
        zone, by when it came in.
        """
        wanted = SignalFilter(route=route, symbol=symbol, state=state)
        ts_from_ns, ts_to_ns = _times(control, since, until)
        view = await signals.every(
            wanted, ts_from_ns=ts_from_ns, ts_to_ns=ts_to_ns, limit=limit, after=after
        )
        return answer(view)

    @router.get("/v1/signals/{id}", responses=shapes.gives(SignalDetailView))
    async def show(id: str) -> Response:
        """Show one alert, its text without the `auth_key`, and what it became."""
        return answer(await signals.show(id))

    return router


def _times(control: Control, since: str, until: str) -> tuple[int, int]:
    """Read both instants as UTC nanoseconds; without them, all there is."""
    to_ns = read_time("to", until)
    if to_ns is None:
        to_ns = control.daemon.clock.now_ns() + 1
    return read_time("from", since) or 0, to_ns
