"""Requests on connections of our own: whose answer it is, and when one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from exitd.adapters.network.carriers import (
    CONNECTIONS_MAX,
    PLACES_MAX,
    NotConnected,
    WireCarrier,
)
from exitd.adapters.network.lanes import BODY_BYTES_MAX, Call
from exitd.adapters.network.wire import HEAD_BYTES_MAX
from exitd.cli.running import run_loop
from exitd.errors import OutcomeUnknown
from fakes.raw_http import RawServer, Script, raw_server, response


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[tuple[WireCarrier, RawServer]]:
    async with raw_server(script) as server:
        carrier = WireCarrier(connect_s=30)
        try:
            yield carrier, server
        finally:
            await carrier.close()


def saying(*answers: bytes) -> Script:
    """Give one answer after the other; the last one again and again."""
    left = list(answers)

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return script


def call(server: RawServer, **changes) -> Call:
    fields = {
        "method": "POST",
        "url": f"{server.url}/orders",
        "headers": {"X-Key": "k"},
        "body": b"{}",
        "what": "POST /orders",
    }
    return Call(**(fields | changes))


async def test_given_a_call_when_carried_then_those_very_bytes_in_one_piece():
    async with served(saying(response(b"yes", "201 Created", "X-A: 1"))) as at:
        carrier, server = at

        reply = await carrier.carry(call(server))

    place = server.url.removeprefix("http://")
    assert server.requests == [
        f"POST /orders HTTP/1.1\r\nHost: {place}\r\nX-Key: k\r\n"
        "Content-Length: 2\r\n\r\n{}".encode()
    ]
    assert (reply.status, reply.body, reply.headers["x-a"]) == (201, b"yes", "1")


async def test_given_a_query_and_no_body_when_carried_then_no_length():
    async with served(saying(response(b""))) as (carrier, server):
        url = f"{server.url}/x?a=b%20c"
        await carrier.carry(call(server, method="GET", url=url, body=None, headers={}))

    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"GET /x?a=b%20c HTTP/1.1"
    assert len([line for line in head if line]) == 2


async def test_given_many_calls_in_turn_when_carried_then_on_one_connection():
    async with served(saying(response(b"yes"))) as (carrier, server):
        for _ in range(5):
            await carrier.carry(call(server))

        assert (len(server.requests), server.connections) == (5, 1)


async def test_given_calls_at_once_when_carried_then_each_gets_its_own_answer():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(request.partition(b"\r\n\r\n")[2]))

    async with served(script) as (carrier, server):
        bodies = [str(n).encode() for n in range(CONNECTIONS_MAX * 3)]
        replies = await asyncio.gather(
            *(carrier.carry(call(server, body=body)) for body in bodies)
        )

        assert [reply.body for reply in replies] == bodies
        assert server.connections <= CONNECTIONS_MAX


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nye\r\n1\r\ns\r\n0\r\n\r\n"
)
CONTINUED = b"HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\n" + response(b"yes")


@pytest.mark.parametrize("answer", [CHUNKED, CONTINUED, response(b"yes")])
async def test_given_an_answer_byte_by_byte_when_carried_then_whole(answer: bytes):
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()

    async with served(script) as (carrier, server):
        first = await carrier.carry(call(server))
        second = await carrier.carry(call(server))

        assert first.body == second.body == b"yes"
        assert "x-no" not in first.headers
        assert server.connections == 1


async def test_given_a_body_that_ends_with_the_connection_when_carried_then_whole():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nyes")
        writer.close()

    async with served(script) as (carrier, server):
        assert (await carrier.carry(call(server))).body == b"yes"
        assert (await carrier.carry(call(server))).body == b"yes"

        assert server.connections == 2


async def test_given_no_content_when_carried_then_the_connection_goes_on():
    async with served(saying(b"HTTP/1.1 204 No Content\r\n\r\n")) as (carrier, server):
        assert (await carrier.carry(call(server))).status == 204
        assert (await carrier.carry(call(server))).status == 204

        assert server.connections == 1


async def test_given_connection_close_when_carried_then_not_used_again():
    answer = response(b"yes", "200 OK", "Connection: close")
    async with served(saying(answer)) as (carrier, server):
        await carrier.carry(call(server))
        await carrier.carry(call(server))

        assert server.connections == 2


async def test_given_a_second_answer_when_nobody_asked_then_not_taken_for_the_next():
    twice = response(b"one") + response(b"two")
    async with served(saying(twice, response(b"three"))) as (carrier, server):
        first = await carrier.carry(call(server))
        second = await carrier.carry(call(server))

        assert (first.body, second.body) == (b"one", b"three")
        assert server.connections == 2


async def test_given_bytes_while_idle_when_next_called_then_on_another_connection():
    late = asyncio.Event()

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"one"))
        await writer.drain()
        await late.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")

    async with served(script) as (carrier, server):
        await carrier.carry(call(server))
        gone = ended(carrier)
        late.set()
        await asyncio.wait_for(gone.wait(), 2)
        assert (await carrier.carry(call(server))).body == b"one"

        assert server.connections == 2


def ended(carrier: WireCarrier) -> asyncio.Event:
    """Say when the one connection that idles has ended."""
    ((_, wire),) = (kept for idle in carrier._idle.values() for kept in idle)
    event, lost = asyncio.Event(), wire.connection_lost

    def connection_lost(exc: Exception | None) -> None:
        lost(exc)
        event.set()

    wire.connection_lost = connection_lost
    return event


async def test_n2_given_a_connection_that_ended_while_idle_when_called_then_a_new_one():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"yes"))
        await writer.drain()
        await over.wait()
        writer.close()

    over = asyncio.Event()
    async with served(script) as (carrier, server):
        await carrier.carry(call(server))
        gone = ended(carrier)
        over.set()
        await asyncio.wait_for(gone.wait(), 2)
        assert (await carrier.carry(call(server))).body == b"yes"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
        (
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            "no H",
        ),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",
            "the head of",
        ),
        (response(b" " * (BODY_BYTES_MAX + 1)), "larger than"),
    ],
)
async def test_given_no_answer_that_can_be_used_when_carried_then_in_doubt(
    answer: bytes, why: str
):
    async with served(saying(answer)) as (carrier, server):
        with pytest.raises(OutcomeUnknown, match=why):
            await carrier.carry(call(server))


async def test_given_a_call_given_up_when_the_next_comes_then_on_another_connection():
    asked = asyncio.Event()

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        if not asked.is_set():
            asked.set()
            await asyncio.Event().wait()
        writer.write(response(b"second"))

    async with served(script) as (carrier, server):
        first = asyncio.ensure_future(carrier.carry(call(server)))
        await asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await carrier.carry(call(server))).body == b"second"

        assert server.connections == 2


async def test_given_every_connection_busy_when_called_then_nothing_was_sent():
    arrived = asyncio.Semaphore(0)

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        arrived.release()
        await asyncio.Event().wait()

    async with raw_server(script) as server:
        carrier = WireCarrier(connect_s=30)
        calls = [
            asyncio.ensure_future(carrier.carry(call(server)))
            for _ in range(CONNECTIONS_MAX)
        ]
        for _ in calls:
            await arrived.acquire()
        carrier._connect_s = 0.01
        with pytest.raises(NotConnected, match="busy"):
            await carrier.carry(call(server))
        for one in calls:
            one.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await carrier.close()

        assert len(server.requests) == CONNECTIONS_MAX


async def test_given_addresses_that_name_an_order_then_only_the_newest_are_kept():
    carrier = WireCarrier(connect_s=30)

    for number in range(PLACES_MAX + 5):
        carrier._place(f"http://venue.test/orders/{number}")

    assert len(carrier._places) == PLACES_MAX
    assert "http://venue.test/orders/4" not in carrier._places


async def test_given_a_header_of_two_lines_when_carried_then_refused_and_not_sent():
    async with served(saying(response(b"yes"))) as (carrier, server):
        with pytest.raises(ValueError, match="several lines"):
            await carrier.carry(call(server, headers={"X": "1\r\nX-Other: 2"}))

        assert server.requests == []


def test_given_the_loop_of_the_daemon_when_carried_then_as_on_any_other():
    async def ask() -> list[bytes]:
        async with served(saying(response(b"one"), response(b"two"))) as at:
            carrier, server = at
            replies = [await carrier.carry(call(server)) for _ in range(2)]
            assert server.connections == 1
            return [reply.body for reply in replies]

    assert run_loop(ask()) == [b"one", b"two"]


async def test_given_calls_that_fail_when_carried_then_no_connection_is_kept():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with served(script) as (carrier, server):
        for _ in range(3):
            with pytest.raises(OSError):
                await carrier.carry(call(server))

        assert carrier._open == set()
