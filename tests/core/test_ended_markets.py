"""Markets that ended with their position leave memory, once nothing needs them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core import entering, guarding, overlapped
from core.ended_world import (
    BINANCE,
    CHAIN,
    KEPT,
    MARKET,
    OTHER,
    OTHER_LONG,
    OTHER_MARK,
    elsewhere,
    forget,
    is_known,
    long_after,
    on_chain,
)
from core.worlds import (
    ACCOUNT,
    MARK,
    D,
    S,
    World,
    instrument,
    rule,
    stop,
    target,
    trail,
)
from exitd.core import ended_markets
from exitd.core.condition import ConditionKind, Confirmation
from exitd.core.hole_inputs import (
    SourcesSeen,
)
from exitd.core.inputs import (
    Amend,
    InstrumentReport,
    PositionsDoubted,
)
from exitd.core.market import Spread
from exitd.core.policy import Policies
from exitd.core.position import PositionKey, Side
from exitd.core.records import SeenRecord
from exitd.core.trigger import Notify

# What is forgotten


def test_given_a_market_that_ended_long_ago_then_nothing_of_it_is_left():
    world = on_chain()
    world.arm(trail("runner", "1"), target("tp", "120"))
    world.mark("101", "99")
    world.fill()
    world.position("0")

    long_after(world)

    state = world.engine.state
    assert not is_known(world)
    keys = [PositionKey(*MARKET, side) for side in Side]
    by_key = ("under_way", "neighbours", "by_position", "followers", "entries_by_key")
    for name in (*by_key, "stops_firing", "held"):
        assert not any(key in getattr(state, name) for key in keys), name
    assert not state.passed
    assert not any(role.key in keys for role in state.shared_roles)
    assert MARKET not in state.markets_read_ns
    assert MARKET not in state.market_ends.needed_by
    assert MARKET not in state.market_ends.sources
    assert MARK not in state.books
    assert world.store.gone[MARKET].instrument == instrument()


def test_given_a_market_that_ended_long_ago_then_no_start_restores_it():
    world = on_chain()
    world.arm(trail("runner", "1"))
    world.mark("101", "102")
    world.do(SourcesSeen(((MARK, world.now_ns),), world.later()))
    world.position("0")

    long_after(world)

    left = world.store.snapshot()
    assert [p.key for p in left.positions] == [OTHER_LONG]
    assert [i.symbol for i in left.instruments] == ["OTHER"]
    assert left.watermarks == ()
    assert left.seen == ()


def test_given_a_market_that_has_just_ended_then_it_stays_for_its_time():
    world = on_chain()
    world.wait(2 * KEPT)
    world.position("0")

    world.wait(KEPT - S)
    forget(world)
    assert is_known(world)

    world.wait(S)
    forget(world)
    assert not is_known(world)


def test_given_a_venue_whose_markets_stay_then_nothing_is_forgotten():
    world = World()
    world.position("0")

    world.wait(4 * KEPT)

    assert forget(world).is_quiet
    assert MARKET in world.engine.state.instruments


def test_given_very_many_then_so_many_are_forgotten_at_once(monkeypatch):
    monkeypatch.setattr(ended_markets, "AT_ONCE", 2)
    world = on_chain()
    keys = [PositionKey(ACCOUNT, f"Q{n}", Side.LONG) for n in range(3)]
    world.wait(KEPT)
    for key in keys:
        world.position("1", key=key)
        world.position("0", key=key)
    forget(world)
    world.wait(KEPT)

    assert len(forget(world).records) == 2
    assert len(forget(world).records) == 1
    assert not any(key in world.engine.state.positions for key in keys)


def test_given_a_restart_then_it_goes_by_when_it_was_told_to_be_closed():
    world = on_chain()
    world.position("0")
    world.wait(KEPT - S)
    world.position("7", key=OTHER_LONG)

    world.restart()
    assert list(world.engine.state.market_ends.due) == [MARKET, OTHER]
    forget(world)
    assert is_known(world)

    world.wait(S)
    forget(world)
    assert not is_known(world)


def test_given_rows_that_outlived_their_market_when_restarted_then_they_go():
    world = on_chain()
    world.store.rows["seen", OTHER_MARK] = SeenRecord(OTHER_MARK, 1)
    world.store.rows["seen", BINANCE] = SeenRecord(BINANCE, 1)
    world.position("0", key=OTHER_LONG)
    world.restart()

    world.wait(2 * KEPT)
    forget(world)

    assert [seen.source for seen in world.store.snapshot().seen] == [BINANCE]


# What is not


def test_given_an_open_position_however_old_then_it_stays():
    world = on_chain()

    long_after(world)

    assert is_known(world)


def test_given_a_connection_that_was_lost_then_it_stays_until_it_is_read_again():
    world = on_chain()
    world.position("0")
    world.do(PositionsDoubted(ACCOUNT, world.later()))

    long_after(world)
    assert is_known(world)

    world.position("0")
    long_after(world)
    assert not is_known(world)


@pytest.mark.parametrize("side", [None, Side.LONG])
def test_given_a_trigger_on_it_then_it_stays(side):
    world = on_chain()
    waits = rule("waits", ConditionKind.BELOW, "50", Notify(), side=side)
    world.arm(replace(waits, template=side is not None))
    world.position("0")

    long_after(world)
    assert is_known(world)

    world.cancel("waits")
    long_after(world)
    assert not is_known(world)


@pytest.mark.parametrize(
    "watching",
    [
        {"source": MARK},
        {
            "confirmation": Confirmation(
                for_ns=S, emergency=D(40), emergency_source=MARK
            )
        },
        {"source": replace(OTHER_MARK, combined=Spread(MARK)), "side": None},
    ],
)
def test_given_a_trigger_elsewhere_that_watches_it_then_it_stays(watching):
    world = on_chain()
    world.tick(OTHER_MARK, "100")
    watches = elsewhere("watches", **watching)
    if "side" in watching:
        watches = replace(
            rule("watches", ConditionKind.ABOVE, "9", Notify(), side=None),
            symbol="OTHER",
            source=watching["source"],
        )
    world.arm(watches)
    world.position("0")

    long_after(world)
    assert is_known(world)

    world.cancel("watches")
    long_after(world)
    assert not is_known(world)
    world.tick(OTHER_MARK, "90")


def test_given_a_trigger_that_watches_it_no_longer_then_it_goes():
    world = on_chain()
    world.tick(OTHER_MARK, "100")
    world.arm(elsewhere("watches", source=MARK))
    world.position("0")
    amended = elsewhere("watches")

    world.do(Amend(definition=amended, now_ns=world.later()))
    long_after(world)

    assert not is_known(world)
    assert world.state("watches") == "armed"


def test_given_a_count_of_triggers_gone_wrong_then_those_of_it_still_keep_it():
    world = on_chain()
    world.arm(replace(stop("waits", "50"), template=True))
    world.position("0")
    world.engine.state.market_ends.needed_by.clear()

    world.wait(2 * KEPT)
    forget(world)

    assert is_known(world)


def test_given_a_close_that_may_still_fill_then_it_stays():
    world = on_chain()
    world.arm(stop("sl", "90"))
    world.mark("90")
    world.lose()
    world.position("0")
    world.cancel("sl", abandon=True)
    # Whatever went wrong with the triggers, the order is not in question.
    state = world.engine.state
    state.market_ends.needed_by.clear()
    state.by_position.clear()
    state.done.clear()

    state.market_ends.due = {MARKET: 0}
    forget(world)
    assert is_known(world)

    state.under_way.clear()
    state.market_ends.due = {MARKET: 0}
    forget(world)
    assert not is_known(world)


def test_given_an_entry_that_is_remembered_then_it_stays():
    kept = Policies(done_kept_ns=S, attempts_kept_ns=KEPT)
    broker = replace(entering.BROKER, ends_markets=True)
    world = entering.EnteringWorld(capabilities=broker, policies=kept)
    world.enter()
    world.fills("4")
    world.position("4")
    world.wait(11 * S)
    world.position("0")

    world.wait(100 * S)
    forget(world)

    assert is_known(world)


def test_given_a_backstop_then_it_stays():
    world = guarding.Guarded(capabilities=CHAIN)
    world.position("0")

    world.wait(2 * KEPT)
    forget(world)
    assert is_known(world)


def test_given_a_backstop_that_is_wanted_then_its_market_stays():
    world = guarding.Guarded("0", capabilities=CHAIN)

    world.wait(2 * KEPT)
    forget(world)

    assert MARKET in world.engine.state.instruments


def test_given_an_unclean_stop_then_no_market_of_its_account_is_forgotten():
    world = overlapped.running(capabilities=CHAIN)
    world.arm(stop("sl", "90"))
    overlapped.fall(world, overlapped.written(world))
    world.do(InstrumentReport(instrument("OTHER"), world.now_ns))
    world.position("1", key=OTHER_LONG)
    world.position("0", key=OTHER_LONG)

    world.wait(2 * KEPT)
    forget(world)

    assert is_known(world, OTHER)
