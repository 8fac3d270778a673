"""Processes for each test that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.house import House, house


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found
