"""What a price does that something waits for; quiet ones never come here."""

from exitd.core import watermarks
from exitd.core.book import Book
from exitd.core.confirming import count
from exitd.core.hits import on_crossed
from exitd.core.market import PriceSource, Tick
from exitd.core.turn import Turn
from exitd.core.waking import judge_pending, on_woken


def take_in(turn: Turn, book: Book, tick: Tick) -> None:
    """Judge a price: what waits for one, what it wakes, what it hits; in this order.

    Trails see it before they are judged by it: no price both moves a stop and hits
    it, as a stop lies behind its watermark (behaviour 46).
    """
    price = tick.price
    confirmed: list[tuple[str, str]] = []
    if book.pending:
        confirmed += [(i, "confirmed") for i in judge_pending(turn, book, price)]
    confirmed += [(i, "emergency") for i in on_woken(turn, book, price)]
    if book.counting:
        confirmed += [(i, "confirmed") for i in count(turn, book, price)]
    book.follow(price)
    on_crossed(turn, book, tick, confirmed)
    if book.is_unsaved and not book.is_saving:
        watermarks.save(turn, tick.source, book)


def believe(turn: Turn, source: PriceSource) -> None:
    """Take in a price that the guard held and that nothing has contradicted since."""
    book = turn.state.book(source)
    price = book.held
    if price is None:
        return
    book.price, book.held = price, None
    take_in(turn, book, Tick(source, price, book.ts_venue_ns, turn.now_ns, book.seq))
