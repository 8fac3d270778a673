"""Where no close may exceed what is held, one answer serves all markets that wait."""

from __future__ import annotations

import asyncio

from exitd.core.attempt import Capabilities
from exitd.core.inputs import InstrumentReport, PositionReport
from exitd.core.intents import Priority, RequestSlot
from exitd.core.position import PositionKey, Side
from exitd.runtime.proofs import Proofs
from fakes.exchange import instrument
from runtime.brokers import BROKER, broker, desk_of
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time, stop
from simulation.virtual_time import let_pass

NAMES = [f"COIN{n}_USDC_PERP" for n in range(5)]


class Reads:
    """Answers a tenth of a second later, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def read_position(self, symbol: str) -> None:
        self.asked.append(symbol)
        await let_pass(0.1)

    async def read_positions(self) -> None:
        self.asked.append("all")
        await let_pass(0.1)


def request(symbol: str) -> RequestSlot:
    return RequestSlot(ACCOUNT, symbol, f"{symbol}/sl", 1, Priority.STOP)


async def proofs_of(desk: Desk, *symbols: str) -> tuple[Proofs[str], Reads]:
    reads = Reads()
    proofs: Proofs[str] = Proofs(desk.loop, desk.venue, reads)  # type: ignore[arg-type]
    proofs.waiting = {symbol: [] for symbol in symbols}
    return proofs, reads


async def ask(proofs: Proofs[str], *symbols: str) -> None:
    await asyncio.gather(*(proofs.ask(s, [request(s)]) for s in symbols))


@in_virtual_time
async def test_given_one_market_that_waits_then_only_that_is_read():
    desk = await desk_of(broker(capabilities=BROKER), "10")
    proofs, reads = await proofs_of(desk, NAMES[0])

    await ask(proofs, NAMES[0])

    assert reads.asked == [NAMES[0]]


@in_virtual_time
async def test_given_many_markets_that_wait_then_one_read_for_a_second():
    desk = await desk_of(broker(capabilities=BROKER), "10")
    proofs, reads = await proofs_of(desk, *NAMES)

    await ask(proofs, *NAMES)
    assert reads.asked == ["all"]
    await let_pass(1)
    await ask(proofs, *NAMES)

    assert reads.asked == ["all", "all"]


@in_virtual_time
async def test_given_a_venue_that_only_reduces_then_each_is_read_as_ever():
    desk = await desk_of(broker(capabilities=Capabilities()), "10")
    proofs, reads = await proofs_of(desk, *NAMES)

    await ask(proofs, *NAMES)

    assert reads.asked == NAMES


async def hold(desk: Desk, symbol: str, size: str) -> None:
    """Let a market be known, and held as the venue has it."""
    now_ns = desk.clock.now_ns()
    desk.loop.handle(InstrumentReport(instrument(ACCOUNT, symbol), now_ns))
    desk.venue.exchange.set_position(symbol, D(size), D(100), now_ns)
    desk.venue.exchange.set_price(symbol, D(100), now_ns)
    key = PositionKey(ACCOUNT, symbol, Side.LONG)
    desk.loop.handle(
        PositionReport(key=key, quantity=D(size), ts_venue_ns=now_ns - 1, now_ns=now_ns)
    )


@in_virtual_time
async def test_given_a_tick_that_fires_in_all_markets_then_none_above_what_is_held():
    desk = await desk_of(venue := broker(capabilities=BROKER), "10")
    asked: list[str | None] = []
    read = venue.positions

    async def noted(symbol: str | None = None) -> object:
        asked.append(symbol)
        return await read(symbol)

    for name in NAMES:
        await hold(desk, name, "4")
        await desk.arm(stop(f"{name}/sl", symbol=name))
    venue.positions = noted  # type: ignore[method-assign]
    now_ns = desk.clock.now_ns()
    venue.lose_stream()
    venue.exchange.set_position(NAMES[1], D(3), D(100), now_ns)
    venue.exchange.set_position(NAMES[2], D(0), None, now_ns)
    await desk.settle(2)
    asked.clear()

    desk.mark("95")
    await desk.settle(0.5)

    sizes = dict(zip(NAMES, ("4", "3", "0", "4", "4"), strict=True))
    wanted = [(f"{name}/sl", D(size)) for name, size in sizes.items() if D(size)]
    assert sorted(desk.sent) == wanted
    assert asked[:1] == [None]
    assert asked.count(None) == 1


@in_virtual_time
async def test_given_markets_that_were_read_long_ago_then_none_of_them_stays():
    desk = await desk_of(broker(capabilities=BROKER), "10")
    proofs, _ = await proofs_of(desk, NAMES[0])
    for name in NAMES:
        await ask(proofs, name)
        await let_pass(2)

    assert list(proofs._read_ns) == [NAMES[-1]]
