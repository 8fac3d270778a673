"""Values of a trigger in the words of the files."""

from __future__ import annotations

import pytest

from core.builders import D, S, offset, percent
from exitd.core.condition import (
    AtInstant,
    AtTimeOfDay,
    Basis,
    BeforeClose,
    ConditionKind,
    FixedLevel,
    Immediately,
    MaxHold,
    Relative,
    Trailing,
)
from exitd.core.trigger import Quantity, QuantityKind
from exitd.core.wording import (
    asked_text,
    condition_word,
    duration_text,
    level_text,
    quantity_text,
)


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (Quantity(QuantityKind.REST), "rest"),
        (Quantity(QuantityKind.SHARE, D(50)), "50%"),
        (Quantity(QuantityKind.INITIAL, D("33.5")), "33.5% initial"),
        (Quantity(QuantityKind.QUOTE, D(500), "USDC"), "500 USDC"),
        (Quantity(QuantityKind.ABSOLUTE, D("2.50")), "2.5"),
    ],
)
def test_given_a_quantity_then_its_words(quantity: Quantity, words: str):
    assert quantity_text(quantity) == words


@pytest.mark.parametrize(
    ("condition", "word", "asked"),
    [
        (FixedLevel(ConditionKind.BELOW, D(5)), "below", ""),
        (FixedLevel(ConditionKind.STOP_LOSS, percent("-3")), "stop_loss", "-3%"),
        (Trailing(offset("2.5%")), "trailing", "2.5%"),
        (Trailing(offset("5"), after=D(150)), "trailing", "5 after 150"),
        (MaxHold(8 * 3_600 * S), "max_hold", "8h"),
        (AtInstant(S), "at_time", ""),
        (AtTimeOfDay(57_300, "UTC"), "at_time", "15:55 UTC"),
        (AtTimeOfDay(57_330, "UTC"), "at_time", "15:55:30 UTC"),
        (BeforeClose(300 * S, "XNYS"), "at_time", "5m before the close of XNYS"),
        (Immediately(), "now", ""),
    ],
)
def test_given_a_condition_then_its_key_and_what_was_asked_for(condition, word, asked):
    assert condition_word(condition) == word
    assert asked_text(condition) == asked


def test_given_levels_and_durations_then_their_words():
    assert level_text(D("131.250")) == "131.25"
    assert level_text(Relative(Basis.ROI, D(25), D(5))) == "+25% roi"
    assert level_text(Relative(Basis.PNL, D(-500))) == "-500 pnl"
    assert duration_text(1) == "0ms"
    assert duration_text(1_500_000_000) == "1500ms"
