"""Which triggers are nearest to firing: the one question that everybody asks who looks.

The books keep what rests in them in order, so the answer costs what is given, and not
what there is.
"""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from heapq import merge
from itertools import chain, islice

from exitd.core.book import Book, in_order, nearest_levels
from exitd.core.market import PriceSource
from exitd.core.state import State
from exitd.core.trigger import TriggerRecord, TriggerState
from exitd.runtime.control.running import each_trigger
from exitd.runtime.daemon import Daemon

#: Found before others get the loop: about half a millisecond.
_CHUNK = 50


async def nearest(daemon: Daemon, limit: int) -> list[TriggerRecord]:
    """Give the triggers that are nearest to firing, the nearest first.

    First what fires or confirms, then what watches a price, by the distance in percent
    of it. Where there are less than *limit* of those, what is paused, or waits, or has
    no distance, follows in any order.
    """
    state = daemon.loop.engine.state
    books = list(state.books.items())
    there = (id for _, book in books for id in (*book.counting, *book.timing))
    ids = dict.fromkeys(islice(chain(state.fires, there), limit))
    near = merge(*(_in_order(source, book, limit) for source, book in books))
    if len(ids) < limit < active(state):
        for index, (_, id) in enumerate(near):
            ids[id] = None
            if len(ids) == limit:
                break
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)
    if len(ids) < limit:
        await _fill_up(daemon, ids, limit)
    return [record for id in ids if (record := _watched(state, id)) is not None]


def active(state: State) -> int:
    """Count the triggers that are not done."""
    return sum(state.active.values())


def ratio(source: PriceSource, book: Book) -> Decimal | None:
    """Say how near a price is to what it would hit first, as a share of it.

    Zero where it is there, None where nothing watches it or a share has no sense.
    """
    price = _price(source, book)
    if price is None:
        return None
    below, above = nearest_levels(book)
    way = min(price - below, above - price)
    return max(way, Decimal(0)) / price if way.is_finite() else None


def _in_order(
    source: PriceSource, book: Book, limit: int
) -> Iterator[tuple[Decimal, str]]:
    price = _price(source, book)
    if price is not None:
        for gap, id in in_order(book, price, limit):
            yield gap / price, id


def _price(source: PriceSource, book: Book) -> Decimal | None:
    """Give a price that a share of means something."""
    price = book.price
    return None if price is None or price <= 0 or source.is_spread else price


async def _fill_up(daemon: Daemon, ids: dict[str, None], limit: int) -> None:
    async for record in each_trigger(daemon):
        if record.state is not TriggerState.DONE:
            ids[record.id] = None
            if len(ids) == limit:
                return


def _watched(state: State, id: str) -> TriggerRecord | None:
    record = state.triggers.get(id)
    if record is None or record.state is TriggerState.DONE:
        return None
    return record
