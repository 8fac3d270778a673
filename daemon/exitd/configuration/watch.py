"""Watch a configuration directory for changes that have settled.

An editor may write in place, in pieces, or move a new file over the old one. A
change counts once all files have read the same twice, and differs from what was
known before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

from watchfiles import awatch

from exitd.configuration.sources import (
    POSITIONS_DIRECTORY,
    VENUES_DIRECTORY,
    directory_digest,
)

SETTLE_S = 0.2
# A file system that tells of no changes (a network mount) is looked at this often.
LOOK_EVERY_S = 5.0
_DEBOUNCE_MS = 100
_STEP_MS = 20


async def _digest(directory: Path) -> str:
    return await asyncio.to_thread(directory_digest, directory)


async def _settled_digest(directory: Path, settle_s: float) -> str:
    """Read until two readings in a row are equal."""
    before = await _digest(directory)
    while True:
        await asyncio.sleep(settle_s)
        now = await _digest(directory)
        if now == before:
            return now
        before = now


def _places(directory: Path) -> dict[Path, int]:
    """Give the folders that hold files of ours, and what stands behind each name now.

    No others: the folder of keys beside them is closed to the daemon.
    """
    found = {directory: 0}
    for name in (POSITIONS_DIRECTORY, VENUES_DIRECTORY):
        with suppress(OSError):
            found[directory / name] = (directory / name).stat().st_ino
    return found


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
    while not stop.is_set():
        places = await asyncio.to_thread(_places, directory)
        # What has changed while these were not watched, nobody tells.
        current = await _settled_digest(directory, settle_s)
        if current != known:
            known = current
            yield current
        events = awatch(
            *places,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=stop,
            rust_timeout=int(look_every_s * 1_000),
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            async with aclosing(events):
                async for told in events:
                    if told or await _digest(directory) != known:
                        current = await _settled_digest(directory, settle_s)
                        if current != known:
                            known = current
                            yield current
                    if await asyncio.to_thread(_places, directory) != places:
                        break
        except FileNotFoundError:
            # One of them went away before it was watched.
            if not await asyncio.to_thread(directory.exists):
                raise
