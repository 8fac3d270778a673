"""Ids as Alpaca makes them: nobody can guess them, but for who wants the same again."""

from __future__ import annotations

import uuid
from random import Random, SystemRandom

_source: Random = SystemRandom()


def repeat_from(seed: int) -> None:
    """Make the same ids after the same seed, in this process."""
    global _source
    _source = Random(seed)


def new_id() -> str:
    return str(uuid.UUID(int=_source.getrandbits(128), version=4))
