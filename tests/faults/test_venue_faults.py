"""Rows N, W and X of the failure model that are about a venue which says no."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.worlds import D, S, World, stop
from exitd.adapters.network.carriers import NotConnected, WireCarrier
from exitd.adapters.network.lanes import Call
from exitd.core.attempt import RefusalKind
from exitd.core.events import FactKind
from exitd.core.inputs import InstrumentReport, OrderReport
from exitd.core.market import BookState
from exitd.ports.venue import Refusal
from fakes.backpack_orders import answer_to, answering, close, order, venue_at
from fakes.certificates import certificate_for
from fakes.raw_http import response


@pytest.mark.parametrize("status", ["403 Forbidden", "418 I'm a teapot"])
async def test_n7_given_the_firewalls_page_when_sent_then_refused_for_this_key(status):
    answer = await answer_to(response(b"<html>blocked</html>", status))

    assert isinstance(answer, Refusal)
    assert answer.kind is RefusalKind.UNAUTHORIZED


def test_n14_given_a_revoked_key_then_told_at_once_and_armed_on():
    world = World()
    world.arm(stop("sl", "95", "5"), stop("other", "94", "2"))
    world.mark("95")

    world.refuse(RefusalKind.UNAUTHORIZED)

    (told,) = world.told(FactKind.ORDER_REFUSED)
    assert told.fields["alert"]
    assert world.state("other") == "armed"
    assert world.state("sl") == "firing"


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let nothing be resolved from when the list has something in it."""
    down: list[str] = []
    loop_class = asyncio.BaseEventLoop
    resolve = loop_class.getaddrinfo

    async def broken(self, host, port, **options):
        if down:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer of any name server")
        return await resolve(self, host, port, **options)

    monkeypatch.setattr(loop_class, "getaddrinfo", broken)
    return down


async def test_n16_given_no_names_when_sent_then_a_definite_no_or_an_open_connection(
    no_names: list[str],
):
    async with answering(response(order())) as (venue, server):
        first = await venue.send(close(), venue.prepare(close()))
        no_names.append("down")
        cold = venue_at(server.url)

        kept = await venue.send(close(), venue.prepare(close()))
        refused = await cold.send(close(), cold.prepare(close()))
        await cold.close()

    assert isinstance(first, OrderReport)
    assert isinstance(kept, OrderReport), "what is connected needs no name"
    assert isinstance(refused, Refusal)
    assert (refused.kind, refused.code) == (RefusalKind.BUSY, "NOT_SENT")
    assert "name server" in refused.message


@pytest.mark.parametrize(
    ("is_trusted", "why"), [(False, "self.signed"), (True, "not valid for|mismatch")]
)
async def test_n17_given_a_wrong_certificate_when_called_then_nothing_is_sent(
    tmp_path: Path, is_trusted: bool, why: str
):
    made = certificate_for("exchange.example", tmp_path)
    heard: list[bytes] = []

    async def listen(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=made.server)
    port = server.sockets[0].getsockname()[1]
    # Even one that is trusted is only good for its own host.
    ours = ssl.create_default_context(cafile=made.signer) if is_trusted else None
    carrier = WireCarrier(2.0, ours)

    with pytest.raises(NotConnected, match=f"(?i){why}"):
        await carrier.carry(
            Call("GET", f"https://127.0.0.1:{port}/", {}, None, "a call", 1_000)
        )

    assert heard in ([], [b""])
    await carrier.close()
    server.close()
    await server.wait_closed()


def test_x4_given_an_account_in_liquidation_then_no_hammering_and_over_once_gone():
    world = World()
    world.arm(stop("sl", "95"))
    world.mark("95")

    for _ in range(60):
        if len(world.sent) > len(world.told(FactKind.ORDER_REFUSED)):
            world.refuse(RefusalKind.HALTED)
        world.wait(S)
    tries = len(world.sent)
    world.position("0")
    world.wait(60 * S)

    assert 2 <= tries <= 60
    assert world.state("sl") == "done: retired"
    assert len(world.sent) == tries


def test_w14_given_a_market_whose_steps_change_then_the_next_close_is_in_them():
    world = World(book_state=BookState.LIMIT_ONLY)
    world.arm(stop("sl", "95", "1.5"), stop("other", "94", "1.5"))
    world.mark("95")
    known = world.engine.state.instruments["main", "SOL_USDC_PERP"]
    coarser = replace(known, price_step=D("0.5"), quantity_step=D(1), min_quantity=D(1))

    world.do(InstrumentReport(coarser, world.later()))
    world.mark("94")

    first, second = world.sent
    assert (first.price, first.quantity) == (D("90.25"), D("1.5"))
    assert second.price % D("0.5") == 0
    assert second.quantity == 1
