"""What a connection may send, how fast and how much ahead; on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.daemons import ME, World
from exitd.api import connections, intake
from exitd.api.connections import (
    AHEAD_MAX,
    CONNECTIONS_MAX,
    HEAD_BYTES_MAX,
    HEADERS_MAX,
    GuardedProtocol,
)
from fakes.exchange import SOL

HOST = b"Host: localhost\r\n"
STATUS = b"GET /v1/status HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/triggers HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
#: As much as a piece of the network brings at once.
PIECE = 200_000


class Line:
    """A connection, as whoever means no good has one."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer

    def say(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))

    async def status(self) -> bytes:
        """Give the status of the next answer; empty when there is none."""
        async with asyncio.timeout(5):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
        return head.split()[1]

    async def is_closed(self) -> bool:
        """Whether the peer hangs up; what it says before does not matter."""
        async with asyncio.timeout(5):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass
        return True


@asynccontextmanager
async def line_to(world: World) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with line_to(world) as made:
        yield made


@pytest.mark.parametrize("start", [b"", b"GET /v1/status HTTP/1.1\r\nHost: loc"])
async def test_given_a_slow_head_when_waited_for_then_closed(
    world: World, monkeypatch: pytest.MonkeyPatch, start: bytes
):
    monkeypatch.setattr(connections, "_HEAD_S", 0.05)
    async with line_to(world) as line:
        line.say(start)

        assert await line.is_closed()


async def test_given_a_head_that_drips_when_its_time_is_over_then_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "_HEAD_S", 0.2)
    async with line_to(world) as line:
        line.say(b"GET / HTTP/1.1\r\n")
        dripping = asyncio.create_task(drip(line, b"X-A: a\r\n"))

        assert await line.is_closed()
        dripping.cancel()


async def drip(line: Line, piece: bytes) -> None:
    """Send a little whenever the loop has time, until nobody listens."""
    while not line.writer.is_closing():
        line.say(piece)
        await asyncio.sleep(0)
        await line.writer.drain()


async def test_given_a_head_without_end_when_sent_then_cut_off(line: Line):
    line.say(b"GET / HTTP/1.1\r\n", b"X-A: ", b"a" * PIECE)

    assert await line.status() in (b"", b"431")
    assert await line.is_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * HEAD_BYTES_MAX + b"\r\n",
        b"GET /" + b"a" * HEAD_BYTES_MAX + b" HTTP/1.1\r\n" + HOST,
        b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * HEADERS_MAX,
    ],
    ids=["a long header", "a long path", "many headers"],
)
async def test_given_a_whole_head_at_once_when_it_is_too_much_then_431(
    line: Line, head: bytes
):
    line.say(head, b"\r\n")

    assert await line.status() == b"431"
    assert await line.is_closed()


async def test_given_a_head_within_its_limits_when_sent_then_answered(line: Line):
    more = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 300) for n in range(HEADERS_MAX - 2))
    line.say(b"GET /v1/status HTTP/1.1\r\n", HOST, more, b"\r\n")

    assert await line.status() == b"200"


async def test_given_a_few_requests_ahead_when_sent_then_each_is_answered(line: Line):
    line.say(STATUS * AHEAD_MAX)

    for _ in range(AHEAD_MAX):
        head = await line.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await line.reader.readexactly(int(length))
        assert head.split()[1] == b"200"


