"""Whatever bytes Binance sends: prices come out, or nothing, and never an error."""

import asyncio
import json
from collections.abc import Awaitable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedOK

from exitd.adapters.binance.feed import BinanceFeed
from exitd.core.market import Tick
from exitd.errors import FeedError
from fakes.answers import Answers
from fakes.answers import json as json_answer
from fakes.binance_feed import ASK, BID, BTC, CLOSED, INDEX, LAST, MARK, RUNNING
from fakes.clocks import ManualClock

SOURCES = frozenset({MARK, INDEX, LAST, BID, ASK, RUNNING, CLOSED})
NOW_MS = 1_700_000_000_000
KINDS = ("markPrice@1s", "aggTrade", "bookTicker", "kline_1m")
STREAMS = [f"btcusdt@{kind}" for kind in KINDS]


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
    """Run a feed over *frames* through its market door, and give what it told."""
    ticks: list[Tick] = []

    async def run() -> None:
        async def connect(url: str) -> ScriptedSocket:
            return ScriptedSocket(frames if "/market/" in url else [])

        feed = BinanceFeed(
            "binance",
            clock=ManualClock(),
            connect=connect,
            transport=Answers({"/fapi/v1/time": json_answer({})}),
        )
        feed._venue_clock.measured(NOW_MS, 0, 0)
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
instants = st.one_of(st.just(NOW_MS), st.integers(), numbers)
symbols = st.sampled_from([BTC, "ETHUSDT", 5, None])
bars = st.one_of(
    numbers,
    st.fixed_dictionaries(
        {},
        optional={
            "T": instants,
            "c": numbers,
            "x": st.one_of(st.booleans(), numbers),
        },
    ),
)
kinds = ["markPriceUpdate", "aggTrade", "kline", "bookTicker", "x", 1, None]
data = st.fixed_dictionaries(
    {"e": st.sampled_from(kinds)},
    optional={
        "s": symbols,
        **dict.fromkeys(("p", "i", "a", "b", "u"), numbers),
        **dict.fromkeys(("E", "T"), instants),
        "k": bars,
    },
)
errors = st.one_of(
    numbers, st.fixed_dictionaries({}, optional={"code": numbers, "msg": numbers})
)
frames = st.one_of(
    st.binary(max_size=60),
    st.fixed_dictionaries(
        {},
        optional={
            "stream": st.sampled_from([*STREAMS, "x", 3]),
            "data": data,
            "id": st.one_of(st.integers(0, 5), numbers),
            "result": numbers,
            "error": errors,
            "code": numbers,
            "msg": numbers,
        },
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
        '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate",'
        f'"s":"{BTC}","E":{NOW_MS},"p":{digits}}}}}'
    )

    ticks = told([frame.encode()])

    assert [t.price for t in ticks] == [Decimal(price)]
