"""A few thousand of the generated bodies; `fuzz.py` does as many as one likes."""

from signals.fuzz import fuzz


def test_given_generated_bodies_then_nothing_is_raised_and_all_is_stable():
    found = fuzz(1_000, seed=1)

    assert found.total() == 1_000
    assert min(found[word] for word in ("unreadable", "invalid", "ordered")) > 50
