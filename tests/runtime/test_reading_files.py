"""However many ask for a plan, the files are read by one of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from exitd.core.engine import Engine
from exitd.core.market import PriceSource
from exitd.runtime.loop import EngineLoop
from exitd.runtime.reload import Files
from fakes.clocks import ManualClock
from fakes.store import FakeStore


class Counting(ThreadPoolExecutor):
    """Threads that know how many of them were at work at once, at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work = self.most = 0

    def submit(self, work: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        future = super().submit(work, *args, **named)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        self.at_work -= 1


async def nothing(source: PriceSource) -> None:
    """No price is asked for by REST."""


async def test_given_many_plans_at_once_when_asked_then_read_one_after_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "exitd.yaml").write_text("version: 1\n")
    threads = Counting()
    asyncio.get_running_loop().set_default_executor(threads)
    clock = ManualClock()
    loop = EngineLoop(Engine(), FakeStore(clock), clock)
    files = Files(tmp_path, {}, loop, nothing)

    plans = await asyncio.gather(*(files.plan() for _ in range(5)))

    assert threads.most == 1
    assert len(plans) == 5
