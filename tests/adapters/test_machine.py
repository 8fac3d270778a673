"""What is read of the machine: its ports, its unit, its clock, and hosts beyond it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from exitd.adapters.network.certificates import look_at, place_of
from exitd.adapters.system.listeners import command_of, holder_of_port
from exitd.adapters.system.time_service import time_service
from exitd.adapters.system.units import find_unit, settings_of
from exitd.errors import VenueUnavailable

UNIT = """\
# what starts it
[Service]
ExecStart=/opt/exitd run
WatchdogSec=10
"""


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_given_a_listener_when_looked_for_then_its_process_is_named(listening: int):
    found = holder_of_port("127.0.0.1", listening)

    assert found is not None
    assert found.pid == os.getpid()
    assert found.command == command_of(os.getpid())
    assert holder_of_port("0.0.0.0", listening) == found
    assert holder_of_port("localhost", listening) == found


def test_given_an_address_beside_when_looked_for_then_nobody_is_in_the_way(
    listening: int,
):
    assert holder_of_port("127.0.0.2", listening) is None
    assert holder_of_port("::1", listening) is None


def test_given_a_listener_for_all_when_looked_for_then_it_is_in_the_way():
    with socket.create_server(("", 0), family=socket.AF_INET) as server:
        port = server.getsockname()[1]

        assert holder_of_port("127.0.0.3", port) is not None


def test_given_another_users_process_when_looked_for_then_it_is_not_guessed(
    tmp_path: Path, listening: int
):
    (tmp_path / "net").mkdir()
    for name in ("tcp", "tcp6"):
        text = Path("/proc/net", name).read_text() if name == "tcp" else ""
        (tmp_path / "net" / name).write_text(text)

    found = holder_of_port("127.0.0.1", listening, tmp_path)

    assert found is not None
    assert found.pid is None


def test_given_a_process_that_is_gone_then_it_has_no_name(tmp_path: Path):
    assert command_of(1, tmp_path) == ""


def test_given_a_unit_with_a_drop_in_when_read_then_the_last_value_counts(
    tmp_path: Path,
):
    (tmp_path / "exitd.service").write_text(UNIT)
    (tmp_path / "exitd.service.d").mkdir()
    (tmp_path / "exitd.service.d" / "mine.conf").write_text("WatchdogSec=30\n")

    found = find_unit("exitd.service", (tmp_path / "nothing", tmp_path))

    assert found is not None
    assert found.setting("WatchdogSec") == "30"
    assert found.setting("ExecStart") == "/opt/exitd run"
    assert found.setting("Restart") == ""
    assert len(found.drop_ins) == 1
    assert find_unit("other.service", (tmp_path,)) is None


def test_given_one_of_several_when_read_then_its_template_with_both_drop_ins(
    tmp_path: Path,
):
    (tmp_path / "exitd@.service").write_text(UNIT)
    for name, seconds in (("exitd@.service", 30), ("exitd@second.service", 40)):
        (tmp_path / f"{name}.d").mkdir()
        drop_in = tmp_path / f"{name}.d" / "mine.conf"
        drop_in.write_text(f"WatchdogSec={seconds}\n")

    found = find_unit("exitd@second.service", (tmp_path,))
    other = find_unit("exitd@third.service", (tmp_path,))
    (tmp_path / "exitd@second.service").write_text("[Service]\n")
    own = find_unit("exitd@second.service", (tmp_path,))

    assert found is not None
    assert other is not None
    assert own is not None
    assert found.path.name == other.path.name == "exitd@.service"
    # What is for one of them counts more than what is for all.
    assert found.setting("WatchdogSec") == "40"
    assert other.setting("WatchdogSec") == "30"
    assert own.path.name == "exitd@second.service"


def test_given_a_unit_when_compared_then_comments_do_not_count():
    assert settings_of(UNIT) == (
        "[Service]",
        "ExecStart=/opt/exitd run",
        "WatchdogSec=10",
    )


def test_given_the_kernel_when_asked_then_it_says_whether_the_clock_is_kept():
    found = time_service()

    assert found is None or found.error_us >= 0


def test_given_a_host_of_this_machine_when_looked_at_then_nobody_judges_it(
    listening: int,
):
    seen = look_at(f"http://127.0.0.1:{listening}", 5)

    assert seen.is_loopback
    assert not seen.is_encrypted
    assert seen.addresses == ("127.0.0.1",)
    assert seen.ends_s is None


def test_given_nobody_listens_when_looked_at_then_it_says_so(listening: int):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]

    with pytest.raises(VenueUnavailable, match=f"no connection to port {closed}"):
        look_at(f"https://127.0.0.1:{closed}", 5)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://api.backpack.exchange", ("api.backpack.exchange", 443, True)),
        ("wss://ws.backpack.exchange/x", ("ws.backpack.exchange", 443, True)),
        ("http://localhost:8899", ("localhost", 8899, False)),
    ],
)
def test_given_a_url_then_host_and_port_are_read(
    url: str, place: tuple[str, int, bool]
):
    assert place_of(url) == place
