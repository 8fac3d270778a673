"""What every store does with the rows of markets that ended with their position."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from contract.store_contract import keep
from exitd.core.condition import Direction
from exitd.core.market import Instrument, InstrumentKind, PriceKind, PriceSource, Spread
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.records import MarketGone, Record, SeenRecord, WatermarksRecord
from exitd.ports.store import Batch, Store

ONE, OTHER = ("base", "ETHUSDT#1"), ("base", "ETHUSDT#12")
MARKS = {market: PriceSource(*market, PriceKind.MARK) for market in (ONE, OTHER)}
BETWEEN = replace(MARKS[OTHER], combined=Spread(MARKS[ONE]))


def instrument(market: tuple[str, str], quote: str = "USDT") -> Instrument:
    account, symbol = market
    return Instrument(
        account=account,
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        base="ETH",
        quote=quote,
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.1"),
        min_quantity=Decimal("0.1"),
    )


def rows_of(market: tuple[str, str]) -> tuple[Record, ...]:
    source = MARKS[market]
    return (
        instrument(market),
        *(PositionRecord(key=PositionKey(*market, side)) for side in Side),
        SeenRecord(source, 7),
        *(
            WatermarksRecord(source=source, way=way, marks=((1, Decimal(9)),), ts_ns=7)
            for way in Direction
        ),
    )


def gone(market: tuple[str, str]) -> MarketGone:
    return MarketGone(*market, instrument(market), (MARKS[market], BETWEEN))


class MarketsContract:
    async def test_given_a_market_that_is_gone_when_loaded_then_only_others_are_there(
        self, store: Store
    ):
        await keep(
            store,
            Batch((*rows_of(ONE), *rows_of(OTHER), SeenRecord(BETWEEN, 7)), ()),
            Batch((gone(ONE),), ()),
        )

        left = store.load()

        assert left.instruments == (instrument(OTHER),)
        assert {p.key.symbol for p in left.positions} == {"ETHUSDT#12"}
        assert [seen.source for seen in left.seen] == [MARKS[OTHER]]
        assert {w.source for w in left.watermarks} == {MARKS[OTHER]}

    async def test_given_a_market_that_is_gone_when_asked_for_then_as_it_was(
        self, store: Store
    ):
        await keep(store, Batch(rows_of(ONE), ()), Batch((gone(ONE),), ()))

        found = await store.past_instruments([ONE, OTHER])

        assert found == {ONE: instrument(ONE)}
        assert await store.past_instruments([]) == {}

    async def test_given_one_that_came_and_went_again_then_as_it_was_last(
        self, store: Store
    ):
        later = replace(gone(ONE), instrument=instrument(ONE, "USDC"))
        unknown = replace(gone(ONE), instrument=None)
        await keep(store, *(Batch((r,), ()) for r in (gone(ONE), later, unknown)))

        found = await store.past_instruments([ONE])

        assert found == {ONE: instrument(ONE, "USDC")}

    async def test_given_gone_and_put_back_when_loaded_then_it_is_there(
        self, store: Store
    ):
        await keep(store, Batch((*rows_of(ONE), gone(ONE), *rows_of(ONE)), ()))

        assert store.load().instruments == (instrument(ONE),)
        assert len(store.load().positions) == 2
