"""Every row of the failure model has its tests, but for a few that say why not."""

from __future__ import annotations

from failure_table import PAGE, UNTESTED_MAX, ids, missing, page, rows


def test_given_the_model_then_it_has_every_row_once_and_in_order():
    assert [row.id for row in rows()] == ids()


def test_given_a_row_then_its_tests_are_there():
    assert {row.id: missing(row) for row in rows() if missing(row)} == {}


def test_given_the_rows_then_few_are_untested_and_say_why():
    untested = [row.id for row in rows() if not row.tests and not row.programs]

    assert len(untested) <= UNTESTED_MAX
    assert untested == [row.id for row in rows() if row.untested]


def test_given_a_row_then_it_says_what_must_happen_or_stands_in_its_place():
    assert [row.id for row in rows() if bool(row.must) is bool(row.instead)] == []
    assert {row.id[0] for row in rows() if row.instead} == {"H"}


def test_given_the_page_then_it_is_what_the_model_says():
    assert PAGE.read_text() == page(), "run `python tests/failure_table.py`"
