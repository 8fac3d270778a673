"""docs/webhook.md: its bodies are valid, and every finding is in it."""

import re
from pathlib import Path

import pytest

from exitd.signals.normalising import normalise
from exitd.signals.reading import read_body
from exitd.signals.validating import validate
from signals.test_oddities import CASES as ODD
from signals.test_rules import CASES as WRONG

PAGE = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text()
FORMAT = PAGE.partition("## Receiving alerts")[0]
BODIES = re.findall(r"^```json\n(.*?)^```", FORMAT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("body", BODIES)
def test_given_a_body_of_the_page_then_it_is_valid(body: str):
    found = validate(normalise(read_body(body.encode())))

    assert found.errors == ()


@pytest.mark.parametrize(
    ("letter", "last"), [("E", 20), ("W", 11), ("C", 22)], ids=["E", "W", "C"]
)
def test_given_the_page_then_each_number_of_the_reference_has_its_row(
    letter: str, last: int
):
    rows = set(re.findall(rf"^\| ({letter}\d+) \|", FORMAT, re.MULTILINE))

    assert rows == {f"{letter}{number}" for number in range(1, last + 1)}


# Their sentences quote what was written, which the page writes as X, Y and x.
QUOTING = {"E16", "E17", "E18", "W10"}


def test_given_the_page_then_it_has_the_sentences_word_for_word():
    cases = [(rule, sentence) for rule, _, said in WRONG for sentence in said]
    cases += [(rule, sentence) for rule, _, sentence in ODD]

    rules = {rule for rule, _ in cases} - QUOTING
    told = {rule for rule, sentence in cases if f"`{sentence}`" in FORMAT}
    assert rules - told == set()
