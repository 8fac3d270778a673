"""The books: fills and funding of a time, and how they agree with the venues."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from exitd.api.answers import Shapes, answer
from exitd.api.bodies import BadRequest
from exitd.configuration.values import read_instant
from exitd.core.units import NS_PER_DAY
from exitd.runtime.book_views import BooksView, ReconciledView
from exitd.runtime.control import Control

_TIME_MAX_NS = 2**62

From = Annotated[str, Query(alias="from", max_length=40)]
To = Annotated[str, Query(alias="to", max_length=40)]


def book_routes(control: Control, shapes: Shapes) -> APIRouter:
    router = APIRouter(tags=["history"])

    @router.get("/v1/books", responses=shapes.gives(BooksView))
    async def books(since: From = "", until: To = "") -> Response:
        """List every fill and every funding payment, oldest first; a day by default.

        `from` and `to` are times with a zone, such as 2027-01-31T16:00:00Z.
        """
        return answer(await control.books.rows(*times_of(control, since, until)))

    @router.get("/v1/books/differences", responses=shapes.gives(ReconciledView))
    async def differences(since: From = "", until: To = "") -> Response:
        """Read the venues' own history of that time and say what is not the same."""
        return answer(await control.books.reconcile(*times_of(control, since, until)))

    return router


def times_of(control: Control, since: str, until: str) -> tuple[int, int]:
    """Read both instants as UTC nanoseconds; without them, the last day."""
    to_ns = read_time("to", until)
    if to_ns is None:
        to_ns = control.daemon.clock.now_ns() + 1
    from_ns = read_time("from", since)
    return to_ns - NS_PER_DAY if from_ns is None else from_ns, to_ns


def read_time(name: str, written: str) -> int | None:
    """Read an instant in UTC nanoseconds; None when nothing was written.

    Raises:
        BadRequest: It is no time.
    """
    if not written:
        return None
    try:
        ts_ns = read_instant(written).ts_ns
    except ValueError as error:
        raise BadRequest("bad_time", f"{name}: {error}") from error
    return max(-_TIME_MAX_NS, min(ts_ns, _TIME_MAX_NS))
