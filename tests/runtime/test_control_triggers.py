"""Commands that no door changes: full disks, dry runs, tokens, what is shown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.daemons import ACCOUNT, ME, ClosedFeed, World, build, started
from exitd.cli.wording import fire_line
from exitd.configuration.values import read_instant
from exitd.core.condition import ConditionKind
from exitd.core.inputs import IfCrossed
from exitd.core.market import PriceKind, PriceSource, Tick
from exitd.core.position import Side
from exitd.core.trigger import FireRecord, OrderType
from exitd.errors import VenueUnavailable
from exitd.ports.store import StoreHealth
from exitd.ports.venue import Prepared
from exitd.runtime.control import Filter, TriggerRequest
from exitd.runtime.control.requests import TriggerChange
from exitd.runtime.problems import Conflict, NoRoom, NotFound, Unusable
from exitd.runtime.shown import fire_view, slippage_percent, timestamp
from fakes.exchange import SOL
from fakes.outcomes import Rest
from fakes.venue import FakeVenue

STOP = TriggerRequest(
    kind=ConditionKind.STOP_LOSS, level=Decimal(95), symbol=SOL, side=Side.LONG
)
TARGET = TriggerRequest(
    kind=ConditionKind.TAKE_PROFIT, level=Decimal(110), symbol=SOL, side=Side.LONG
)


class SigningVenue(FakeVenue):
    """Signs as the real one: a signature in a header."""

    def prepare(self, order) -> Prepared:  # type: ignore[no-untyped-def]
        plain = super().prepare(order)
        body = {"headers": {"X-Signature": "c2VjcmV0"}, "body": plain.body.decode()}
        return Prepared(
            msgspec.json.encode(body), plain.ts_signed_venue_ns, plain.expires_venue_ns
        )


async def test_b031_given_a_full_disk_when_armed_then_507_and_nothing_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with started(tmp_path) as world:
        store = type(world.daemon.store)
        monkeypatch.setattr(store, "health", property(lambda _: StoreHealth.FULL))

        with pytest.raises(NoRoom) as caught:
            await world.control.triggers.arm([STOP], ME)

        assert (caught.value.status, caught.value.code) == (507, "store_full")
        assert world.daemon.loop.engine.state.triggers == {}
        monkeypatch.undo()


async def test_b032_given_a_batch_when_one_is_invalid_then_no_id_is_taken(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        wrong = msgspec.structs.replace(STOP, level=Decimal("94.005"))

        with pytest.raises(Unusable, match=r"94 and 94\.01"):
            await world.control.triggers.arm([TARGET, wrong], ME)

        assert world.daemon.loop.engine.state.triggers == {}


async def test_b020_given_a_price_that_nobody_watches_when_crossed_then_refused(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        last = PriceSource(ACCOUNT, SOL, PriceKind.LAST)
        world.feed.polled[last] = Decimal(94)
        asked = msgspec.structs.replace(STOP, price="last")

        with pytest.raises(Conflict, match="last is 94"):
            await world.control.triggers.arm([asked], ME)
        fired = await world.control.triggers.arm([asked], ME, if_crossed=IfCrossed.FIRE)
        await world.until(lambda: world.state_of(fired.triggers[0].id) == "done")

        assert world.feed.polls >= 1
        assert len(world.venue.ledger) == 1


async def test_b007_given_no_price_at_all_when_armed_then_armed(tmp_path: Path):
    async with started(tmp_path) as world:
        asked = msgspec.structs.replace(STOP, price="index")

        armed = await world.control.triggers.arm([asked], ME)

        assert world.state_of(armed.triggers[0].id) == "armed"


async def test_given_a_feed_that_fails_when_armed_twice_then_asked_once(
    tmp_path: Path,
):
    class Failing(ClosedFeed):
        async def poll(self, source: PriceSource) -> Tick | None:
            self.polls += 1
            raise VenueUnavailable("the venue did not answer; ask again")

    async with started(tmp_path) as world:
        world.feed.__class__ = Failing
        for level in (95, 94):
            asked = msgspec.structs.replace(STOP, price="index", level=Decimal(level))
            await world.control.triggers.arm([asked], ME)

        assert world.feed.polls == 1


async def test_b020_given_a_paused_stop_when_crossed_meanwhile_then_not_resumed(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        id = (await world.control.triggers.arm([STOP], ME)).triggers[0].id
        await world.control.triggers.pause(id, ME)
        await world.watched_mark("94")

        with pytest.raises(Conflict, match="already crossed"):
            await world.control.triggers.resume(id, ME)

        assert world.venue.ledger == []


async def test_given_a_dry_run_when_shown_then_signed_and_masked(tmp_path: Path):
    async with started(tmp_path) as world:
        world.venue.__class__ = SigningVenue
        limit = msgspec.structs.replace(
            STOP,
            order=OrderType.LIMIT,
            slippage_limit=Decimal(2),
            do="cancel_and_close",
        )
        id = (await world.control.triggers.arm([limit], ME)).triggers[0].id
        counters = dict(world.daemon.loop.engine.state.counters)

        order = await world.control.order_if_fired(id)

        request = json.loads(order.request or "")
        assert request["headers"] == {"X-Signature": "***"}
        assert (order.order, order.price, order.time_in_force) == (
            "limit",
            "93.1",
            "ioc",
        )
        assert "cancels orders" in order.notes[0]
        assert world.daemon.loop.engine.state.counters == counters
        assert world.state_of(id) == "armed"


async def test_given_a_sibling_that_works_when_dry_run_then_it_would_wait(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        world.venue.script(Rest())
        await world.control.by_hand.take_profit(
            SOL, ME, side="Ask", price=Decimal(120), quantity=Decimal(8)
        )
        id = (await world.control.triggers.arm([TARGET], ME)).triggers[0].id

        order = await world.control.order_if_fired(id)

        assert order.quantity is None
        assert "other closes of the position" in order.notes[0]


async def test_given_a_trigger_that_is_done_when_dry_run_then_refused(tmp_path: Path):
    async with started(tmp_path) as world:
        id = (await world.control.triggers.arm([STOP], ME)).triggers[0].id
        await world.control.triggers.cancel(id, ME)

        with pytest.raises(Conflict, match="only an armed trigger is fired"):
            await world.control.order_if_fired(id)
        with pytest.raises(NotFound):
            await world.control.order_if_fired("no/such")


async def test_given_more_triggers_than_a_page_when_all_are_asked_for_then_each_once(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        for start in range(0, 1_200, 400):
            batch = [
                msgspec.structs.replace(STOP, level=Decimal(start + n + 1) / 100 + 50)
                for n in range(400)
            ]
            await world.control.triggers.arm(batch, ME)

        views = await world.control.reading.every(Filter(symbol=SOL))
        ids = [view.id for view in views]

        assert ids == sorted(world.daemon.loop.engine.state.triggers)
        assert len(ids) == 1_200


async def test_given_an_amend_by_another_when_shown_then_the_owner_stays(
    tmp_path: Path,
):
    async with started(tmp_path) as world:
        id = (await world.control.triggers.arm([STOP], ME)).triggers[0].id
        change = TriggerChange(level=Decimal(94), note="wider")

        view = (await world.control.triggers.amend(id, change, ME)).triggers[0]

        assert (view.level, view.note, view.owner) == ("94", "wider", ME.name)


async def test_given_paper_mode_when_asked_then_the_banner_says_so(tmp_path: Path):
    world: World = build(tmp_path, mode="paper")

    status = await world.control.standing.status()

    assert status.banner == "PAPER, NOT PROTECTING"
    assert not status.is_ready
    await world.daemon.store.close()


async def test_given_a_test_message_when_asked_for_then_somebody_hears_it(
    tmp_path: Path,
):
    world = build(tmp_path)

    view = await world.control.notify_test()

    found = [(d.target, d.reason) for d in view.deliveries]
    assert found == [("phone", ""), ("mail", "refused")]
    await world.daemon.store.close()


@pytest.mark.parametrize(
    ("scopes", "error"), [((), Unusable), (("read", "everything"), Unusable)]
)
async def test_given_scopes_that_are_none_when_a_token_is_asked_then_refused(
    tmp_path: Path, scopes: tuple[str, ...], error: type[Exception]
):
    world = build(tmp_path)
    with pytest.raises(error):
        await world.control.tokens.create("phone", scopes, ME)
    await world.control.tokens.create("phone", ["read"], ME)
    with pytest.raises(Conflict):
        await world.control.tokens.create("phone", ["read"], ME)
    with pytest.raises(NotFound):
        await world.control.tokens.revoke("other", ME)
    await world.daemon.store.close()


def fire(side: Side, level: Decimal, average: Decimal) -> FireRecord:
    return FireRecord(
        trigger_id="t",
        arming=1,
        account="main",
        symbol=SOL,
        side=side,
        lifetime=1,
        level=level,
        observed=level,
        source=PriceSource("main", SOL, PriceKind.MARK),
        ts_venue_ns=1,
        ts_recv_ns=2,
        ts_hit_ns=3,
        filled=Decimal(2),
        filled_quote=average * 2,
    )


PRICES = st.decimals(min_value=1, max_value=10_000, places=2)


@given(level=PRICES, average=PRICES)
def test_b140_given_a_fill_when_worse_for_us_then_the_slippage_is_positive(
    level: Decimal, average: Decimal
):
    sold = slippage_percent(fire(Side.LONG, level, average))
    bought = slippage_percent(fire(Side.SHORT, level, average))

    assert sold is not None
    assert (sold > 0) == (average < level)
    assert bought == -sold


def test_b140_given_an_exit_by_another_market_when_shown_then_named_and_no_slippage():
    done = msgspec.structs.replace(
        fire(Side.LONG, Decimal(96), Decimal(95)), open=False
    )
    source = PriceSource("binance", "BTCUSDT", PriceKind.MARK)
    own = fire_view(done)
    other = fire_view(msgspec.structs.replace(done, source=source))

    assert (own.watch, own.slippage_percent) == (None, "1.04")
    assert (other.watch, other.slippage_percent) == ("binance/BTCUSDT", None)
    assert other.average_price == "95"
    assert other.gap_percent == "0.00"
    assert f": {SOL} 96, level 96; " in fire_line(own)
    assert ": binance/BTCUSDT 96, level 96; " in fire_line(other)
    assert fire_line(other).endswith("2 at 95")


def test_b140_given_no_fill_when_shown_then_no_average_and_no_slippage():
    view = fire_view(fire(Side.LONG, Decimal(95), Decimal(0)))
    unfilled = fire_view(
        msgspec.structs.replace(
            fire(Side.LONG, Decimal(95), Decimal(1)), filled=Decimal(0)
        )
    )

    assert view.average_price == "0"
    assert (unfilled.average_price, unfilled.slippage_percent) == (None, None)


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_b141_given_an_instant_when_written_then_every_nanosecond_is_kept(ts_ns: int):
    assert read_instant(timestamp(ts_ns)).ts_ns == ts_ns
