"""What the event loop could tell nobody else, and what becomes of the daemon by it."""

import errno
from collections.abc import Mapping
from typing import Any

from exitd.logs import Event, log
from exitd.runtime.daemon import Daemon

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def take_trouble(daemon: Daemon, context: Mapping[str, Any]) -> None:
    """End the daemon by what the loop could tell nobody else: it is a bug.

    That no descriptor was left for another caller is none: asyncio waits a second,
    and a flood at the door must not end what guards the positions.
    """
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in _NO_ROOM and "socket" in context:
        log(
            Event.LIBRARY_WARNED, logger="asyncio", msg=f"{context['message']}: {error}"
        )
        return
    daemon.fail(error)
