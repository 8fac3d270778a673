"""Ids in the order in which they came, at eight bytes each."""

from collections.abc import Iterator


class Roster:
    """An ordered set of ids that grows to a million and seldom loses one.

    A dict would take forty bytes for each. Those that have left stay in the list until
    half of it is gone, so that leaving costs the same however many there are.
    """

    __slots__ = ("_gone", "_ids")

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._gone: set[str] = set()

    def __len__(self) -> int:
        return len(self._ids) - len(self._gone)

    def __iter__(self) -> Iterator[str]:
        if not self._gone:
            return iter(self._ids)
        return (id for id in self._ids if id not in self._gone)

    def add(self, id: str) -> None:
        """Take in an id that is not here; one that has left is back in its place."""
        if id in self._gone:
            self._gone.discard(id)
        else:
            self._ids.append(id)

    def remove(self, id: str) -> None:
        """Let an id leave that is here."""
        self._gone.add(id)
        if 2 * len(self._gone) > len(self._ids):
            self._ids = list(self)
            self._gone.clear()
