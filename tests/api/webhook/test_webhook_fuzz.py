"""Whatever is sent: an answer below 500 in the shape of the format, never the key."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from api.webhook.receiver import receiving
from fakes.clocks import ManualClock
from fakes.store import FakeStore
from signals.bodies import SECRET, body

BODIES = 80


async def test_given_any_body_then_never_a_server_error_nor_the_key(
    tmp_path: Path,
) -> None:
    dice = random.Random(11)
    statuses: Counter[int] = Counter()
    store = FakeStore(ManualClock())
    async with receiving(
        tmp_path, key=SECRET, store=store, route={"requests_per_minute": 60_000}
    ) as webhook:
        for _ in range(BODIES):
            sent = body(dice)
            answer = await webhook.post(sent)
            statuses[answer.status_code] += 1
            said = answer.json()
            assert answer.status_code in (200, 400, 401, 422), sent
            assert said["success"] is (answer.status_code == 200)
            assert said["message"]
            assert SECRET not in answer.text, sent
        await webhook.rest()

    assert all(SECRET not in record.body for record in store.disk.signals.values())
    assert all(SECRET not in told.text for told in webhook.desk.told)
    assert set(statuses) >= {200, 400, 422}, statuses
