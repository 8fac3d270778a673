"""Ports for what must know its own before it listens.

A port that the kernel just handed out is one that it may hand to somebody's next
connection, so these lie below its range. And a name in the kernel says that one is
given away, to all that run tests on this machine, until this process ends.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
PORTS = 12_000

_ours: list[socket.socket] = []


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on, and never one twice."""
    end = int(RANGE.read_text().split()[0])
    # Whoever runs tests beside these begins elsewhere, to meet seldom.
    first = os.getpid() * 101 + len(_ours)
    for step in range(PORTS):
        port = end - 1 - (first + step) % PORTS
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0exitd-tests-port-{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _ours.append(claim)
        return port
    raise OSError(f"no port of {PORTS} below {end} is free")
