"""Which closed order book holds a close back: a young one, told by no cache."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.worlds import S, World, instrument, stop
from exitd.core.book_states import BELIEVED_NS
from exitd.core.inputs import InstrumentReport
from exitd.core.market import BookState


@pytest.mark.parametrize(
    ("state", "is_cached", "age_ns", "sent"),
    [
        (BookState.CLOSED, False, BELIEVED_NS, []),
        (BookState.CLOSED, False, BELIEVED_NS + S, ["sl"]),
        (BookState.CLOSED, True, 0, ["sl"]),
        (BookState.POST_ONLY, True, 0, ["sl"]),
        (BookState.CANCEL_ONLY, False, 0, []),
        (BookState.OPEN, True, BELIEVED_NS + S, ["sl"]),
    ],
)
def test_b092_given_a_book_that_takes_none_then_believed_while_young_and_not_cached(
    state: BookState, is_cached: bool, age_ns: int, sent: list[str]
):
    world = World()
    world.arm(stop("sl", "95"))
    market = replace(instrument(), book_state=state, is_cached=is_cached)
    world.do(InstrumentReport(market, world.now_ns))
    world.now_ns += age_ns

    world.mark("95") if age_ns != BELIEVED_NS else at_the_instant(world)

    assert world.who() == sent


def at_the_instant(world: World) -> None:
    """Hit it without a millisecond more."""
    world.now_ns -= 1_000_000
    world.mark("95")


def test_b092_given_a_restart_then_a_stored_closed_book_is_tried():
    world = World()
    world.arm(stop("sl", "95"))
    closed = replace(instrument(), book_state=BookState.CLOSED)
    world.do(InstrumentReport(closed, world.later()))

    world.restart()
    world.mark("95")

    assert world.who() == ["sl"]
