"""Programs that tests run as processes of their own, to kill or to starve them.

sqlite_program.py submit STATE    submits firings for ever; prints the number of
                                  each batch once it is durable
sqlite_program.py fill STATE      fills a file system with a size limit, fires on
                                  it, gives room again; prints what it saw
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

from contract.store_samples import fact, firing, trigger
from exitd.adapters.sqlite import SqliteStore, open_store
from exitd.adapters.system.clock import SystemClock
from exitd.errors import StoreError
from exitd.ports.store import Batch, StoreHealth


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


async def submit(path: Path) -> None:
    """Submit in bursts of growing size, so that commits hold one batch or many."""
    store = open_store(path, SystemClock(), reserve_bytes=0)
    number = len(store.load().triggers)
    say(f"started {number}")
    while True:
        burst = 1 + number % 7
        for n in range(number + 1, number + burst + 1):
            hit, end = firing(n)
            store.submit(hit, lambda _, n=n: say(f"hit {n}"))
            store.submit(end, lambda _, n=n: say(f"end {n}"))
        await answer_to(store, Batch((), ()))
        number += burst


async def answer_to(store: SqliteStore, batch: Batch) -> StoreError | None:
    answer: asyncio.Future[StoreError | None] = (
        asyncio.get_running_loop().create_future()
    )
    store.submit(batch, answer.set_result)
    return await answer


async def fill(path: Path) -> None:
    """Meet EFBIG, which a limit on file sizes gives to any user on any machine."""
    store = open_store(path, SystemClock(), reserve_bytes=64 * 1024)
    for n in range(1, 4):
        for batch in firing(n):
            await answer_to(store, batch)
    limit = path.with_name(f"{path.name}-wal").stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    refused = None
    while refused is None:
        refused = await answer_to(store, arms())
    say(f"refused {type(refused).__name__} {store.health}")

    answers = []
    fired = 4
    while store.backlog == 0:
        for batch in firing(fired):
            store.submit(batch, answers.append)
        for batch in firing(fired + 1):
            store.submit(batch, answers.append)
        fired += 2
        # One arm is answered only after what came before it has been tried.
        refused = await answer_to(store, arms())
        say(f"then {type(refused).__name__}")
    say(f"waiting {store.health}")

    resource.setrlimit(
        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    while await answer_to(store, arms()) is not None:
        pass
    assert answers == [None] * len(answers)
    say(f"recovered {store.health is StoreHealth.WRITABLE} {len(answers)}")
    await store.close()


def arms() -> Batch:
    return Batch(
        tuple(trigger(f"arm{n}") for n in range(40)),
        tuple(fact(trigger_id=f"arm{n}") for n in range(40)),
        may_fail=True,
    )


if __name__ == "__main__":
    asyncio.run({"submit": submit, "fill": fill}[sys.argv[1]](Path(sys.argv[2])))
