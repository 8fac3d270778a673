"""The queue of what has happened to a bot, until somebody has fetched it."""

from __future__ import annotations

import threading
from typing import Any

from fakes.telegram.refused import Refused

POLL_MAX_S = 50
#: Sent unless a bot asks otherwise: all that this world has.
_KINDS = ("message", "edited_message", "callback_query")
_FIRST_ID = 873_000_001
#: One farther beyond the end is not believed, and forgets nothing (td/TQueue.cpp).
_AHEAD_MAX = 10


class Updates:
    """
    `getUpdates`, as Client.cpp does it.

    One lock is everybody's; `changed` is notified when something was added.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._queue: list[dict[str, Any]] = []
        self._next_id = _FIRST_ID
        self._allowed: tuple[str, ...] = _KINDS
        #: How many requests have begun to wait, ever.
        self.polls = 0
        self.webhook = ""
        self.is_closing = False
        #: The offset of each request, for those who want to see what was confirmed.
        self.offsets: list[int | None] = []

    @property
    def waiting(self) -> int:
        """How many were not forgotten yet."""
        return len(self._queue)

    def add(self, kind: str, document: dict[str, Any]) -> int:
        """Queue an update if the bot wants such; gives its id."""
        with self._changed:
            id = self._next_id
            if kind in self._allowed:
                self._next_id += 1
                self._queue.append({"update_id": id, kind: document})
                self._changed.notify_all()
            return id

    def begin_again_at(self, id: int) -> None:
        """Number what follows from another id on, as after a week of silence."""
        self._next_id = id

    def repeat(self, update: dict[str, Any]) -> None:
        """Tell one once more, which a bot has to expect."""
        with self._changed:
            self._queue.append(update)
            self._changed.notify_all()

    def get(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer a request for updates; waits up to `timeout` for the first.

        Raises:
            Refused: A webhook is set, or another request came meanwhile.
        """
        offset = int(asked.get("offset") or 0)
        limit = min(max(int(asked.get("limit") or 100), 1), 100)
        wait_s = min(max(int(asked.get("timeout") or 0), 0), POLL_MAX_S)
        with self._changed:
            if self.webhook:
                raise Refused(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; use"
                    " deleteWebhook to delete the webhook first",
                )
            self.offsets.append(asked.get("offset"))
            if asked.get("allowed_updates") is not None:
                self._allowed = tuple(asked["allowed_updates"]) or _KINDS
            self._forget(offset)
            found = self._queue[:limit]
            if found or not wait_s:
                return found
            # A new request that waits ends the one before it.
            self.polls += 1
            mine = self.polls
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._queue or self.polls != mine or self.is_closing, wait_s
            )
            if self.polls != mine:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that"
                    " only one bot instance is running",
                )
            return self._queue[:limit]

    def _forget(self, offset: int) -> None:
        if offset < 0:
            del self._queue[:offset]
        elif offset <= self._next_id + _AHEAD_MAX:
            self._queue = [u for u in self._queue if u["update_id"] >= offset]
