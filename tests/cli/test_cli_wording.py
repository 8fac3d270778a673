"""What the command line says of positions and of watched prices."""

import pytest

from exitd.cli.wording import feed_lines, protection
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


def feed(account: str, price: str = "150.2", *, is_stale: bool = False) -> FeedView:
    return FeedView(
        source=f"{account}/AAPL/last",
        account=account,
        symbol="AAPL",
        price_kind="last",
        price=price,
        age_ms=200,
        is_stale=is_stale,
        triggers=1,
    )


def test_given_a_simulated_account_beside_a_real_one_then_its_price_is_told_once():
    beside = feed("alpaca:paper")

    assert feed_lines([feed("alpaca"), beside]) == ["AAPL last 150.2 (0.2 s old)"]
    assert feed_lines([beside]) == ["AAPL last 150.2 (0.2 s old)"]


def test_given_accounts_that_see_a_price_differently_then_each_is_named():
    stale = feed("alpaca:paper", is_stale=True)

    assert feed_lines([feed("alpaca"), stale]) == [
        "AAPL last 150.2 at alpaca (0.2 s old)",
        "AAPL last 150.2 at alpaca:paper (STALE, 0.2 s old)",
    ]
    assert feed_lines([feed("one"), feed("two")]) == [
        "AAPL last 150.2 at one (0.2 s old)",
        "AAPL last 150.2 at two (0.2 s old)",
    ]
