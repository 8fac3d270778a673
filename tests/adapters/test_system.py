"""The machine's clocks, and what systemd is told, over real sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from exitd.adapters.system.chance import share
from exitd.adapters.system.clock import SystemClock
from exitd.adapters.system.sdnotify import ServiceManager
from exitd.ports.clock import Clock
from fakes.clocks import ManualClock


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """systemd's end, and its address."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address)
        end.settimeout(5)
        yield end, address


def read(end: socket.socket) -> list[str]:
    return end.recv(4096).decode().split("\n")


def both_clocks() -> tuple[Clock, ...]:
    return SystemClock(), ManualClock()


@pytest.mark.parametrize("clock", both_clocks(), ids=["system", "manual"])
def test_given_any_clock_when_read_twice_then_neither_reading_goes_back(clock: Clock):
    before = clock.monotonic_ns()
    utc = clock.now_ns()

    assert clock.monotonic_ns() >= before
    # Seconds or milliseconds would be far below.
    assert utc > 1_600_000_000 * 10**9


def test_given_manual_clock_when_stepped_then_monotonic_stands():
    clock = ManualClock(now_ns=10, monotonic_ns=5)
    clock.advance(3)

    clock.step(-9)

    assert (clock.now_ns(), clock.monotonic_ns()) == (4, 8)


def test_given_dice_when_rolled_then_each_share_is_below_one():
    shares = [share() for _ in range(100)]

    assert all(0 <= value < 1 for value in shares)
    assert len(set(shares)) > 1


def test_given_systemd_when_ready_then_status_follows_in_the_same_message(manager):
    end, address = manager
    with ServiceManager(address) as service:
        assert service.ready("3 triggers armed")

    assert read(end) == ["READY=1", "STATUS=3 triggers armed"]


def test_given_reload_when_told_then_monotonic_time_is_in_microseconds(manager):
    end, address = manager
    with ServiceManager(address) as service:
        service.reloading(1_234_567_890)

    assert read(end) == ["RELOADING=1", "MONOTONIC_USEC=1234567"]


def test_given_status_with_line_ends_when_told_then_no_variable_is_smuggled(manager):
    end, address = manager
    with ServiceManager(address) as service:
        service.status("all well\nREADY=1")

    assert read(end) == ["STATUS=all well READY=1"]


def test_given_stop_when_told_then_systemd_hears_and_gives_more_time(manager):
    end, address = manager
    with ServiceManager(address) as service:
        service.stopping("waiting for 1 order")
        service.extend_timeout(5_000_000_000)

    assert read(end) == ["STOPPING=1", "STATUS=waiting for 1 order"]
    assert read(end) == ["EXTEND_TIMEOUT_USEC=5000000"]


def test_given_watchdog_when_asked_then_ping_comes_thrice_in_its_time(manager):
    end, address = manager
    with ServiceManager(
        address, watchdog_usec=9_000_000, watchdog_pid=os.getpid()
    ) as service:
        service.ping()

        assert service.ping_interval_ns == 3_000_000_000
    assert read(end) == ["WATCHDOG=1"]


def test_given_watchdog_of_another_process_when_asked_then_no_ping(manager):
    _, address = manager
    with ServiceManager(address, watchdog_usec=9_000_000, watchdog_pid=1) as service:
        assert service.ping_interval_ns is None


def test_given_no_systemd_when_told_then_nothing_happens():
    with ServiceManager(None, watchdog_usec=1) as service:
        assert not service.ready("up")
        assert service.ping_interval_ns is None


def test_given_systemd_gone_when_told_then_nobody_is_troubled(tmp_path: Path):
    with ServiceManager(str(tmp_path / "nobody")) as service:
        assert not service.ping()


def test_given_abstract_address_when_told_then_it_arrives():
    name = f"exitd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind("\0" + name)
        end.settimeout(5)
        with ServiceManager("@" + name) as service:
            assert service.ping()

        assert read(end) == ["WATCHDOG=1"]


def test_given_full_socket_when_told_then_the_caller_is_not_held_up(manager):
    _, address = manager
    with ServiceManager(address) as service:
        taken = [service.ping() for _ in range(100_000)]

    assert taken[0]
    assert not taken[-1]
