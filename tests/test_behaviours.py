"""Every numbered behaviour has its tests."""

from __future__ import annotations

from behaviour_table import GROUPS, PAGE, SAID, covering, page

NUMBERS = range(1, 151)


def test_given_the_table_then_it_has_every_behaviour_once():
    assert len(SAID) == len(NUMBERS)
    assert len(set(SAID)) == len(SAID)
    assert set(GROUPS) <= set(NUMBERS)


def test_given_every_behaviour_then_a_test_carries_its_number():
    covered = covering()

    assert [n for n in NUMBERS if n not in covered] == []
    assert [n for n in covered if n not in NUMBERS] == []


def test_given_the_page_then_it_is_what_the_tests_say():
    assert PAGE.read_text() == page(), "run `python tests/behaviour_table.py`"
