"""Texts for Telegram: escaped, counted as it counts, and never too long for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exitd.cli.telegram.markup import (
    LENGTH_MAX,
    bold,
    code,
    fitted,
    joined,
    length,
    plain,
)
from fakes.telegram.html_text import parsed, utf16
from fakes.telegram.world import TEXT_MAX

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000)


@given(text=TEXTS, again=TEXTS)
def test_given_any_text_when_marked_up_then_telegram_shows_it_as_it_is(
    text: str, again: str
):
    shown, entities = parsed(joined([bold(text), code(again)]))

    expected = [
        part if len(part) <= 600 else f"{part[:599]}…" for part in (text, again)
    ]
    assert shown == " ".join(expected)
    assert len(entities) == sum(bool(part) for part in expected)


@given(text=TEXTS)
def test_given_any_text_when_counted_then_as_telegram_counts(text: str):
    assert length(bold(text)) == utf16(parsed(bold(text))[0])


@given(parts=st.lists(TEXTS, max_size=40))
def test_given_any_number_of_parts_when_put_together_then_one_message_and_the_count(
    parts: list[str],
):
    marked = [bold(part) for part in parts]

    shown, _ = parsed(fitted(marked, more="{} more triggers"))

    assert utf16(shown) <= LENGTH_MAX < TEXT_MAX
    if sum(length(part) + 1 for part in marked) > LENGTH_MAX:
        assert " more triggers" in shown
        kept = shown.splitlines()[-1]
        left = int(kept.split()[2])
        assert 0 < left <= len(parts)


def test_given_many_parts_when_cut_then_said_how_many_are_left():
    made = fitted([plain(f"trigger {number:03} {'x' * 90}") for number in range(100)])

    lines = made.splitlines()
    assert lines[-1] == f"… and {100 - (len(lines) - 1)} more lines"
    assert lines[0].startswith("trigger 000")


def test_given_an_endless_word_when_plain_then_shortened_before_it_is_escaped():
    assert plain("<" * 700) == "&lt;" * 599 + "…"
