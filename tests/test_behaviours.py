"""Every numbered behaviour has its tests, or names the part that will bring them."""

from __future__ import annotations

from behaviour_table import GROUPS, LATER, PAGE, SAID, covering, page

NUMBERS = range(1, 151)


def test_given_the_table_then_it_has_every_behaviour_once():
    assert len(SAID) == len(NUMBERS)
    assert len(set(SAID)) == len(SAID)
    assert set(LATER) <= set(NUMBERS)
    assert set(GROUPS) <= set(NUMBERS)


def test_given_every_behaviour_then_a_test_carries_its_number_or_it_comes_later():
    covered = covering()

    assert [n for n in NUMBERS if n not in covered and n not in LATER] == []
    assert [n for n in covered if n not in NUMBERS] == []


def test_given_the_page_then_it_is_what_the_tests_say():
    assert PAGE.read_text() == page(), "run `python tests/behaviour_table.py`"
