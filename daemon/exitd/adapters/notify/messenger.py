"""The `Alerts` port: hands alerts over at once, and tells people in its own time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from exitd.adapters.notify.channel import Channel
from exitd.adapters.notify.messages import Message, message_of
from exitd.adapters.notify.routing import Loudness, loudness_of
from exitd.adapters.notify.throttle import Repeated, Throttle
from exitd.adapters.notify.worker import Deliverer, TargetWorker
from exitd.configuration.daemon_file import AlertEvents, Notify
from exitd.configuration.secrets import resolve
from exitd.core.units import NS_PER_S
from exitd.ports.alerts import Alert, AlertLevel, Delivered
from exitd.ports.clock import Clock
from exitd.secret import Secret

# What one desk takes at most before it sorts: a burst beyond it loses its oldest.
INBOX_MAX = 20_000
TEST_TOPIC = "notify.test"


class Messenger:
    """Sorts alerts on a thread of its own and passes them to a thread per target.

    `tell` is an append under a lock that nobody holds for longer: whatever becomes
    of the targets, a fire does not notice. Close it at the end.

    Args:
        channels: The targets; none makes every alert a no-op.
        throttle_ns: How long the same alert is counted instead of told.
    """

    def __init__(
        self,
        channels: Sequence[Deliverer],
        *,
        events: AlertEvents,
        throttle_ns: int,
        clock: Clock,
    ) -> None:
        self._events = events
        self._clock = clock
        self._throttle = Throttle(throttle_ns)
        self._inbox: deque[Alert] = deque(maxlen=INBOX_MAX)
        self._changed = threading.Condition()
        self._is_closing = False
        self._workers = [TargetWorker(channel) for channel in channels]
        self._desk: threading.Thread | None = None
        if self._workers:
            self._desk = threading.Thread(target=self._run, name="notify", daemon=True)
            self._desk.start()

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(worker.name for worker in self._workers)

    def tell(self, alert: Alert) -> None:
        """Hand over and return at once; never raises, never waits for a target."""
        if self._desk is None:
            return
        with self._changed:
            self._inbox.append(alert)
            self._changed.notify_all()

    async def test(self) -> tuple[Delivered, ...]:
        """Send one message to each target, and say what became of each."""
        message = Message(
            title="exitd: a test",
            body="If you read this, exitd can reach you here.",
            level=AlertLevel.INFO,
            topic=TEST_TOPIC,
        )
        tries = [asyncio.to_thread(worker.test, message) for worker in self._workers]
        return tuple(await asyncio.gather(*tries))

    async def close(self, timeout_s: float = 3.0) -> bool:
        """Send what waits, at most so long; did all of it go out?"""
        return await asyncio.to_thread(self._close, timeout_s)

    def _close(self, timeout_s: float) -> bool:
        if self._desk is not None:
            with self._changed:
                self._is_closing = True
                self._changed.notify_all()
            self._desk.join(timeout_s)
        ends_ns = self._clock.monotonic_ns() + int(timeout_s * NS_PER_S)
        are_out = True
        for worker in self._workers:
            left_s = max(0, ends_ns - self._clock.monotonic_ns()) / NS_PER_S
            are_out = worker.close(left_s) and are_out
        return are_out

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._inbox or self._is_closing, self._patience_s()
                )
                alerts = list(self._inbox)
                self._inbox.clear()
                is_last = self._is_closing
            now_ns = self._clock.monotonic_ns()
            for alert in alerts:
                self._pass_on(alert, self._throttle.take(alert, now_ns))
            for repeated in self._throttle.due(now_ns):
                self._pass_on(repeated.alert, repeated)
            if is_last:
                return

    def _patience_s(self) -> float | None:
        due_ns = self._throttle.next_due_ns()
        if due_ns is None:
            return None
        return max(0, due_ns - self._clock.monotonic_ns()) / NS_PER_S

    def _pass_on(self, alert: Alert, repeated: Repeated | None) -> None:
        if alert.topic == TEST_TOPIC:
            # Somebody waits for it, so it is neither counted nor turned off.
            loudness: Loudness = "on"
            repeated = Repeated(alert, 0)
        else:
            loudness = loudness_of(alert, self._events)
        if repeated is None or loudness == "off":
            return
        message = message_of(repeated, is_silent=loudness == "silent")
        for worker in self._workers:
            worker.put(message)


def read_targets(notify: Notify, environment: Mapping[str, str]) -> dict[str, Secret]:
    """Read the URL of each target.

    Raises:
        ConfigurationError: A secret is not there.
    """
    return {
        name: resolve(target.url, environment)
        for name, target in notify.targets.items()
    }


def open_messenger(
    notify: Notify, urls: Mapping[str, Secret], clock: Clock
) -> Messenger:
    """Make the messenger that a configuration asks for.

    Raises:
        ConfigurationError: A URL is none that Apprise knows; the target is named.
    """
    channels = [Channel(name, url) for name, url in urls.items()]
    return Messenger(
        channels, events=notify.events, throttle_ns=notify.throttle, clock=clock
    )
