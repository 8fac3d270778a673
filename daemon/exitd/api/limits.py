"""How often a token, or an address without one, may ask; and how often be wrong.

The unix socket has no such limit: who may use it may also stop the daemon, and must not
be held up when it is urgent. What is under way there is bounded by the guard.
"""

from collections.abc import Callable

from msgspec import Struct

from exitd.api.origins import Origin
from exitd.runtime.buckets import Buckets
from exitd.runtime.problems import TooMany

#: So much of a minute's room may be used at once.
_BURST_SHARE = 4


class RateLimits(Struct, frozen=True, kw_only=True):
    """Requests a minute: of one token, of an address without one, and wrong tokens."""

    per_token: int = 6_000
    per_address: int = 3_000
    wrong_tokens: int = 10


class Limits:
    """Counts requests; a token that is valid is counted by itself, wherever it is used.

    So strangers who share an address with an owner, behind a proxy, use up none of the
    room of the owner's token.
    """

    def __init__(self, rates: RateLimits, monotonic_ns: Callable[[], int]) -> None:
        def buckets(per_minute: int) -> Buckets[str]:
            burst = -(-per_minute // _BURST_SHARE)
            return Buckets(per_minute, monotonic_ns, burst=burst)

        self._tokens = buckets(rates.per_token)
        self._addresses = buckets(rates.per_address)
        self._wrong = Buckets[str](rates.wrong_tokens, monotonic_ns)

    def count_address(self, origin: Origin) -> None:
        """Take in a request that has no token.

        Raises:
            TooMany: There were too many from this address.
        """
        if origin.is_unix:
            return
        wait_s = self._addresses.take(origin.counted_as)
        if wait_s:
            most = self._addresses.per_minute
            raise _too_many(
                f"{origin.counted_as} has sent more than {most} requests a minute",
                wait_s,
            )

    def count_token(self, name: str, origin: Origin) -> None:
        """Take in a request with a valid token.

        Raises:
            TooMany: It was used too often.
        """
        if origin.is_unix:
            return
        wait_s = self._tokens.take(name)
        if wait_s:
            most = self._tokens.per_minute
            raise _too_many(
                f"the token {name} was used more than {most} times a minute", wait_s
            )

    def refuse_guesser(self, origin: Origin) -> None:
        """Do not even compare a token from where many were wrong.

        From a shared address it is compared all the same: a stranger there could lock
        the owner out, who needs a token most when something is wrong.

        Raises:
            TooMany: There were too many wrong ones from this address.
        """
        wait_s = 0 if origin.is_shared else self._wrong.wait_s(origin.counted_as)
        if wait_s:
            raise _too_many_wrong(origin, wait_s)

    def count_wrong(self, origin: Origin) -> None:
        """Take in a token that was wrong.

        Raises:
            TooMany: There were too many from this address.
        """
        wait_s = self._wrong.take(origin.counted_as)
        if wait_s:
            raise _too_many_wrong(origin, wait_s)
        self.count_address(origin)


def _too_many_wrong(origin: Origin, wait_s: int) -> TooMany:
    return _too_many(f"too many wrong tokens came from {origin.counted_as}", wait_s)


def _too_many(sentence: str, wait_s: int) -> TooMany:
    return TooMany(
        "rate_limited", sentence, f"ask again in {wait_s} s", retry_after_s=wait_s
    )
