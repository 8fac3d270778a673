"""A disk that is full, slow or hangs: 5xx, and what comes again is traded once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api.webhook.receiver import alert, receiving
from exitd.core.entry import SignalState
from exitd.runtime.control.running import until
from fakes.clocks import ManualClock
from fakes.store import FakeStore, begin


async def test_given_a_full_disk_then_503_and_when_to_come_again(
    tmp_path: Path,
) -> None:
    store = FakeStore(ManualClock())
    async with receiving(tmp_path, store=store) as webhook:
        store.fill_disk()
        full = await webhook.post(alert())
        store.mend_disk()
        again = await webhook.post(alert())
        await webhook.rest()

    assert full.status_code == 503
    assert full.headers["retry-after"] == "5"
    assert full.json()["message"] == "the disk is full"
    assert "nothing was stored" in full.json()["remedy"]
    assert (again.status_code, again.json()["duplicate"]) == (200, False)
    assert len(webhook.broker.traded) == 1
    (told,) = webhook.desk.told
    assert "the disk is full" in told.text


async def test_given_a_disk_that_is_too_slow_then_503_and_nothing_is_stored(
    tmp_path: Path,
) -> None:
    store = FakeStore(ManualClock())
    async with receiving(tmp_path, store=store, patience_s=0.05) as webhook:
        store.hold()
        slow = await webhook.post(alert())
        store.release()
        again = await webhook.post(alert())
        await webhook.rest()

    assert slow.status_code == 503
    assert "nothing was stored" in slow.json()["remedy"]
    assert (again.status_code, again.json()["duplicate"]) == (200, False)
    assert webhook.broker.traded == [again.json()["webhookEvent"]["id"]]


async def test_given_a_commit_that_hangs_then_503_and_the_same_is_traded_once(
    tmp_path: Path,
) -> None:
    store = FakeStore(ManualClock())
    async with receiving(tmp_path, store=store, patience_s=0.05) as webhook:
        store.hold()
        answering = asyncio.ensure_future(webhook.post(alert()))
        assert await until(lambda: bool(store.queued), within_s=5)
        begin(store)
        slow = await answering
        assert webhook.broker.asked == []
        store.release()
        again = await webhook.post(alert())
        await webhook.rest()

    assert slow.status_code == 503
    assert "send the same again" in slow.json()["remedy"]
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert len(webhook.broker.traded) == 1


async def test_given_an_answer_then_the_alert_was_on_disk_before(
    tmp_path: Path,
) -> None:
    store = FakeStore(ManualClock())
    async with receiving(tmp_path, store=store) as webhook:
        store.hold()
        answering = asyncio.ensure_future(webhook.post(alert()))
        assert await until(lambda: bool(store.queued), within_s=5)
        await asyncio.wait((answering,), timeout=0.02)
        assert not answering.done()
        store.release()
        answer = await answering
        (record,) = store.disk.signals.values()
        assert answer.json()["webhookEvent"]["id"] == record.id
        assert record.state in (SignalState.ACCEPTED, SignalState.CARRIED_OUT)
        await webhook.rest()
