"""What a daemon opens to other machines, and to whom."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.house import House, house
from e2e.ports import free_port

pytestmark = pytest.mark.e2e

PORT = free_port()
NOT_VALID = 78


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, bind=f"127.0.0.1:{PORT}") as made:
        yield made


def open_to_all(home: House, more: str = "") -> None:
    text, wide = home.config.read_text(), f'"0.0.0.0:{PORT}"'
    home.config.write_text(text.replace(f'"127.0.0.1:{PORT}"', wide + more))


def status_of(path: str, **headers: str) -> int:
    asked = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_given_no_token_when_bound_beyond_this_machine_then_it_does_not_start(
    open_house: House,
):
    home = open_house
    near = home.start()
    read_near = status_of("/v1/status")
    assert near.stop() == 0
    open_to_all(home)

    refused = home.launch()
    status = refused.wait()

    assert read_near == 200
    assert status in (1, NOT_VALID)
    assert "there is no token" in refused.log.text()
    assert "`exitd token new`" in refused.log.text()


def test_given_a_token_when_bound_beyond_this_machine_then_nothing_without_it(
    open_house: House,
):
    home = open_house
    first = home.start()
    made = home.command("token", "new", "phone", "--scope", "read", "--expires", "30d")
    token = made.stdout.strip()
    assert first.stop() == 0
    limits = "\n  token_requests_per_minute: 8\n  wrong_tokens_per_minute: 1"
    open_to_all(home, f"{limits}\n  trusted_proxies: [127.0.0.1]")

    daemon = home.start()

    assert status_of("/v1/status") == 401
    assert status_of("/metrics") == 401
    right, wrong = f"Bearer {token}", "Bearer exitd_wrong"
    # Two at once, a quarter of the minute's.
    asked = [status_of("/v1/status", Authorization=right) for _ in range(3)]
    assert asked == [200, 200, 429]
    assert status_of("/-/healthy") == 200
    far = {"X-Forwarded-For": "203.0.113.7"}
    guesses = [status_of("/v1/status", Authorization=wrong, **far) for _ in range(2)]
    assert guesses == [401, 429]
    refused = daemon.log.wait("auth.refused")
    assert "place" in refused
    assert daemon.stop() == 0
