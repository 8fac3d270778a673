"""How much may be asked of Binance now.

Every request has a weight, and an address may spend so much (2,400 by default) in each
minute of the UTC clock, other programs behind it included; answers say how much is
spent. Who goes on
after a 429 is banned (418), for minutes first and for days later, so a wish to be left
alone is honoured however long it is.
"""

from __future__ import annotations

from exitd.adapters.network.lanes import Reply
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock

PER_MINUTE = 2_400
USED = "x-mbx-used-weight-1m"
#: How long to ask nothing where the answer does not say; 403 is the firewall's.
PAUSE_S = {403: 300, 418: 120, 429: 60}
_MINUTE_NS = 60 * NS_PER_S


class WeightBudget:
    """What has been spent of this minute, as far as we know.

    Three quarters of *per_minute* are ours; the rest is left to others behind this
    address.
    """

    def __init__(self, clock: Clock, per_minute: int = PER_MINUTE) -> None:
        self._clock = clock
        self._share = per_minute * 3 // 4
        self._minute = 0
        self._paused_until_ns = 0
        self.used = 0

    def take(self, weight: int) -> None:
        """Make room for one request.

        Raises:
            VenueUnavailable: There is none now; the message says for how long.
        """
        wait_ns = self._paused_until_ns - self._clock.monotonic_ns()
        if wait_ns > 0:
            raise _limited("Binance wants to be asked nothing", wait_ns)
        minute, into_ns = divmod(self._clock.now_ns(), _MINUTE_NS)
        if minute != self._minute:
            self._minute, self.used = minute, 0
        if self.used + weight > self._share:
            raise _limited("this minute's requests are spent", _MINUTE_NS - into_ns)
        self.used += weight

    def learn(self, reply: Reply, *, counts: bool) -> None:
        """Take note of what an answer says about limits.

        *counts* is false where the header is documented to be wrong.
        """
        used = reply.headers.get(USED, "")
        if counts and used.isascii() and used.isdigit():
            self.used = max(self.used, int(used[:9]))
        pause_s = PAUSE_S.get(reply.status)
        if pause_s is not None:
            asked = reply.headers.get("retry-after", "").strip()
            if asked.isascii() and asked.isdigit():
                pause_s = int(asked[:9])
            until_ns = self._clock.monotonic_ns() + pause_s * NS_PER_S
            self._paused_until_ns = max(self._paused_until_ns, until_ns)


def _limited(why: str, wait_ns: int) -> VenueUnavailable:
    wait_s = -(-wait_ns // NS_PER_S)
    return VenueUnavailable(f"{why} for {wait_s} s more", retry_after_s=wait_s)
