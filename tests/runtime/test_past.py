"""Done triggers leave memory in quiet moments, and are nowhere lost on the way."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from exitd.core.attempt import Capabilities
from exitd.core.condition import ConditionKind
from exitd.core.engine import Engine
from exitd.core.inputs import Arm, CancelTrigger, InstrumentReport, PositionReport
from exitd.core.market import Instrument, InstrumentKind
from exitd.core.policy import Policies
from exitd.ports.store import PastQuery
from exitd.runtime.control.running import settle
from exitd.runtime.loop import EngineLoop
from exitd.runtime.past import EVERY_S
from fakes.clocks import ManualClock
from fakes.exchange import SOL
from fakes.store import FakeStore
from runtime.desk import ACCOUNT, LONG, D, in_virtual_time, rule
from simulation.virtual_time import let_pass

KEPT_NS = Policies().done_kept_ns


class Here:
    """An engine loop on a fake store, with triggers that are done."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeStore(self.clock)
        self.loop = EngineLoop(Engine(), self.store, self.clock)
        self.state = self.loop.engine.state
        self.loop.engine.add_account(ACCOUNT, 7, Capabilities(window_ns=5_000_000_000))
        market = Instrument(
            account=ACCOUNT,
            symbol=SOL,
            kind=InstrumentKind.PERPETUAL,
            base="SOL",
            quote="USDC",
            price_step=D("0.01"),
            quantity_step=D("0.01"),
            min_quantity=D("0.01"),
        )
        self.loop.handle(InstrumentReport(market, self.clock.now_ns()))
        self.loop.handle(
            PositionReport(
                key=LONG,
                quantity=D(10),
                entry_price=D(100),
                ts_venue_ns=1,
                proven=True,
                now_ns=self.clock.now_ns(),
            )
        )

    def done(self, *ids: str) -> None:
        for number, id in enumerate(ids):
            self.clock.advance(1)
            stop = rule(id, ConditionKind.STOP_LOSS, f"{50 + number}")
            self.loop.handle(Arm(definitions=(stop,), now_ns=self.clock.now_ns()))
            now_ns = self.clock.now_ns()
            self.loop.handle(CancelTrigger(trigger_id=id, by="me", now_ns=now_ns))

    async def settled(self) -> None:
        await settle(self.store)


async def long_done(*ids: str) -> Here:
    here = Here()
    here.done(*ids)
    await here.settled()
    here.clock.advance(KEPT_NS)
    return here


async def test_given_triggers_long_done_when_it_is_quiet_then_forgotten():
    here = await long_done("one", "two")

    here.loop.past.step()
    await here.settled()

    assert list(here.state.triggers) == ["two"]
    assert list(here.store.disk.past) == ["one"]
    assert [t.id for t in here.store.load().triggers] == ["two"]


async def test_given_nothing_that_is_due_then_nothing_is_decided():
    here = Here()
    here.loop.past.step()
    here.done("one", "two")
    await here.settled()
    submitted = len(here.store.submitted)

    here.loop.past.step()

    assert len(here.store.submitted) == submitted


async def test_given_a_disk_that_is_busy_or_broken_then_later():
    here = await long_done("one", "two")
    here.store.fail_disk()
    here.loop.past.step()
    assert list(here.state.triggers) == ["one", "two"]

    here.store.mend_disk()
    here.store.hold()
    here.done("three")
    here.loop.past.step()
    assert "one" in here.state.triggers

    here.store.release()
    await here.settled()
    here.loop.past.step()
    assert "one" not in here.state.triggers


async def test_given_one_that_is_not_gone_from_disk_yet_then_it_is_found_all_the_same():
    here = await long_done("one", "two")
    one = here.state.triggers["one"]
    here.store.hold()
    here.loop.past.step()
    past = here.loop.past
    assert here.store.disk.past == {}

    assert past.known("one") == one
    assert await past.find(["one", "two", "three"]) == {
        "one": one,
        "two": here.state.triggers["two"],
    }
    assert [record.id for record in past.here()] == ["two", "one"]

    await past.recall(["one"])
    assert here.state.triggers["one"] == one

    here.store.release()
    await here.settled()
    assert [t.id for t in here.store.load().triggers] == ["two", "one"]
    assert [record.id for record in past.here()] == ["two", "one"]


async def test_given_one_that_goes_to_disk_while_others_are_read_then_it_is_found():
    here = await long_done("one", "two")
    one = here.state.triggers["one"]
    here.store.hold()
    here.loop.past.step()
    read = here.store.past_triggers_by_id

    async def slow(ids):
        stored = await read(ids)
        here.store.release()
        await asyncio.sleep(0)
        return stored

    here.store.past_triggers_by_id = slow
    assert await here.loop.past.find(["one", "nobody"]) == {"one": one}
    assert here.loop.past.known("one") is None


async def test_given_one_in_the_store_when_recalled_then_it_stays_for_its_time():
    here = await long_done("one", "two")
    past = here.loop.past
    past.step()
    await here.settled()

    await past.recall(["one", "nobody"])
    await here.settled()
    here.clock.advance(KEPT_NS - 1)
    past.step()
    assert list(here.state.triggers) == ["two", "one"]

    here.clock.advance(1)
    past.step()
    await here.settled()
    assert list(here.state.triggers) == ["two"]


async def test_given_nothing_that_is_done_when_recalled_then_nothing_is_decided():
    here = Here()
    await here.settled()
    submitted = len(here.store.submitted)

    await here.loop.past.recall([])
    await here.loop.past.recall(["nobody"])

    assert len(here.store.submitted) == submitted


async def test_given_a_crash_before_it_is_on_disk_then_a_start_still_has_it():
    here = await long_done("one", "two")
    here.store.hold()
    here.loop.past.step()

    restarted = here.store.restart()

    assert [t.id for t in restarted.load().triggers] == ["one", "two"]
    assert await restarted.past_triggers(PastQuery()) == ()


async def test_given_more_than_a_page_of_the_past_when_read_then_each_once():
    here = Here()
    template = await long_done("one", "two")
    record = template.state.triggers["one"]
    for number in range(1_203):
        definition = replace(record.definition, id=f"t{number:04}")
        here.store.disk.past[definition.id] = replace(record, definition=definition)

    found = [record.id async for record in here.loop.past.each(PastQuery())]

    assert found == sorted(here.store.disk.past)
    assert here.state.triggers == {}


@in_virtual_time
async def test_given_the_task_when_it_runs_then_it_looks_once_a_second():
    here = await long_done("one", "two")
    running = asyncio.ensure_future(here.loop.past.run())

    await let_pass(EVERY_S / 2)
    assert list(here.state.triggers) == ["one", "two"]
    await let_pass(EVERY_S)
    assert list(here.state.triggers) == ["two"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
