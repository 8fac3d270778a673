"""An exchange for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from simulator.rig import Rig, running


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running() as started:
        yield started
