"""What is remembered of things that never cease to come has a bound."""

from __future__ import annotations

from exitd.runtime.newest import Newest


def test_given_more_than_fit_when_put_then_the_oldest_goes():
    kept: Newest[int, str] = Newest(3)

    for n in range(5):
        kept[n] = str(n)

    assert list(kept.items()) == [(2, "2"), (3, "3"), (4, "4")]


def test_given_an_old_one_when_put_again_then_it_is_the_newest():
    kept: Newest[int, str] = Newest(3)
    for n in range(3):
        kept[n] = "before"

    kept[0] = "after"
    kept[3] = "new"

    assert list(kept.items()) == [(2, "before"), (0, "after"), (3, "new")]
