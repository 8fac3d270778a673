"""Whatever bytes the venue sends: prices come out, or nothing, and never an error."""

import asyncio
import json
from collections.abc import Awaitable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedOK

from exitd.adapters.backpack.feed import BackpackFeed
from exitd.adapters.backpack.venue import BackpackVenue
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.errors import FeedError
from exitd.ports.venue import PrivateEvent
from exitd.secret import Secret
from fakes.answers import Answers
from fakes.clocks import ManualClock

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
SOL = "SOL_USDC_PERP"
SOURCES = frozenset(
    {
        PriceSource("bp", SOL, PriceKind.MARK),
        PriceSource("bp", SOL, PriceKind.INDEX),
        PriceSource("bp", SOL, PriceKind.LAST),
        PriceSource("bp", SOL, PriceKind.BID),
        PriceSource("bp", SOL, PriceKind.ASK),
        PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1m"),
        PriceSource("bp", SOL, PriceKind.LAST_CLOSE, "1m", closed=True),
    }
)
STREAMS = [f"{s}.{SOL}" for s in ("markPrice", "trade", "bookTicker", "kline.1m")]


class ScriptedSocket:
    """Gives frames, then is closed; it answers every ping at once."""

    def __init__(self, frames: list[bytes]) -> None:
        self.frames = frames
        self.transport = self

    def abort(self) -> None:
        self.frames = []

    async def recv(self, decode: bool) -> bytes:
        if not self.frames:
            raise ConnectionClosedOK(None, None)
        return self.frames.pop(0)

    async def send(self, message: str) -> None: ...

    async def ping(self) -> Awaitable[float]:
        pong = asyncio.get_running_loop().create_future()
        pong.set_result(0.0)
        return pong

    async def close(self) -> None: ...


def told(frames: list[bytes]) -> list[Tick]:
    """Run a feed over *frames* and give what it told."""
    ticks: list[Tick] = []

    async def run() -> None:
        async def connect(url: str) -> ScriptedSocket:
            return ScriptedSocket(frames)

        feed = BackpackFeed(
            "bp", clock=ManualClock(), connect=connect, transport=Answers({})
        )
        feed._venue_clock.measured(1_700_000_000_000, 0, 0)
        feed.watch(SOURCES)
        with pytest.raises(FeedError):
            await feed.run(ticks.append, lambda notice: None)
        await feed.close()

    asyncio.run(run())
    return ticks


numbers = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.sampled_from(["0", "-1", "", "NaN", "1e400", "0x10", "140.25", "１"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)
instants = st.one_of(
    st.just(1_700_000_000_000_000),
    st.integers(),
    numbers,
    st.just("2025-09-11T20:10:00"),
)
data = st.fixed_dictionaries(
    {"e": st.sampled_from(["markPrice", "trade", "kline", "bookTicker", "x", 1, None])},
    optional={
        "s": st.sampled_from([SOL, "ETH_USDC_PERP", 5, None]),
        **dict.fromkeys(("p", "i", "a", "b", "c"), numbers),
        **dict.fromkeys(("E", "T", "t"), instants),
        "X": st.one_of(st.booleans(), numbers),
        "u": numbers,
    },
)
frames = st.one_of(
    st.binary(max_size=60),
    st.fixed_dictionaries(
        {}, optional={"stream": st.sampled_from([*STREAMS, "x", 3]), "data": data}
    ).map(lambda frame: json.dumps(frame).encode()),
)


@given(st.lists(frames, max_size=20))
def test_b013_given_any_frames_when_fed_then_only_prices_come_out(many):
    for tick in told(many):
        assert tick.price.is_finite()
        assert tick.price > 0
        assert tick.source in SOURCES


@given(st.decimals("1e-8", "1e8", allow_nan=False, places=8), st.booleans())
def test_b012_given_a_price_as_text_or_number_when_fed_then_exact(price, quoted):
    if price <= 0:
        return
    digits = f'"{price:f}"' if quoted else f"{price:f}"
    frame = (
        f'{{"stream":"markPrice.{SOL}","data":{{"e":"markPrice","s":"{SOL}",'
        f'"T":1700000000000000,"p":{digits}}}}}'
    )

    ticks = told([frame.encode()])

    assert [t.price for t in ticks] == [Decimal(price)]


@given(st.lists(frames, max_size=10), st.sampled_from(["order", "position"]))
def test_given_any_private_frames_when_told_then_lost_or_ignored_never_raised(
    many, kind
):
    stream = f"account.{kind}Update".encode()
    private = [f.replace(f"markPrice.{SOL}".encode(), stream) for f in many]
    events: list[PrivateEvent] = []

    async def run() -> None:
        async def connect(url: str) -> ScriptedSocket:
            return ScriptedSocket(private)

        venue = BackpackVenue(
            "bp",
            key=KEY,
            secret=Secret(SEED),
            clock=ManualClock(),
            connect=connect,
            transport=Answers({}),
        )
        with pytest.raises(FeedError):
            await venue.run_stream(events.append)
        await venue.close()

    asyncio.run(run())
