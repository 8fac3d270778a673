"""Warnings at the door: only those that are true of the route."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.webhook.receiver import alert, receiving


@pytest.mark.parametrize(
    ("route", "rules"),
    [
        ({"exits": "exitd", "mode": "live"}, 0),
        ({"exits": "native", "mode": "paper"}, 0),
        ({"exits": "native", "mode": "live"}, 1),
    ],
)
async def test_given_who_holds_the_exits_then_warned_of_the_day_only_where_it_is_true(
    tmp_path: Path, route: dict[str, str], rules: int
) -> None:
    async with receiving(tmp_path, route=route) as webhook:
        answer = await webhook.post(alert(stopLossTarget=140))

    said = answer.json()["validation"]["warnings"]
    assert [word.startswith("Exit targets on a day") for word in said] == [True] * rules
