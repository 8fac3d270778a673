"""Pages of what the store has by time, the newest first.

The store reads a time; how far back a page reaches nobody knows before. So it reads a
day, then eight times that, and so on, until the page is full: a busy store is not read
whole for its last few rows, and one from long ago is found all the same.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

from exitd.core.units import NS_PER_HOUR
from exitd.runtime.problems import Unusable

_FIRST_NS = 24 * NS_PER_HOUR
_FACTOR = 8

R = TypeVar("R")


class Place(Struct, frozen=True, order=True):
    """Where a row stands: its instant, UTC, and its id among those of one instant."""

    ts_ns: int
    id: str

    def __str__(self) -> str:
        return f"{self.ts_ns}/{self.id}"


class Page(Struct, Generic[R], frozen=True):
    """Rows, newest first; `next` is the cursor of the page after, None at the end."""

    rows: tuple[R, ...]
    next: str | None


def read_cursor(written: str) -> Place | None:
    """Read the `next` of a page; None without one.

    Raises:
        Unusable: It is none.
    """
    if not written:
        return None
    number, _, id = written.partition("/")
    if not (number.isascii() and number.isdigit() and id):
        raise Unusable(
            "bad_cursor",
            f"{written} is not the `next` of a page",
            "send it as it came, or leave it out for the first page",
            field="after",
        )
    return Place(int(number), id)


def page_of(
    rows: Iterable[R], place: Callable[[R], Place], *, limit: int, after: Place | None
) -> Page[R]:
    """Give the page of *limit* rows, one at least, that follows a cursor."""
    found = sorted(
        (row for row in rows if after is None or place(row) < after),
        key=place,
        reverse=True,
    )
    has_more = len(found) > limit
    shown = tuple(found[:limit])
    return Page(shown, str(place(shown[-1])) if has_more else None)


async def newest(
    read: Callable[[int, int], Awaitable[Iterable[R]]],
    place: Callable[[R], Place],
    *,
    ts_from_ns: int,
    ts_to_ns: int,
    limit: int,
    after: Place | None,
) -> Page[R]:
    """Give a page of the rows of [from, to); *read* gives those of a part of it."""
    found: list[R] = []
    high_ns = ts_to_ns if after is None else min(ts_to_ns, after.ts_ns + 1)
    width_ns = _FIRST_NS
    while True:
        low_ns = max(high_ns - width_ns, ts_from_ns)
        found += await read(low_ns, high_ns)
        page = page_of(found, place, limit=limit, after=after)
        if low_ns >= high_ns or low_ns == ts_from_ns or page.next is not None:
            return page
        high_ns, width_ns = low_ns, width_ns * _FACTOR
