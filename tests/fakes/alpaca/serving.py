"""The exchange on real sockets, in this process or in one of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from fakes.alpaca.control import Control
from fakes.alpaca.data_rest import DataRest
from fakes.alpaca.exchange import Exchange
from fakes.alpaca.faults import Faults, Faulty
from fakes.alpaca.market_data import MarketData
from fakes.alpaca.orders import Order
from fakes.alpaca.replacing import replaced
from fakes.alpaca.rest import Rest
from fakes.alpaca.rest_account import AccountRest
from fakes.alpaca.streams import PriceStreams, UpdateStreams


class Alpaca:
    """All of it, with a hand on each part."""

    def __init__(
        self, *, is_prompt: bool = False, read_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.exchange = Exchange(is_prompt=is_prompt, read_ns=read_ns)
        self.market = MarketData(self.exchange)
        self.updates = UpdateStreams(self.exchange)
        self.prices = PriceStreams(self.exchange, self.market)
        self.faults = Faults()
        self.url = ""

    @property
    def ws_url(self) -> str:
        """Where the stream of order updates is."""
        return f"{self.data_ws_url}/stream"

    @property
    def data_ws_url(self) -> str:
        return self.url.replace("http://", "ws://")

    def replace(self, order: Order, body: dict[str, Any]) -> Order:
        """Replace an order as its owner does, in another window."""
        return replaced(self.exchange, order, body)

    def application(self) -> Faulty:
        app = Starlette(
            routes=[
                *DataRest(self.exchange, self.market).routes(),
                *AccountRest(self.exchange).routes(),
                *Rest(self.exchange).routes(),
                self.updates.route(),
                *self.prices.routes(),
                *Control(self).routes(),
            ]
        )
        return Faulty(app, self.faults)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Whoever runs this process decides what signals do.
        yield


def listening(port: int = 0) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    listener.setblocking(False)
    return listener


def server_of(alpaca: Alpaca) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            alpaca.application(),
            lifespan="off",
            log_level="critical",
            access_log=False,
            ws="websockets-sansio",
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
    )


@asynccontextmanager
async def alpaca(*, is_prompt: bool = False) -> AsyncIterator[Alpaca]:
    """Run it in this process, on a free port."""
    there = Alpaca(is_prompt=is_prompt)
    listener = listening()
    there.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = server_of(there)
    # Without its main loop, which looks ten times a second whether it is to end.
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    try:
        yield there
    finally:
        there.faults.released.set()
        there.updates.drop()
        there.prices.drop()
        await server.shutdown(sockets=[listener])
