"""The same alert over and over: told once, then counted until its window is over."""

from msgspec import Struct

from exitd.ports.alerts import Alert

Key = tuple[str, str]

# How many alerts are remembered; the oldest goes, and would then be told again.
KEYS_MAX = 10_000


class Told(Struct):
    """What was told of one topic and subject; `again` came since, `last` the latest."""

    ends_ns: int
    again: int
    last: Alert


class Repeated(Struct, frozen=True):
    """An alert with how often it came since it was last told."""

    alert: Alert
    again: int


class Throttle:
    """Decides what is told now; instants are monotonic nanoseconds.

    Args:
        window_ns: How long an alert of the same topic and subject is only counted.
    """

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._told: dict[Key, Told] = {}

    def take(self, alert: Alert, now_ns: int) -> Repeated | None:
        """Give what is to be told now, or None when it is counted, or is no news.

        The end of an alert is told at once, and only where its beginning was.
        """
        key = (alert.topic, alert.about)
        told = self._told.get(key)
        if alert.cleared:
            if told is None:
                return None
            del self._told[key]
            return Repeated(alert, told.again)
        if told is not None and now_ns < told.ends_ns:
            told.again += 1
            told.last = alert
            return None
        again = 0 if told is None else told.again
        self._remember(key, alert, now_ns)
        return Repeated(alert, again)

    def due(self, now_ns: int) -> list[Repeated]:
        """Give what was counted in windows that are over; it is told once more."""
        found = []
        for key, told in list(self._told.items()):
            if told.again and now_ns >= told.ends_ns:
                found.append(Repeated(told.last, told.again))
                self._remember(key, told.last, now_ns)
        return found

    def next_due_ns(self) -> int | None:
        """When `due` will have something next, None when nothing is counted."""
        return min((t.ends_ns for t in self._told.values() if t.again), default=None)

    def _remember(self, key: Key, alert: Alert, now_ns: int) -> None:
        self._told.pop(key, None)
        self._told[key] = Told(now_ns + self._window_ns, 0, alert)
        if len(self._told) > KEYS_MAX:
            del self._told[next(iter(self._told))]
