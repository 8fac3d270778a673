"""Which alerts of a route came before: a repetition is recognised, never traded.

By its `clientOrderId` within the route's horizon; without one, by its body within the
route's window. Senders repeat an alert that was answered with 5xx, and that answer may
have been late: the window counts from the last such answer.
"""

import asyncio

from exitd.core.entry import SignalRecord
from exitd.errors import StoreError
from exitd.ports.store import Claim


class Arrival:
    """An alert that was taken in; `settled` once its record is durable, or is not.

    `error` is why it is not. `ts_last_ns` is when it came, or when its sender was
    last told to send it again. By the `claim` its record can be taken back from the
    writer; None where it has been written long ago.
    """

    def __init__(self, record: SignalRecord, claim: Claim | None = None) -> None:
        self.record = record
        self.claim = claim
        self.settled = asyncio.Event()
        self.error: StoreError | None = None
        self.ts_last_ns = record.ts_received_ns

    @property
    def is_under_way(self) -> bool:
        return not self.settled.is_set()


class Seen:
    """What one route has seen; durations in nanoseconds."""

    def __init__(self, *, window_ns: int, horizon_ns: int) -> None:
        self._window_ns = window_ns
        self._horizon_ns = horizon_ns
        # Both in the order of arrival: what is too old stands at the front.
        self._by_id: dict[str, Arrival] = {}
        self._by_digest: dict[str, Arrival] = {}

    def find(self, client_order_id: str, digest: str, now_ns: int) -> Arrival | None:
        """Give the alert that this one repeats, if it does."""
        self._forget_old(now_ns)
        if client_order_id:
            return self._by_id.get(client_order_id)
        return self._by_digest.get(digest)

    def add(self, arrival: Arrival) -> None:
        record = arrival.record
        if record.client_order_id:
            name = record.client_order_id
            # Taken out first, so that it stands at the end.
            self._by_id.pop(name, None)
            self._by_id[name] = arrival
        else:
            self._by_digest.pop(record.digest, None)
            self._by_digest[record.digest] = arrival

    def drop(self, arrival: Arrival) -> None:
        """Forget an alert that was not stored: the next one is the first."""
        record = arrival.record
        if not record.client_order_id:
            self._by_digest.pop(record.digest, None)
            return
        self._by_id.pop(record.client_order_id, None)

    def _forget_old(self, now_ns: int) -> None:
        _forget(self._by_id, now_ns - self._horizon_ns)
        _forget(self._by_digest, now_ns - self._window_ns)


def _forget(arrivals: dict[str, Arrival], before_ns: int) -> None:
    """Drop what came by an instant, but never what is being stored right now."""
    while arrivals:
        name = next(iter(arrivals))
        oldest = arrivals[name]
        if oldest.ts_last_ns > before_ns or oldest.is_under_way:
            return
        del arrivals[name]