async def test_given_thousands_of_requests_ahead_when_sent_then_closed_and_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    kept: list[int] = []
    made = GuardedProtocol.on_headers_complete

    def counted(self: GuardedProtocol) -> None:
        made(self)
        kept.append(len(self.pipeline))

    monkeypatch.setattr(GuardedProtocol, "on_headers_complete", counted)
    async with line_to(world) as line:
        line.say(STATUS * (PIECE // len(STATUS)))

        assert await line.is_closed()
    assert max(kept) <= AHEAD_MAX


async def test_given_an_answer_without_end_when_more_drips_in_then_closed(line: Line):
    line.say(b"GET /v1/facts/stream HTTP/1.1\r\n", HOST, b"\r\n")
    assert await line.status() == b"200"

    # One more request that never begins: nobody would ever read it.
    line.say(b"GET / HTTP/1.1\r\nX-A: ", b"a" * 2 * PIECE)

    assert await line.is_closed()


@pytest.mark.parametrize(
    "body",
    [
        b"1;" + b"a" * PIECE + b"\r\n",
        b"0\r\n" + b"X-A: " + b"a" * PIECE,
        b"0\r\n" + b"a: b\r\n" * (PIECE // 6),
    ],
    ids=["an extension", "a trailer", "many trailers"],
)
async def test_given_a_body_that_is_all_wrapping_when_sent_then_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch, body: bytes
):
    monkeypatch.setattr(intake, "_BODY_S", 0.2)
    async with line_to(world) as line:
        line.say(POST, await bearer(world), CHUNKED, body)

        assert await line.status() in (b"", b"400", b"408", b"431")
        line.say(b"a" * PIECE)
        assert await line.is_closed()


@pytest.mark.parametrize(
    "length", [b"9" * 5_000, b"-1", b"1, 2", b"\xb2", b"1e3", b"0x10"]
)
async def test_given_a_length_that_is_none_when_sent_then_refused(
    line: Line, length: bytes
):
    line.say(POST, b"Content-Length: ", length, b"\r\n\r\n")

    assert await line.status() in (b"400", b"413")


async def test_given_two_lengths_when_sent_then_refused(line: Line):
    both = b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    line.say(POST, both, b"0\r\n\r\n", STATUS)

    assert await line.status() == b"400"
    assert await line.is_closed()


async def test_given_an_early_answer_when_the_body_goes_on_then_closed(line: Line):
    line.say(POST, b"Content-Length: 100000000\r\n\r\n")

    assert await line.status() in (b"401", b"413")
    line.say(b"a" * PIECE)
    assert await line.is_closed()


async def test_given_a_slow_body_when_its_time_is_over_then_408(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(intake, "_BODY_S", 0.05)
    async with line_to(world) as line:
        line.say(POST, await bearer(world), b"Content-Length: 9\r\n\r\n", b"{")

        assert await line.status() == b"408"


async def bearer(world: World) -> bytes:
    made = await world.control.tokens.create("bot", ["trade"], ME)
    assert made.secret is not None
    return f"Authorization: Bearer {made.secret}\r\n".encode()


@pytest.mark.parametrize(
    ("path", "water"),
    [(b"/v1/facts/stream?after=0", 1_000), (b"/openapi.json", 10_000_000)],
    ids=["an answer that waits for it", "one that is over and waits in memory"],
)
async def test_given_a_peer_that_reads_nothing_when_waited_for_then_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch, path: bytes, water: int
):
    monkeypatch.setattr(connections, "_UNREAD_S", 0.2)
    stop = {"symbol": SOL, "side": "long"}
    many = [{**stop, "stop_loss": f"{50 + n / 100:.2f}"} for n in range(300)]
    async with world.unix() as raw:
        await raw.post("/v1/triggers", json={"triggers": many})
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        narrow.connect(("127.0.0.1", world.port))
        await world.until(lambda: len(over_tcp(world)) == 1)
        (made,) = over_tcp(world)
        its_socket = made.transport.get_extra_info("socket")
        its_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        made.transport.set_write_buffer_limits(water)
        narrow.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")

        await world.until(lambda: not over_tcp(world))


def over_tcp(world: World) -> list[GuardedProtocol]:
    return [c for c in world.connections if not c.app_state["listener"].is_unix]


async def test_given_a_flood_on_the_port_when_the_socket_is_used_then_it_answers(
    world: World,
):
    crowd = [
        Line(*await asyncio.open_connection("127.0.0.1", world.port))
        for _ in range(CONNECTIONS_MAX + 4)
    ]
    async with world.unix() as raw:
        ours = await raw.get("/v1/status")
    late = [await each.is_closed() for each in crowd[-4:]]
    for each in crowd:
        each.writer.close()

    assert ours.status_code == 200
    assert late == [True] * 4
