"""What a venue has answered makes an account more careful, and never less."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from app import test_app_paper
from exitd.app.answered import as_answered
from exitd.core.units import NS_PER_S
from exitd.ports.answers import Question, VenueAnswer, encoded, note_of
from fakes.clocks import ManualClock
from fakes.store import FakeStore

SETTINGS = replace(test_app_paper.SETTINGS, lag_slack_ns=10 * NS_PER_S)


def lag_slack_s(lag_s: int | None) -> int:
    async def read() -> int:
        store = FakeStore(ManualClock())
        if lag_s is not None:
            lag = VenueAnswer(
                question=Question.HISTORY_LAG,
                answer="shown",
                number_ns=lag_s * NS_PER_S,
            )
            await store.put_note(note_of(SETTINGS.name), encoded([lag]))
        (found,) = [one async for one in as_answered([SETTINGS], store)]
        return found.lag_slack_ns // NS_PER_S

    return asyncio.run(read())


@pytest.mark.parametrize("lag_s", [None, 0, 5])
def test_given_no_lag_that_matters_then_the_files_are_the_least(lag_s: int | None):
    assert lag_slack_s(lag_s) == SETTINGS.lag_slack_ns // NS_PER_S


def test_given_a_long_lag_then_twice_that_is_waited():
    assert lag_slack_s(100) == 200


def test_given_a_note_of_another_version_then_it_says_nothing():
    async def read() -> int:
        store = FakeStore(ManualClock())
        await store.put_note(note_of(SETTINGS.name), b'{"other": 1}')
        (found,) = [one async for one in as_answered([SETTINGS], store)]
        return found.lag_slack_ns

    assert asyncio.run(read()) == SETTINGS.lag_slack_ns
