"""A thread for each target, so that a dead one delays neither the others nor a fire."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from exitd.adapters.notify.messages import Message, digest_of
from exitd.logs import Event, log
from exitd.ports.alerts import Delivered

WAITING_MAX = 1_000
# So many that wait are sent one by one; more of them become one message.
SINGLES_MAX = 3


class Deliverer(Protocol):
    """What sends to one target, such as `channel.Channel`."""

    name: str

    def deliver(self, message: Message) -> str: ...


class TargetWorker:
    """Delivers to one target in order; what piles up meanwhile goes as one message."""

    def __init__(self, channel: Deliverer) -> None:
        self._channel = channel
        # The oldest goes when nobody takes them.
        self._waiting: deque[Message] = deque(maxlen=WAITING_MAX)
        self._changed = threading.Condition()
        self._is_sending = False
        self._is_closing = False
        self._thread = threading.Thread(
            target=self._run, name=f"notify {channel.name}", daemon=True
        )
        self._thread.start()

    @property
    def name(self) -> str:
        return self._channel.name

    def put(self, message: Message) -> None:
        """Take a message; never waits for the target."""
        with self._changed:
            self._waiting.append(message)
            self._changed.notify_all()

    def close(self, timeout_s: float) -> bool:
        """Send what waits, at most so long; is all of it out?

        The thread of a target that does not answer is left behind: it ends with
        the process, which does not wait for it.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def test(self, message: Message) -> Delivered:
        """Deliver at once on the caller's thread, and say what became of it."""
        return Delivered(self.name, self._deliver(message))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if not self._waiting:
                    return
                if len(self._waiting) > SINGLES_MAX:
                    message = digest_of(self._waiting)
                    self._waiting.clear()
                else:
                    message = self._waiting.popleft()
            self._deliver(message)

    def _deliver(self, message: Message) -> str:
        reason = self._channel.deliver(message)
        if reason:
            log(Event.NOTIFY_FAILED, target=self.name, reason=reason)
        else:
            log(Event.NOTIFY_SENT, target=self.name, event_name=message.topic)
        return reason
