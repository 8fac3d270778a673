"""Subscriptions and lost connections of the public feed, over a real socket."""

import asyncio
import contextlib
import ssl
import time

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.network.connection import (
    PING_S,
    PINGS_MISSED_MAX,
    open_socket,
)
from exitd.adapters.network.tls import tls_context
from exitd.adapters.prices.teller import GARBAGE_PER_S_MAX
from exitd.adapters.system.clock import SystemClock
from exitd.core.market import PriceKind, PriceSource
from exitd.core.units import NS_PER_MS
from exitd.errors import FeedError
from exitd.ports.feed import FeedSignal
from fakes.answers import Answers, plain
from fakes.backpack_feed import (
    LAST,
    MARK,
    SOL,
    mark,
    running,
    trade,
)
from fakes.frame_server import frame_server
from fakes.observed import DEADLINE_S


async def test_given_a_refused_stream_when_subscribing_then_only_it_is_named():
    nope = PriceSource("bp", "NOPE", PriceKind.MARK)
    async with running(
        MARK, LAST, nope, refuses={"markPrice.NOPE"}, ping_s=0.05
    ) as rig:
        refused = await rig.notices.until(lambda n: n.signal is FeedSignal.REFUSED)
        await rig.server.requests.until(lambda r: r["params"] == [f"trade.{SOL}"])
        await rig.server.push(mark("98"), trade("97", 1))
        await rig.price(LAST, "97")

    assert "markPrice.NOPE" in refused.detail
    assert [n.signal for n in rig.notices.all].count(FeedSignal.REFUSED) == 1
    assert rig.prices(MARK) == ["98"]


async def test_given_many_sources_when_watched_then_subscribed_in_chunks():
    sources = [PriceSource("bp", f"S{i}", PriceKind.MARK) for i in range(120)]
    async with running(*sources) as rig:
        requests = rig.server.requests
        await requests.until(lambda r: len(r["params"]) == 20)

        sizes = [len(r["params"]) for r in requests.all]
        rig.feed.watch(frozenset(sources[:1]))
        await requests.until(
            lambda r: r["method"] == "UNSUBSCRIBE" and len(r["params"]) == 19
        )
    assert sizes == [50, 50, 20]


async def test_w2_given_a_frozen_peer_when_silent_then_lost_within_four_pings():
    async with running(MARK, ping_s=0.05) as rig:
        await rig.server.push(mark("98"))
        await rig.price(MARK, "98")
        started = time.monotonic()

        rig.server.freeze()

        lost = await rig.is_lost()
    assert "no sign of life" in str(lost)
    assert time.monotonic() - started < 2
    assert (PINGS_MISSED_MAX + 1) * PING_S * 1.5 <= 6


async def test_b125_given_a_silent_symbol_when_pinged_then_proven_alive():
    async with running(MARK, ping_s=0.05) as rig:
        before_ns = rig.feed.ts_alive_ns
        async with asyncio.timeout(DEADLINE_S):
            while rig.feed.ts_alive_ns <= before_ns + 200 * NS_PER_MS:
                await rig.feed._connection.answered()
        assert not rig.lost.done()


async def test_w9_given_a_huge_frame_when_read_then_the_connection_is_given_up():
    async with running(MARK) as rig:
        await rig.server.push("x" * (1024 * 1024 + 1))

        lost = await rig.is_lost()
    assert "1009" in str(lost)


async def test_w7_given_a_flood_of_garbage_when_read_then_reconnected_not_noticed():
    async with running(MARK) as rig:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20 * GARBAGE_PER_S_MAX):
                await rig.server.push("garbage")

        lost = await rig.is_lost()
    assert "bad frames" in str(lost)
    garbage = [n for n in rig.notices.all if n.signal is FeedSignal.GARBAGE]
    assert len(garbage) <= 3


async def test_given_nobody_there_when_run_then_a_sentence_with_the_address():
    feed = BackpackFeed(
        "bp", clock=SystemClock(), ws_url="ws://127.0.0.1:9", transport=Answers({})
    )

    with pytest.raises(FeedError, match=r"127\.0\.0\.1:9"):
        await feed.run(lambda tick: None, lambda notice: None)
    await feed.close()


async def test_n18_given_a_redirect_when_connecting_then_not_followed():
    async with frame_server() as server:

        async def redirect(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            location = server.url.replace("ws", "http", 1)
            writer.write(
                f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        elsewhere = await asyncio.start_server(redirect, "127.0.0.1", 0)
        port = elsewhere.sockets[0].getsockname()[1]
        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=f"ws://127.0.0.1:{port}",
            transport=Answers({}),
        )

        with pytest.raises(FeedError, match="302"):
            await feed.run(lambda tick: None, lambda notice: None)

        elsewhere.close()
        await elsewhere.wait_closed()
        await feed.close()
    assert server.sockets == []


async def test_given_an_abort_while_connecting_when_open_then_dropped_at_once():
    async with frame_server() as server:

        async def connect(url: str) -> ClientConnection:
            socket = await open_socket(url)
            feed.abort()
            return socket

        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=server.url,
            transport=Answers({}),
            connect=connect,
        )
        feed.watch(frozenset({MARK}))

        with pytest.raises(FeedError, match="aborted"):
            await feed.run(lambda tick: None, lambda notice: None)
        await feed.close()


async def test_given_a_cancelled_run_when_it_ends_then_the_socket_is_closed():
    async with frame_server() as server, asyncio.TaskGroup() as group:
        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=server.url,
            transport=Answers({"/api/v1/time": plain("no")}),
        )
        feed.watch(frozenset({MARK}))
        task = group.create_task(feed.run(lambda tick: None, lambda notice: None))
        await server.subscribed(f"markPrice.{SOL}")

        task.cancel()
        await asyncio.wait({task})

        assert task.cancelled()
        async with asyncio.timeout(DEADLINE_S):
            await server.sockets[0].wait_closed()
        await feed.close()


async def test_n17_given_no_tls_on_a_tls_address_when_connecting_then_refused():
    async with frame_server() as server:
        feed = BackpackFeed(
            "bp",
            clock=SystemClock(),
            ws_url=server.url.replace("ws:", "wss:"),
            transport=Answers({}),
        )

        with pytest.raises(FeedError, match="no connection"):
            await feed.run(lambda tick: None, lambda notice: None)
        await feed.close()


def test_n17_given_the_tls_context_when_looked_at_then_certificates_are_checked():
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname
    assert tls_context() is tls_context()
