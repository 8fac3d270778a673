"""
Tells systemd how the daemon does: sd_notify(3) over its datagram socket.

Without `NOTIFY_SOCKET` every call does nothing, so a daemon that a person started in
a terminal takes the same path.
"""

from __future__ import annotations

import os
import socket
from typing import Self


class ServiceManager:
    """
    The other end of `NOTIFY_SOCKET`.

    A message that cannot be delivered is given up: the watchdog is there for the case
    that the loop hangs, not the other way round.
    """

    def __init__(
        self,
        notify_socket: str | None,
        *,
        watchdog_usec: int | None = None,
        watchdog_pid: int | None = None,
    ) -> None:
        """
        Args:
            notify_socket: A path, or a name that begins with `@`; None without systemd.
            watchdog_usec: How long systemd waits for a ping, in microseconds.
            watchdog_pid: Whose ping it waits for; None when for ours.
        """
        self._address = notify_socket
        self._socket: socket.socket | None = None
        if notify_socket is not None:
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
            self._socket = socket.socket(socket.AF_UNIX, kind)
        is_ours = watchdog_pid is None or watchdog_pid == os.getpid()
        self._watchdog_usec = watchdog_usec if is_ours else None

    @property
    def ping_interval_ns(self) -> int | None:
        """How often to call `ping`: thrice in the time allowed; None if never."""
        if self._socket is None or not self._watchdog_usec:
            return None
        return self._watchdog_usec * 1000 // 3

    def ready(self, status: str) -> bool:
        """The daemon, or its reload, is up; *status* is one sentence for people."""
        return self._send("READY=1", _status(status))

    def status(self, text: str) -> bool:
        return self._send(_status(text))

    def ping(self) -> bool:
        """To be called by the loop that evaluates prices, and by nothing else."""
        return self._send("WATCHDOG=1")

    def reloading(self, monotonic_ns: int) -> bool:
        """A reload begins; `ready` has to follow."""
        return self._send("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns // 1000}")

    def stopping(self, status: str) -> bool:
        return self._send("STOPPING=1", _status(status))

    def extend_timeout(self, duration_ns: int) -> bool:
        """Ask for more time to start or to stop than the unit allows, from now on."""
        return self._send(f"EXTEND_TIMEOUT_USEC={duration_ns // 1000}")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, *lines: str) -> bool:
        """Was it taken?"""
        if self._socket is None or self._address is None:
            return False
        address = self._address
        if address.startswith("@"):
            # A name without a file: the kernel wants a zero byte in front.
            address = "\0" + address[1:]
        try:
            self._socket.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
        return True


def _status(text: str) -> str:
    # A line end would begin another variable.
    return "STATUS=" + " ".join(text.split())
