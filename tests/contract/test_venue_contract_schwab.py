"""The Schwab adapter against a fake broker, over real sockets.

Left out of the contract is the expiry of a request: the broker's have none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from contract.venue_contract import FaultyVenueContract, VenueContract
from exitd.adapters.schwab.prices import CENT
from exitd.adapters.schwab.recognising import Name
from exitd.adapters.schwab.tokens import Login, LoginFile
from exitd.adapters.schwab.venue import SchwabVenue
from exitd.adapters.system.clock import SystemClock
from exitd.secret import Secret
from fakes.schwab.book import ACCOUNT, HASH
from fakes.schwab.door import KEY, REFRESH, SECRET, Broker, serving

ORDERS = f"POST /trader/v1/accounts/{HASH}/orders"


def logged_in(folder: Path) -> LoginFile:
    file = LoginFile(folder / "schwab-login.json")
    file.write(Login(Secret(REFRESH), SystemClock().now_ns()))
    return file


class SchwabRig:
    symbol = "AAPL"

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.venue = SchwabVenue(
            "schwab",
            account_number=ACCOUNT,
            key=Secret(KEY),
            secret=Secret(SECRET),
            login=logged_in(folder),
            clock=SystemClock(),
            url=broker.url,
            symbols={"AAPL": CENT},
            poll_s=0.02,
        )

    async def hold(self, net: str) -> None:
        self.broker.book.hold(self.symbol, net)

    async def count(self, client_order_id: int) -> int:
        """The broker knows no ids of ours; the venue knows which order is which."""
        number = self.venue.ours.number_of(Name(client_order_id))
        return sum(str(order.id) == number for order in self.broker.book.roots)

    async def lose_reply(self) -> None:
        self.broker.fault(ORDERS, "after")

    async def lose_request(self) -> None:
        self.broker.fault(ORDERS, "drop")

    async def pass_window(self) -> None:
        raise AssertionError("requests do not expire here")

    async def take_down(self) -> None:
        self.broker.fault("", *(["503"] * 20))


@pytest.fixture
async def rig(tmp_path) -> AsyncIterator[SchwabRig]:
    async with serving(Broker()) as broker:
        rig = SchwabRig(broker, tmp_path)
        try:
            yield rig
        finally:
            await rig.venue.close()


class TestSchwabVenue(VenueContract):
    """And those of the faulty ones that fit, by name."""

    part = Decimal(3)


_FIT = [
    FaultyVenueContract.test_b088_given_a_lost_reply_when_sent_then_unknown_and_found_once,
    FaultyVenueContract.test_b089_given_a_lost_request_when_sent_then_unknown_and_not_found,
    FaultyVenueContract.test_given_a_venue_that_is_down_when_read_then_unavailable_not_flat,
]
for _test in _FIT:
    setattr(TestSchwabVenue, _test.__name__, _test)
