"""What the command line says of a position."""

import pytest

from exitd.cli.wording import feed_line, protection
from exitd.runtime.views import FeedView, PositionView


@pytest.mark.parametrize(
    ("is_protected", "stops", "said"),
    [
        (True, ("core/sl", "tv-1/sl"), "core/sl, tv-1/sl"),
        (True, (), "the broker"),
        (False, ("core/sl",), "NO"),
        (False, (), "NO"),
    ],
)
def test_given_a_position_then_it_says_who_protects_it(
    is_protected: bool, stops: tuple[str, ...], said: str
) -> None:
    position = PositionView(
        key="alpaca/MSFT/long",
        account="alpaca",
        symbol="MSFT",
        side="long",
        quantity="10",
        entry_price="150.2",
        mark=None,
        is_proven=True,
        is_protected=is_protected,
        protected_by=stops,
        unprotected="" if is_protected else "no stop watches it",
        triggers=stops,
        lifetime=1,
        ts_opened=None,
    )

    assert protection(position) == said


@pytest.mark.parametrize(
    ("is_stale", "is_asked", "said"),
    [
        (False, False, "SOL mark 100 (0.5 s)"),
        (True, False, "SOL mark 100 (STALE, 0.5 s)"),
        (False, True, "SOL mark 100 (STREAM SILENT, asked by REST, 0.5 s)"),
    ],
)
def test_b124_given_a_feed_then_it_says_where_its_price_comes_from(
    is_stale: bool, is_asked: bool, said: str
) -> None:
    feed = FeedView(
        source="main/SOL/mark",
        account="main",
        symbol="SOL",
        price_kind="mark",
        price="100",
        age_ms=500,
        is_stale=is_stale,
        is_asked=is_asked,
        triggers=1,
    )

    assert feed_line(feed).startswith(said.split("0.5 s")[0])
