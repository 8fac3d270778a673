"""How old an alert may be: only where its route asks, and never from ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.webhook.receiver import alert, receiving


async def test_given_a_route_with_a_max_age_then_timenow_is_needed_and_looked_at(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path, route={"max_age": 60 * 1_000_000_000}) as webhook:
        without = await webhook.post(alert())
        bar = await webhook.post(alert(metadata={"timestamp": "2024-01-15T14:30:00Z"}))
        end = await webhook.post(alert(metadata={"timestamp": "2999-01-01T00:00:00Z"}))
        now = datetime.now(UTC)
        stamps = (now - timedelta(seconds=50), now + timedelta(seconds=50))
        fresh = [
            await webhook.post(alert(metadata={"timestamp": stamp.isoformat()}))
            for stamp in stamps
        ]
        await webhook.rest()

    assert [a.status_code for a in (without, bar, end)] == [422, 422, 422]
    assert [a.status_code for a in fresh] == [200, 200]
    assert "ahead of this machine's clock" in end.json()["message"]
    assert '"timestamp": "{{timenow}}"' in without.json()["message"]
    assert "takes none older than 60 s" in bar.json()["message"]
    assert len(webhook.desk.told) == 3


async def test_given_no_max_age_then_an_old_bar_time_informs_only(
    tmp_path: Path,
) -> None:
    async with receiving(tmp_path) as webhook:
        answer = await webhook.post(alert(metadata={"timestamp": "1705329000000"}))
        (record,) = await webhook.desk.stored()

    assert answer.status_code == 200
    assert "2024-01-15T14:30:00" in record.body
