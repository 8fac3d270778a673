"""What a price does that something waits for; quiet ones never come here."""

from exitd.core import watermarks
from exitd.core.book import Book
from exitd.core.combining import combined_price
from exitd.core.confirming import count
from exitd.core.hits import on_crossed
from exitd.core.inputs import SourceJudged
from exitd.core.market import PriceSource, Tick
from exitd.core.returning import hold_beyond
from exitd.core.turn import Turn
from exitd.core.waking import judge_pending, on_woken


def take_in(turn: Turn, book: Book, tick: Tick) -> None:
    """Judge a price: what waits for one, what it wakes, what it hits; in this order.

    Trails see it before they are judged by it: no price both moves a stop and hits
    it, as a stop lies behind its watermark (behaviour 46).
    """
    price = tick.price
    if book.is_back:
        hold_beyond(turn, book, price)
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
    for combined in book.joined:
        _take_combined(turn, combined, tick.ts_venue_ns, tick.seq)


def _take_combined(turn: Turn, source: PriceSource, ts_venue_ns: int, seq: int) -> None:
    """Judge a combined price after one of its parts has changed."""
    state = turn.state
    price = combined_price(source, state.last_price, state.stale.__contains__)
    if price is None:
        return
    book = state.book(source)
    book.price = price
    book.ts_venue_ns, book.ts_recv_ns = ts_venue_ns, turn.now_ns
    if book.falling_at < price < book.rising_at and not (
        book.pending or book.counting or book.is_back
    ):
        return
    take_in(turn, book, Tick(source, price, ts_venue_ns, turn.now_ns, seq))


def on_judged(turn: Turn, judged: SourceJudged) -> None:
    """Let combined prices go on without a stale source, or with it again."""
    state = turn.state
    if judged.is_stale:
        state.stale.add(judged.source)
    else:
        state.stale.discard(judged.source)
    book = state.books.get(judged.source)
    if book is None:
        return
    for combined in book.joined:
        _take_combined(turn, combined, book.ts_venue_ns, book.seq)


def believe(turn: Turn, source: PriceSource) -> None:
    """Take in a price that the guard held and that nothing has contradicted since."""
    book = turn.state.books.get(source)
    if book is None or book.held is None:
        return
    price = book.held
    book.price, book.held = price, None
    take_in(turn, book, Tick(source, price, book.ts_venue_ns, turn.now_ns, book.seq))
