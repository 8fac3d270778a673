"""Front-ends' orders on quotes of a chain, with the daemon as its own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.chain_house import ChainHouse, chain_house, order
from e2e.house import DaemonProcess

pytestmark = pytest.mark.e2e

CLOSED, CLOSE_PENDING = 7, 5
TAKE_PROFIT = order("take_profit", "2.5", "2.25")
STOP = order("stop_loss", "1.8", "1.62")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[ChainHouse]:
    with chain_house(tmp_path) as found:
        yield found


def armed_quote(front: ChainHouse) -> tuple[DaemonProcess, int]:
    """Start the daemon, log in, and keep both exits of a quote with it."""
    quote_id = front.live.do(lambda chain: chain.open())
    daemon = front.start()
    assert front.log_in().status_code == 200
    answer = front.arm(quote_id, TAKE_PROFIT, STOP)
    assert answer.status_code == 200, answer.text
    # Armed once the first price of the quote's own market has come.
    daemon.log.wait("trigger.armed", count=2)
    return daemon, quote_id


def pending(front: ChainHouse, quote_id: int) -> None:
    front.until(
        lambda: front.live.do(lambda chain: chain.status(quote_id)) == CLOSE_PENDING,
        "the close is asked for on the chain",
    )


def test_b001_b143_given_both_exits_when_the_price_falls_then_one_close_on_chain(
    front: ChainHouse,
):
    daemon, quote_id = armed_quote(front)
    shown = {row["conditional_order_type"]: row for row in front.armed(quote_id)}

    front.price("1.75")
    pending(front, quote_id)
    asked = front.live.do(lambda chain: chain.quote(quote_id))
    front.live.do(lambda chain: chain.fill(quote_id, "100", "1.74"))
    done = daemon.log.wait("trigger.done", reason="filled")

    assert {kind: row["state"] for kind, row in shown.items()} == {
        "take_profit": "new",
        "stop_loss": "new",
    }
    assert done["trigger_id"].startswith(f"rasa_{quote_id}_")
    assert front.live.do(lambda chain: chain.status(quote_id)) == CLOSED
    assert front.live.closes(quote_id) == 1
    assert asked[18] == 1_620_000_000_000_000_000
    front.until(lambda: front.armed(quote_id) == [], "nothing is left of the quote")
    assert daemon.stop() == 0
