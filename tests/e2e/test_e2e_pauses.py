"""A daemon that is paused in a fire, and one that gets many signals at once."""

import signal
import threading

import pytest

from e2e.house import House

pytestmark = pytest.mark.e2e


def test_p5_given_a_storm_of_signals_then_one_reload_and_one_orderly_end(home: House):
    daemon = home.start_armed()

    daemon.signal(signal.SIGHUP)
    daemon.log.wait("daemon.reloaded")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        daemon.signal(number)
    status = daemon.wait()

    assert status == 0
    assert len(daemon.log.of("daemon.stopped")) == 1
    # What closed the state in order has nothing to say at the next start.
    second = home.start()
    assert second.log.of("store.opened") == []
    assert second.stop() == 0
    assert home.ledger() == []


def test_p6_given_a_pause_beyond_the_window_in_a_fire_when_resumed_then_one_close(
    home: House,
):
    daemon = home.start_armed()
    home.fault("lost_request")
    home.silence()
    home.price("131.20")
    daemon.log.wait("order.sent")

    daemon.signal(signal.SIGSTOP)
    # Its request expires meanwhile: what it still holds in hand is worth nothing.
    threading.Event().wait(2.5)
    daemon.signal(signal.SIGCONT)

    daemon.log.wait("trigger.done", trigger_id="sol-core/sl", reason="filled")
    executed = [row for row in home.ledger() if row["executedQuantity"] != "0"]
    assert [row["executedQuantity"] for row in executed] == ["10"]
    assert home.held() == "0"
    assert daemon.stop() == 0
