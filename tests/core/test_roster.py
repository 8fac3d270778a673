"""The ids of a position's triggers: in order, each once, however they come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exitd.core.roster import Roster


@given(st.lists(st.sampled_from("abcdefgh")))
def test_given_ids_that_come_and_go_then_those_here_once_each(moves: list[str]):
    roster, here = Roster(), set[str]()

    for id in moves:
        if id in here:
            here.discard(id)
            roster.remove(id)
        else:
            here.add(id)
            roster.add(id)

    assert sorted(roster) == sorted(here)
    assert len(roster) == len(here)


def test_given_one_that_left_when_listed_then_the_others_in_the_order_they_came():
    roster = Roster()
    for id in ("c", "a", "b"):
        roster.add(id)

    roster.remove("a")

    assert list(roster) == ["c", "b"]


def test_given_half_of_them_gone_when_one_is_back_then_it_stands_at_the_end():
    roster = Roster()
    for id in ("c", "a", "b"):
        roster.add(id)

    roster.remove("c")
    roster.remove("a")
    roster.add("a")

    assert list(roster) == ["b", "a"]
