"""What becomes of a close when the network, or a proxy in it, does its worst."""

import asyncio
import json as stdlib_json
import socket
import struct

import pytest

from contract.venue_rig import native_stop
from exitd.adapters.network.lanes import BODY_BYTES_MAX
from exitd.core.attempt import RefusalKind
from exitd.errors import OutcomeUnknown, VenueUnavailable
from exitd.ports.venue import Refusal
from fakes.backpack_orders import (
    SOL,
    answer_to,
    answering,
    close,
    order,
    venue_at,
)
from fakes.raw_http import raw_server, response


@pytest.mark.parametrize("cut", [0, 1, 20, 60, 200])
async def test_n4_given_a_reset_at_any_byte_when_sent_then_in_doubt(cut):
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(order())[:cut])
        await writer.drain()
        linger = struct.pack("ii", 1, 0)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    with pytest.raises(OutcomeUnknown):
        await answer_to(script)


async def test_n25_given_a_byte_now_and_then_when_sent_then_the_deadline_is_total():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        never = asyncio.Event()
        for byte in response(order()):
            writer.write(bytes([byte]))
            await writer.drain()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await never.wait()

    async with asyncio.timeout(3):
        with pytest.raises(OutcomeUnknown, match=r"within 0\.3 s"):
            await answer_to(script, deadline_s=0.3)


async def test_n26_given_an_endless_answer_when_sent_then_capped():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b" " * (BODY_BYTES_MAX + 1)))

    with pytest.raises(OutcomeUnknown, match="larger than"):
        await answer_to(script)


async def test_n1_given_no_answer_when_sent_then_in_doubt_and_sent_once():
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with answering(script) as (venue, server):
        with pytest.raises(OutcomeUnknown):
            await venue.send(close(), venue.prepare(close()))

        assert len(server.requests) == 1


async def test_given_nobody_listening_when_sent_then_a_definite_no():
    async with raw_server(lambda request, writer: asyncio.Event().wait()) as server:
        url = server.url
    venue = venue_at(url)

    answer = await venue.send(close(), venue.prepare(close()))
    with pytest.raises(VenueUnavailable):
        await venue.positions(SOL)

    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.code) == (RefusalKind.BUSY, "NOT_SENT")
    await venue.close()


async def test_n18_given_a_redirect_when_sent_then_not_followed():
    async with answering(response(order())) as (_, elsewhere):
        moved = response(b"", "307 Moved", f"Location: {elsewhere.url}/api/v1/order")

        with pytest.raises(OutcomeUnknown):
            await answer_to(moved)

        assert elsewhere.requests == []


async def test_n12_given_202_when_cancelled_then_pending():
    async with answering(response(b"", "202 Accepted")) as (venue, server):
        assert await venue.cancel_order(SOL, venue_order_id="28") is None

    body = server.requests[0].partition(b"\r\n\r\n")[2]
    assert stdlib_json.loads(body) == {"orderId": "28", "symbol": SOL}
    assert server.requests[0].startswith(b"DELETE /api/v1/order HTTP")


async def test_given_an_unreadable_answer_when_cancelled_then_in_doubt():
    async with answering(response(b"{")) as (venue, _):
        with pytest.raises(OutcomeUnknown):
            await venue.cancel_order(SOL, client_order_id=5)


async def test_given_an_unreadable_answer_when_placing_a_stop_then_in_doubt():
    class Rig:
        symbol = SOL

    async with answering(response(b"{")) as (venue, _):
        with pytest.raises(OutcomeUnknown):
            await venue.place_native_stop(native_stop(Rig()))


async def test_n17_given_no_tls_on_a_tls_address_when_sent_then_a_definite_no():
    async with answering(response(order())) as (_, server):
        venue = venue_at(server.url.replace("http:", "https:"))

        answer = await venue.send(close(), venue.prepare(close()))

        assert isinstance(answer, Refusal)
        assert answer.code == "NOT_SENT"
        assert server.requests == []
        await venue.close()
