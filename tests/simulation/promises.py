"""Nothing is told as certain before it is on disk, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

from exitd.core.events import Fact
from fakes.archive import Disk


class PromiseWatch:
    """Compares what leaves the process with what is durable, across all crashes."""

    def __init__(self, durable: Disk) -> None:
        self.broken: list[str] = []
        self._durable = durable
        self._looked_at = 0

    def take(self, facts: Sequence[Fact], is_durable: bool) -> None:
        if is_durable:
            for fact in facts:
                if not self._is_next(fact):
                    self.broken.append(f"{fact} was told, and is not on disk")

    def _is_next(self, fact: Fact) -> bool:
        """Whether it is on disk, after what was told before; some was never told."""
        stored = self._durable.facts
        while self._looked_at < len(stored):
            self._looked_at += 1
            if stored[self._looked_at - 1].fact is fact:
                return True
        return False
