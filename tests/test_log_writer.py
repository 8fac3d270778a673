"""The log never waits for its reader, and loses no line without saying so."""

from __future__ import annotations

import os
import re
import select
import threading

from exitd.logs.writer import LineWriter


def drain(fd: int) -> bytes:
    data = b""
    while select.select([fd], [], [], 0.05)[0]:
        piece = os.read(fd, 1 << 16)
        if not piece:
            break
        data += piece
    return data


def test_given_reader_that_does_not_read_when_logged_then_nobody_waits():
    read_fd, write_fd = os.pipe()
    writer = LineWriter(
        write_fd, dropped_line=lambda lines: b"dropped %d\n" % lines, lines_max=100
    )
    line = b"x" * 1023 + b"\n"

    for _ in range(4_000):
        writer.put(line)

    assert not writer.flush(0.01)
    for _ in range(1_000):
        writer.put(line)
    assert writer.dropped > 0
    reader = threading.Thread(target=lambda: kept.append(drain(read_fd)))
    kept: list[bytes] = []
    reader.start()
    assert writer.close(5)
    reader.join()
    os.close(read_fd)
    os.close(write_fd)
    dropped = [int(n) for n in re.findall(rb"dropped (\d+)", kept[0])]
    assert kept[0].count(line) + sum(dropped) == 5_000


def test_given_descriptor_that_somebody_made_non_blocking_when_full_then_all_arrives():
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    writer = LineWriter(write_fd, dropped_line=lambda lines: b"dropped\n")

    for _ in range(1_000):
        writer.put(b"y" * 999 + b"\n")

    kept: list[bytes] = []
    reader = threading.Thread(target=lambda: kept.append(drain(read_fd)))
    reader.start()
    assert writer.close(5)
    reader.join()
    os.close(read_fd)
    os.close(write_fd)
    assert len(kept[0]) == 1_000_000


def test_given_reader_that_is_gone_when_logged_then_lines_are_counted_as_dropped():
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    writer = LineWriter(write_fd, dropped_line=lambda lines: b"dropped\n")

    writer.put(b"line\n")

    assert writer.flush(5)
    assert writer.dropped == 1
    writer.close(5)
    os.close(write_fd)
