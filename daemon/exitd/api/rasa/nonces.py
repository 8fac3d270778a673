"""Nonces of logins: each is for one sub-account, for five minutes, and for one use."""

from collections import deque
from collections.abc import Callable

from exitd.core.units import NS_PER_S
from exitd.runtime.problems import TooMany

#: JavaScript's siwe takes letters and digits only, eight at least.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 32
_LIFE_NS = 300 * NS_PER_S
_OF_ONE_MAX = 50
_OF_ALL_MAX = 10_000


class Nonces:
    """Gives nonces and takes them back; several of one sub-account are valid at once.

    So a stranger who asks for one makes no other void.
    """

    def __init__(
        self, monotonic_ns: Callable[[], int], random_bytes: Callable[[int], bytes]
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._random_bytes = random_bytes
        self._live: dict[str, tuple[str, int]] = {}
        self._count: dict[str, int] = {}

    def give(self, account: str) -> str:
        """Make a nonce for a sub-account, written in lower case.

        Raises:
            TooMany: There are more valid ones than anybody needs.
        """
        self._forget_old()
        is_full = len(self._live) >= _OF_ALL_MAX
        if is_full or self._count.get(account, 0) >= _OF_ONE_MAX:
            raise too_many(60)
        nonce = self._random()
        self._live[nonce] = account, self._monotonic_ns() + _LIFE_NS
        self._count[account] = self._count.get(account, 0) + 1
        return nonce

    def take(self, account: str, nonce: str) -> bool:
        """Use a nonce up, whatever comes of it; whether it was one of *account*."""
        self._forget_old()
        found = self._live.get(nonce)
        if found is None or found[0] != account:
            return False
        self._drop(nonce)
        return True

    def _random(self) -> str:
        number = int.from_bytes(self._random_bytes(_LENGTH), "big")
        letters = []
        for _ in range(_LENGTH):
            number, digit = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[digit])
        return "".join(letters)

    def _forget_old(self) -> None:
        """They are in the order in which they end."""
        now_ns = self._monotonic_ns()
        for nonce, (_, until_ns) in list(self._live.items()):
            if until_ns > now_ns:
                return
            self._drop(nonce)

    def _drop(self, nonce: str) -> None:
        account, _ = self._live.pop(nonce)
        self._count[account] -= 1
        if not self._count[account]:
            del self._count[account]


class Pace:
    """Lets somebody do something so many times a minute."""

    def __init__(self, monotonic_ns: Callable[[], int], most: int) -> None:
        self._monotonic_ns = monotonic_ns
        self._most = most
        self._done: dict[str, deque[int]] = {}

    def note(self, who: str) -> None:
        """Count one more.

        Raises:
            TooMany: There were enough in the last minute.
        """
        since_ns = self._monotonic_ns() - 60 * NS_PER_S
        if len(self._done) > _OF_ALL_MAX:
            self._done = {w: d for w, d in self._done.items() if d[-1] > since_ns}
        done = self._done.setdefault(who, deque())
        while done and done[0] <= since_ns:
            done.popleft()
        if len(done) >= self._most:
            raise too_many((done[0] - since_ns) // NS_PER_S + 1)
        done.append(self._monotonic_ns())


def too_many(retry_after_s: int) -> TooMany:
    return TooMany(
        "rate_limited",
        "you have asked too often",
        f"wait {retry_after_s} seconds",
        retry_after_s=retry_after_s,
    )
