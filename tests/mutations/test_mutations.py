"""The list of mutations fits the source and the tests; `run.py` tries them out."""

from __future__ import annotations

from mutations.rules import MUTATIONS
from mutations.run import PACKAGE, find_tests


def test_given_the_mutations_then_each_text_is_in_its_file():
    gone = [
        f"{mutation.file}: {mutation.before}"
        for mutation in MUTATIONS
        if mutation.before not in (PACKAGE / mutation.file).read_text()
    ]

    assert gone == [], "give tests/mutations the new text of these rules"


def test_given_the_mutations_then_each_names_tests_that_are_there():
    there = find_tests()

    assert [n for m in MUTATIONS for n in m.tests if n not in there] == []


def test_given_the_mutations_then_there_are_enough_and_none_twice():
    tried = [(m.file, m.before, m.after) for m in MUTATIONS]

    assert len(set(tried)) == len(tried) >= 40
    assert all(m.before != m.after for m in MUTATIONS)
