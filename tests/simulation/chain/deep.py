"""Reorganisations deeper than what is read: a close that was told is in no block.

Only such blocks are undone as prove no end of a close: whoever has read of a fill, or
of a failure, has gone on since, and a chain that takes that back takes back a promise
of its own. How deep that may be is what `confirmations` says.
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from simulation.chain.blocks import Block, Chain
from simulation.chain.choices import ChainChoices, Happens

_SHARE = 0.3
_HARMLESS = {"RequestToClosePosition", "RequestToCancelCloseRequest"}


def with_deep(choices: ChainChoices, seed: int) -> ChainChoices:
    """Have read blocks undone in some worlds; what else a seed draws stays the same."""
    rng = Random(f"deep {seed}")
    if rng.random() >= _SHARE:
        return choices
    deep = (_drawn(rng, choices.end_s) for _ in range(rng.choice((1, 2, 4))))
    return replace(choices, troubles=(*choices.troubles, *deep))


def _drawn(rng: Random, end_s: float) -> Happens:
    """Draw how many blocks, and whether nodes forget what was in them."""
    value = rng.randint(1, 8), rng.random() < 0.6
    return Happens(rng.uniform(3.0, end_s - 1), "deep", value)


def depth_of(chain: Chain, wanted: int, confirmations: int) -> int:
    """Give how deep the chain may be undone, at the most as wanted; 0 for not at all.

    The newest blocks are not read yet: those may be undone whatever they have.
    """
    depth = min(confirmations - 1, len(chain.blocks) - 2)
    while depth < min(wanted + confirmations - 1, len(chain.blocks) - 2):
        if not _is_harmless(chain.blocks[-depth - 1]):
            break
        depth += 1
    return max(depth, 0)


def _is_harmless(block: Block) -> bool:
    return all(
        one.succeeded
        and (one.sent is None or bool(one.sent.raw))
        and all(event.name in _HARMLESS for event in one.events)
        for one in block.mined
    )
