"""Watch a configuration directory for changes that have settled.

An editor may write in place, in pieces, or move a new file over the old one. A
change counts once all files have read the same twice, and differs from what was
known before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from exitd.configuration.sources import directory_digest

SETTLE_S = 0.2
# A file system that tells of no changes (a network mount) is looked at this often.
LOOK_EVERY_S = 5.0
_DEBOUNCE_MS = 100
_STEP_MS = 20


async def _settled_digest(directory: Path, settle_s: float) -> str:
    """Read until two readings in a row are equal."""
    before = await asyncio.to_thread(directory_digest, directory)
    while True:
        await asyncio.sleep(settle_s)
        now = await asyncio.to_thread(directory_digest, directory)
        if now == before:
            return now
        before = now


async def changes(
    directory: Path,
    known: str,
    *,
    stop: asyncio.Event,
    settle_s: float = SETTLE_S,
    look_every_s: float = LOOK_EVERY_S,
) -> AsyncIterator[str]:
    """
    Yield the digest of the files each time that they have changed and settled.

    Args:
        directory: The configuration's directory; it must exist.
        known: The digest of what was loaded; a change since then counts too.
        stop: Ends the iteration.
        settle_s: Seconds between the two readings that must be equal.
        look_every_s: Seconds after which the files are read even if nobody told.
    """
    current = await _settled_digest(directory, settle_s)
    if current != known:
        known = current
        yield current
    events = awatch(
        directory,
        watch_filter=None,
        debounce=_DEBOUNCE_MS,
        step=_STEP_MS,
        stop_event=stop,
        rust_timeout=int(look_every_s * 1_000),
        yield_on_timeout=True,
        recursive=True,
    )
    async with aclosing(events):
        async for told in events:
            if not told:
                current = await asyncio.to_thread(directory_digest, directory)
                if current == known:
                    continue
            current = await _settled_digest(directory, settle_s)
            if current != known:
                known = current
                yield current
