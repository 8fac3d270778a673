"""Counts what repeats within ten seconds, so that one fault does not fill the log."""

from __future__ import annotations

from collections.abc import Hashable

WINDOW_NS = 10 * 1_000_000_000
KEYS_MAX = 2_000


class Repeats:
    """Remembers when each key was last written, and how often it came since."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[int, int]] = {}

    def count(self, key: Hashable, now_ns: int) -> int | None:
        """
        Give how many were left out before this one, or None to leave this out too.

        Args:
            key: What makes two lines say the same.
            now_ns: Monotonic.
        """
        seen = self._seen.get(key)
        if seen is None:
            if len(self._seen) >= KEYS_MAX:
                self._forget(now_ns)
            self._seen[key] = (now_ns, 0)
            return 0
        written_ns, suppressed = seen
        if now_ns - written_ns < WINDOW_NS:
            self._seen[key] = (written_ns, suppressed + 1)
            return None
        self._seen[key] = (now_ns, 0)
        return suppressed

    def _forget(self, now_ns: int) -> None:
        self._seen = {
            key: seen
            for key, seen in self._seen.items()
            if now_ns - seen[0] < WINDOW_NS
        }
        if len(self._seen) >= KEYS_MAX:
            self._seen.clear()
