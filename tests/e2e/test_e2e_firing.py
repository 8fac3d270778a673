"""A fire that is interrupted ends in one close: not none, and not two."""

import signal

import pytest

from e2e.house import House

pytestmark = pytest.mark.e2e


def closes(home: House) -> list[tuple[str, str]]:
    """Side and executed quantity of every order that took something."""
    return [
        (row["side"], row["executedQuantity"])
        for row in home.ledger()
        if row["executedQuantity"] not in ("0", None)
    ]


def test_given_long_when_price_falls_through_stop_then_closed_and_told(home: House):
    daemon = home.start_armed()

    home.price("131.20")
    daemon.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")

    assert closes(home) == [("Ask", "10")]
    assert home.held() == "0"
    assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("kind", "delay_ms"),
    [
        # Executed at once, and the answer never comes.
        ("slow_reply", 60_000),
        # Executed after the daemon is dead, inside the request window.
        ("delay", 1_000),
        # Never arrived.
        ("lost_request", 0),
        # Executed, and the connection broke before the answer.
        ("lost_reply", 0),
    ],
)
def test_b088_b089_given_kill_in_the_middle_of_a_fire_when_restarted_then_one_close(
    home: House, kind: str, delay_ms: int
):
    first = home.start_armed()
    home.fault(kind, delay_ms=delay_ms)
    home.silence()

    home.price("131.20")
    first.log.wait("order.sent")
    first.kill()
    home.exchange.clear_faults()
    second = home.start()
    second.log.wait("position.closed")

    assert first.log.of("order.filled") == []

    assert closes(home) == [("Ask", "10")]
    assert home.held() == "0"
    assert second.stop() == 0
    assert closes(home) == [("Ask", "10")]


def test_given_one_close_after_a_kill_when_started_a_third_time_then_nothing_more(
    home: House,
):
    first = home.start_armed()
    home.fault("slow_reply", delay_ms=60_000)
    home.silence()
    home.price("131.20")
    first.log.wait("order.sent")
    first.kill()
    home.exchange.clear_faults()
    second = home.start()
    second.log.wait("position.closed")
    second.kill()

    third = home.start()

    assert third.stop() == 0
    assert closes(home) == [("Ask", "10")]


def test_b108_given_sigterm_in_the_middle_of_a_fire_then_it_finishes_and_no_new_one(
    home: House,
):
    daemon = home.start_armed()
    home.fault("slow_reply", delay_ms=1_000)
    home.silence()
    home.price("131.20")
    daemon.log.wait("order.sent")

    daemon.signal(signal.SIGTERM)
    status = daemon.wait()

    assert status == 0
    daemon.log.wait("order.filled")
    assert closes(home) == [("Ask", "10")]
    again = home.start()
    assert again.stop() == 0
    assert closes(home) == [("Ask", "10")]


def test_b108_given_stopped_daemon_when_price_crosses_then_the_next_start_fires(
    home: House,
):
    first = home.start_armed()
    assert first.stop() == 0

    home.price("131.20")
    second = home.start()
    second.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")

    assert closes(home) == [("Ask", "10")]
