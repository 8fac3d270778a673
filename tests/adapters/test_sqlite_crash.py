"""A process that is killed while it writes, and one that runs out of room."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.store_samples import firing
from exitd.adapters.sqlite import open_store
from exitd.ports.store import FactQuery
from fakes.clocks import ManualClock

PROGRAM = Path(__file__).with_name("sqlite_program.py")
TESTS = PROGRAM.parent.parent


@contextmanager
def running(what: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), what, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_after(path: Path, lines: int) -> set[str]:
    """Run the writer and kill it after some answers; gives all that it gave."""
    with running("submit", path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    return {line.decode().strip() for line in said if line.endswith(b"\n")}


@pytest.mark.parametrize("seed", range(4))
async def test_b111_given_kill_at_any_point_when_restarted_then_what_was_told_is_there(
    tmp_path: Path, seed: int
):
    path = tmp_path / "exitd.db"
    chance = random.Random(seed)
    told: set[str] = set()
    for _ in range(3):
        told |= killed_after(path, chance.randint(1, 60))

        store = open_store(path, ManualClock(), reserve_bytes=0)
        triggers = {trigger.id: trigger for trigger in store.load().triggers}
        for name in triggers:
            await assert_whole(store, name, told)
        numbers = [int(line.split()[1]) for line in told if line[:3] in ("hit", "end")]
        assert {f"trg_{n:08}" for n in numbers} <= set(triggers)
        seqs = [
            stored.seq
            for stored in await store.facts(FactQuery(limit=100_000, oldest_first=True))
        ]
        assert seqs == list(range(1, len(seqs) + 1))
        assert store.set_aside == ()
        await store.abandon()


async def assert_whole(store, name: str, told: set[str]) -> None:
    """Both batches of a firing are there, or the first, and no half of either."""
    number = int(name.removeprefix("trg_"))
    hit, end = firing(number)
    facts = [
        stored.fact
        for stored in await store.facts(FactQuery(trigger_id=name, oldest_first=True))
    ]
    (fire,) = await store.fires(name)
    if f"end {number}" in told or len(facts) > len(hit.facts):
        assert facts == [*hit.facts, *end.facts]
        assert fire == end.records[1]
    else:
        assert facts == list(hit.facts)
        assert fire == hit.records[1]


async def test_b121_given_file_size_limit_when_fired_then_waits_and_recovers(
    tmp_path: Path,
):
    path = tmp_path / "exitd.db"

    with running("fill", path) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode().splitlines()
        assert process.wait(timeout=60) == 0

    assert said[0] == "refused StoreFull full"
    assert set(said[1:-2]) == {"then StoreFull"}
    assert said[-2] == "waiting full"
    assert said[-1].startswith("recovered True")
    answers = int(said[-1].split()[-1])
    store = open_store(path, ManualClock(), reserve_bytes=0)
    assert len(await store.exits(0, 10_000)) == 3 + answers // 2
    await store.close()
