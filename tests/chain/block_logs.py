"""The logs of a block, read once: to look for them costs as much as a block."""

from __future__ import annotations

from typing import Any

from chain.deployed import Deployed

#: By the hash of their block, which is that of no other content.
_KNOWN: dict[bytes, tuple[dict[str, Any], ...]] = {}


def logs_of(chain: Deployed, number: int) -> tuple[dict[str, Any], ...]:
    """Give the logs of one block of those that are mined."""
    known = chain.tester.backend.chain.chaindb.get_canonical_block_hash(number)
    if known not in _KNOWN:
        found = chain.tester.get_logs(from_block=number, to_block=number)
        _KNOWN[known] = tuple(found)
    return _KNOWN[known]
