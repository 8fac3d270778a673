"""What everything that knows trading sessions does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from exitd.core.units import NS_PER_S
from exitd.ports.sessions import Sessions, SessionsUnknown


def instant(text: str) -> int:
    """Give the UTC nanoseconds of `2026-07-01 13:30`, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS_PER_S


#: Of the New York Stock Exchange: a plain day, the eve of a holiday, the day after.
#: 3 July 2026 is the observed Independence Day, 4 and 5 July are a weekend.
JULY = (
    (instant("2026-07-01 13:30"), instant("2026-07-01 20:00")),
    (instant("2026-07-02 13:30"), instant("2026-07-02 20:00")),
    (instant("2026-07-06 13:30"), instant("2026-07-06 20:00")),
)
#: Winter time; Thanksgiving is 26 November, the day after closes at 13:00 there.
NOVEMBER = (
    (instant("2026-11-25 14:30"), instant("2026-11-25 21:00")),
    (instant("2026-11-27 14:30"), instant("2026-11-27 18:00")),
    (instant("2026-11-30 14:30"), instant("2026-11-30 21:00")),
)


class SessionsContract:
    async def test_given_holidays_and_early_closes_then_the_real_hours(
        self, source: Sessions
    ):
        found = await source.sessions(
            "XNYS", instant("2026-07-01 00:00"), instant("2026-12-01 00:00")
        )

        assert found[:3] == JULY
        assert found[-3:] == NOVEMBER
        assert sorted(found) == list(found)
        assert all(opens < closes for opens, closes in found)

    async def test_given_a_span_then_all_that_touches_it(self, source: Sessions):
        first, second, third = JULY

        found = await source.sessions("XNYS", first[1], third[0])
        assert found == (second,)

        found = await source.sessions("XNYS", first[1] - 1, third[0] + 1)
        assert found == JULY

    async def test_given_a_name_that_nobody_knows_then_it_is_said(
        self, source: Sessions
    ):
        with pytest.raises(SessionsUnknown, match="calendar XMOON"):
            await source.sessions("XMOON", JULY[0][0], JULY[1][1])
