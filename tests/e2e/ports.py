"""Ports for what must know its own before it listens.

A port that the kernel just handed out is one that it may hand to somebody's next
connection, so these lie below its range; and each worker has a share of its own.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
SHARE = 1_000
WORKERS = 8

_given = 0


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on, and never one twice."""
    global _given
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    end = int(RANGE.read_text().split()[0]) - int(worker[2:]) % WORKERS * SHARE
    # Whoever runs the tests beside these starts elsewhere in the same share.
    first = os.getpid() % SHARE
    while True:
        port = end - 1 - (first + _given) % SHARE
        _given += 1
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
