"""What is remembered of things that never cease to come: the newest, up to a number.

A daemon runs for months. Whatever it keeps of each order, address or quote has a bound,
which lies far above what anybody asks about again.
"""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Newest(dict[K, V]):
    """A dictionary that lets its oldest go when there are more than *most*.

    What is assigned again is the newest again. It is filled by assignment alone.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]
