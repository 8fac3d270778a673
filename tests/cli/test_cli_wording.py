"""What the command line says of a position."""

import pytest

from exitd.cli.wording import protection
from exitd.runtime.views import PositionView


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
