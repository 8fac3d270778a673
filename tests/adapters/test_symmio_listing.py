"""The solver's listing: read over HTTP, kept on disk, or refused and said why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from chain.solver import LISTED, ROW, Solver, solving
from chain.world import World, world
from exitd.core.market import Instrument
from exitd.errors import VenueUnavailable
from exitd.ports.notices import NoticeKind

MINUTE = 60


@asynccontextmanager
async def listed(folder: Path | None = None) -> AsyncIterator[tuple[World, Solver]]:
    """A venue that knows no decimals but those of its solver."""
    async with solving() as solver, world() as w:
        w.solver, w.folder, w.precisions = solver.url, folder, {}
        await w.venue.close()
        w.start()
        yield w, solver


async def described(w: World) -> Instrument | None:
    quote = await w.venue.chain.quote(w.chain.open())
    assert quote is not None
    return await w.venue.chain.instrument(quote)


async def restarted(w: World) -> None:
    await w.venue.close()
    w.start()


async def test_given_a_listing_then_steps_and_sizes_of_it():
    async with listed() as (w, solver):
        first, again = await described(w), await described(w)

        assert first is not None
        assert again is not None
        assert first.price_step == Decimal("0.0001")
        assert first.quantity_step == Decimal("0.1")
        assert first.min_quantity == Decimal("0.2")
        assert first.max_quantity == Decimal("250000.5")
        assert solver.asked == 1


@pytest.mark.parametrize(
    "says",
    [
        LISTED["symbols"],
        {"symbols": [{**ROW, "price_precision": "4", "symbol_id": "340"}]},
        {"symbols": [None, {**ROW, "symbol_id": 7, "price_precision": 99}, ROW]},
        {"symbols": [{**ROW, "lot_size": None, "max_quantity": None}]},
        {"symbols": [{**ROW, "lot_size": "NaN", "max_quantity": -1}]},
    ],
)
async def test_given_other_ways_of_writing_it_then_read_all_the_same(says):
    async with listed() as (w, solver):
        solver.says = says

        instrument = await described(w)

        assert instrument is not None
        assert instrument.price_step == Decimal("0.0001")
        assert instrument.min_quantity > 0


BAD = [
    (503, "down", "answered 503"),
    (404, LISTED, "answered 404"),
    (200, "<html>", "cannot be read"),
    (200, "", "cannot be read"),
    (200, "5", "cannot be read"),
    (200, {"rows": [ROW]}, "cannot be read"),
    (200, {"symbols": {}}, "cannot be read"),
    (200, {"symbols": []}, "no symbol that can be read"),
    (200, {"symbols": [{**ROW, "price_precision": 99}]}, "no symbol that can"),
    (200, {"symbols": [{**ROW, "quantity_precision": 1.5}]}, "no symbol that can"),
    (200, {"symbols": [{**ROW, "symbol_id": None}]}, "no symbol that can"),
]


@pytest.mark.parametrize(("status", "says", "why"), BAD)
async def test_given_a_bad_reply_and_nothing_kept_then_refused_with_the_remedy(
    status, says, why, tmp_path
):
    async with listed(tmp_path) as (w, solver):
        solver.status, solver.says = status, says

        with pytest.raises(VenueUnavailable, match=why) as caught:
            await described(w)

        assert "`symbols:`" in str(caught.value)
        assert list(tmp_path.iterdir()) == []
        assert w.notices == []


@pytest.mark.parametrize(("status", "says", "why"), BAD[:3])
async def test_given_a_bad_reply_after_a_good_one_then_what_was_kept_is_used(
    status, says, why, tmp_path
):
    async with listed(tmp_path) as (w, solver):
        good = await described(w)
        await restarted(w)
        solver.status, solver.says = status, says
        quote_id = w.chain.open()

        symbol = await w.ready(quote_id)
        report = await w.send(w.order(symbol))

        (instrument,) = await w.venue.instruments()
        assert good is not None
        assert instrument.price_step == good.price_step
        assert w.chain.status(quote_id) == 5, report
        (old,) = w.notices
        assert old.kind is NoticeKind.SYMBOLS_OLD
        assert why in old
        assert solver.url in old


async def test_given_what_was_kept_when_the_solver_is_back_then_read_anew_and_over(
    tmp_path,
):
    async with listed(tmp_path) as (w, solver):
        await described(w)
        await restarted(w)
        solver.status = 503
        await described(w)
        await described(w)
        asked = solver.asked
        solver.status = 200
        w.clock.ahead_s += MINUTE
        w.chain.pass_time(MINUTE)
        w.clock.ahead_s -= MINUTE
        solver.says = {"symbols": [{**ROW, "price_precision": 3}]}

        instrument = await described(w)

        assert asked == 2
        assert instrument is not None
        assert instrument.price_step == Decimal("0.001")
        assert [n.is_over for n in w.notices] == [False, True]


async def test_given_a_symbol_that_the_solver_does_not_list_then_none():
    async with listed() as (w, solver):
        solver.says = {"symbols": [{**ROW, "symbol_id": 7}]}

        assert await described(w) is None
        with pytest.raises(VenueUnavailable, match="no known precision"):
            await w.ready(w.chain.open())


@pytest.mark.parametrize("damage", ["{", '{"solver": "x", "read_s": 1, "rows": []}'])
async def test_given_a_damaged_file_then_as_if_nothing_was_kept(damage, tmp_path):
    async with listed(tmp_path) as (w, solver):
        await described(w)
        (file,) = tmp_path.iterdir()
        file.write_text(damage)
        await restarted(w)
        solver.status = 503

        with pytest.raises(VenueUnavailable, match="503"):
            await described(w)


async def test_given_a_folder_that_takes_no_files_then_used_and_not_kept(tmp_path):
    folder = tmp_path / "not there"
    async with listed(folder) as (w, _):
        instrument = await described(w)

        assert instrument is not None
        assert not folder.exists()


async def test_given_a_solver_that_is_not_there_then_said_so_within_its_time():
    async with listed() as (w, solver):
        w.solver = "http://127.0.0.1:1"
        await restarted(w)

        with pytest.raises(VenueUnavailable, match="no connection"):
            await described(w)
        assert solver.asked == 0
