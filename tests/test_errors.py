"""The tree of errors: what catches what, and what each carries."""

from __future__ import annotations

import inspect

import pytest

from exitd import errors
from exitd.errors import (
    ConfigurationError,
    ExitdError,
    OutcomeUnknown,
    StoreError,
    StoreFull,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)

ALL = [member for _, member in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", [e for e in ALL if issubclass(e, Exception)])
def test_given_error_when_defined_then_it_is_ours_and_says_who_handles_it(error):
    assert issubclass(error, ExitdError)
    assert inspect.getdoc(error)


@pytest.mark.parametrize("error", [VenueRejected, VenueUnavailable, OutcomeUnknown])
def test_given_answer_of_a_venue_when_raised_then_its_facts_are_kept(error):
    raised = error("refused", code="INVALID_ORDER", status=429, retry_after_s=3)

    assert isinstance(raised, VenueError)
    assert str(raised) == "refused"
    assert (raised.code, raised.status, raised.retry_after_s) == (
        "INVALID_ORDER",
        429,
        3,
    )


def test_given_unknown_outcome_when_caught_then_it_is_neither_yes_nor_no():
    assert not issubclass(OutcomeUnknown, VenueRejected | VenueUnavailable)


def test_given_full_disk_when_caught_then_it_is_an_error_of_the_store():
    assert issubclass(StoreFull, StoreError)


def test_given_findings_when_raised_then_all_of_them_are_shown():
    raised = ConfigurationError(["a.yaml:1:2: error: x", "a.yaml:3:4: error: y"])

    assert raised.findings == ("a.yaml:1:2: error: x", "a.yaml:3:4: error: y")
    assert str(raised) == "a.yaml:1:2: error: x\na.yaml:3:4: error: y"
    assert ConfigurationError("one").findings == ("one",)


def test_given_no_finding_when_raised_then_it_is_a_bug():
    with pytest.raises(AssertionError):
        ConfigurationError([])
