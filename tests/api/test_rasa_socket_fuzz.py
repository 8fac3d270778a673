"""Whatever bytes come over a WebSocket: the daemon stays, and takes no blame."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.rasa_world import RasaWorld, rasa_started
from fakes.journal import Journal

HEAD = (
    b"GET /ws/v1/subscribe HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\x01\x02\x03\x04"
TEXT, PING, CLOSE = 1, 9, 8


def frame(first: int, payload: bytes, *, is_masked: bool = True) -> bytes:
    """Write a frame (RFC 6455, 5.2); *first* is its whole first byte."""
    length = len(payload)
    mark = 0x80 if is_masked else 0
    if length < 126:
        head = bytes([first, mark | length])
    else:
        head = bytes([first, mark | 127]) + struct.pack("!Q", length)
    if not is_masked:
        return head + payload
    masked = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return head + MASK + masked


def whole(opcode: int, payload: bytes) -> bytes:
    return frame(0x80 | opcode, payload)


PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            *(
                b"",
                b"{}",
                b"[",
                b"\xff\xfe",
                b"\xc3",
                b"\x03\xe8",
                b"\x00",
                b"\x03\xe7",
            ),
            *(
                b'{"channel_patterns":[{}]}',
                b'{"channel_patterns":[{"address":"0x1"}]}',
            ),
            b"x" * 40_000,
        ]
    ),
)
FRAMES = st.builds(
    frame, st.integers(0, 255), PAYLOADS, is_masked=st.sampled_from([True, True, False])
)
USUAL = st.builds(whole, st.sampled_from([0, 1, 2, 8, 9, 10]), PAYLOADS)
SENT = st.lists(st.one_of(USUAL, FRAMES, st.binary(max_size=20)), max_size=6)


async def check(rasa: RasaWorld, sent: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", rasa.port)
    writer.write(HEAD)
    await reader.readuntil(b"\r\n\r\n")
    writer.writelines(sent)
    writer.write_eof()
    try:
        async with asyncio.timeout(10):
            while await reader.read(4_096):
                pass
    except ConnectionResetError:
        # It had enough before it had read all.
        pass
    writer.close()
    async with rasa.caller() as raw:
        assert (await raw.get("/api/v4/configs")).status_code == 200


def test_b143_given_any_bytes_over_a_socket_then_never_a_mistake_of_ours(
    tmp_path_factory: Any,
):
    mistakes: list[dict[str, Any]] = []
    journal = Journal()
    journal.start()
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(lambda _, said: mistakes.append(said))
        started = rasa_started(tmp_path_factory.mktemp("fuzz"), open_reads=True)
        rasa = runner.run(started.__aenter__())

        @settings(
            max_examples=150,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(SENT)
        @example([whole(TEXT, b"\xff")])
        @example([frame(TEXT, b"a" * 40_000), frame(0x80, b"b" * 40_000)])
        @example([whole(CLOSE, b"\x03\xe8"), whole(TEXT, b"\xff"), whole(PING, b"")])
        def never_fails(sent: list[bytes]) -> None:
            runner.run(check(rasa, sent))
            assert mistakes == []
            assert '"level":"error"' not in journal.text()

        try:
            never_fails()
        finally:
            runner.run(started.__aexit__(None, None, None))
            journal.close()
