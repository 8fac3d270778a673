"""Client ids for orders that are asked with: with a tag that no daemon of ours has.

The daemon tells its own orders, and those of a second daemon, by the tag in the upper
eight bits. So these are neither.
"""

from collections.abc import Callable, Iterable
from typing import Final

from exitd.errors import ConfigurationError

_TAGS: Final = 256
_NUMBERS: Final = 1 << 24


class AskedIds:
    """Gives ids that follow one another, from a number drawn by chance."""

    def __init__(self, taken: Iterable[int], below: Callable[[int], int]) -> None:
        """
        Args:
            taken: Tags that are in use on the account.
            below: Draws a whole number below its argument.

        Raises:
            ConfigurationError: Every tag is in use.
        """
        free = sorted(set(range(_TAGS)) - set(taken))
        if not free:
            raise ConfigurationError(
                "every tag of client ids is in use on this account; ask again when its "
                "history of the last day shows fewer"
            )
        self.tag = free[below(len(free))]
        self._number = below(_NUMBERS)

    def next(self) -> int:
        self._number = (self._number + 1) % _NUMBERS
        return self.tag << 24 | self._number


def tag_of(client_order_id: int) -> int:
    return client_order_id >> 24
