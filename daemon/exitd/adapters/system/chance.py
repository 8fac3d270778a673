"""The machine's dice, for waits that must not fall together; never for a key."""

from __future__ import annotations

import random


def share() -> float:
    """Give a number from 0 up to, and without, 1."""
    return random.random()
