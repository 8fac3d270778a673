"""Markets that ended with their position leave memory, once nothing needs them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core import entering, guarding, overlapped
from core.test_files import apply, from_file
from core.worlds import (
    ACCOUNT,
    LAST,
    MARK,
    MS,
    SYMBOL,
    WINDOW_NS,
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
from exitd.core.attempt import Capabilities
from exitd.core.condition import ConditionKind, Confirmation
from exitd.core.events import FactKind
from exitd.core.hole_inputs import (
    HoleFilled,
    HoleFound,
    HoleUnknown,
    SourcesSeen,
)
from exitd.core.inputs import (
    Amend,
    InstrumentReport,
    OrderReport,
    OrderStatus,
    PositionsDoubted,
    SourceJudged,
)
from exitd.core.market import PriceKind, PriceSource, Spread
from exitd.core.past_inputs import ForgetDone, Recall
from exitd.core.policy import Policies
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.records import SeenRecord
from exitd.core.trigger import Notify

KEPT = Policies().done_kept_ns
CHAIN = Capabilities(window_ns=WINDOW_NS, hedge_mode=True, ends_markets=True)
MARKET, OTHER = (ACCOUNT, SYMBOL), (ACCOUNT, "OTHER")
OTHER_MARK = PriceSource(*OTHER, PriceKind.MARK)
OTHER_LONG = PositionKey(*OTHER, Side.LONG)
BINANCE = PriceSource("binance", "SOLUSDT", PriceKind.MARK)


def on_chain(**changed) -> World:
    """A quote of 10, and another one that stays open and was done with the last."""
    world = World(capabilities=CHAIN, **changed)
    world.do(InstrumentReport(instrument("OTHER"), world.now_ns))
    world.position("10", key=OTHER_LONG)
    return world


def elsewhere(id: str, level: str = "50", **changed):
    made = stop(id, level, symbol="OTHER", source=OTHER_MARK)
    return replace(made, **changed)


def forget(world: World):
    return world.do(ForgetDone(world.later()))


def long_after(world: World) -> None:
    """Let all that is over be so for long, also what was forgotten meanwhile."""
    world.arm(elsewhere("last"))
    world.cancel("last")
    for _ in range(4):
        world.wait(KEPT)
        forget(world)


def is_known(world: World, market: tuple[str, str] = MARKET) -> bool:
    state = world.engine.state
    kept = [
        market in state.instruments,
        market in state.markets_due,
        any((k.account, k.symbol) == market for k in state.positions),
    ]
    assert len(set(kept)) == 1, "all of a market goes at once"
    return kept[0]


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
    assert MARKET not in state.markets_read_ns
    assert MARKET not in state.needed_by
    assert MARKET not in state.sources_of
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
    assert list(world.engine.state.markets_due) == [MARKET, OTHER]
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
    world.engine.state.needed_by.clear()

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
    state.needed_by.clear()
    state.by_position.clear()
    state.done.clear()

    world.engine.state.markets_due[MARKET] = 0
    forget(world)

    assert is_known(world)


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


def test_given_an_unclean_stop_then_nothing_of_its_account_is_forgotten():
    world = overlapped.running(capabilities=CHAIN)
    world.arm(stop("sl", "90"))
    overlapped.fall(world, overlapped.written(world))
    world.do(InstrumentReport(instrument("OTHER"), world.now_ns))
    world.position("1", key=OTHER_LONG)
    world.position("0", key=OTHER_LONG)

    world.wait(2 * KEPT)
    forget(world)

    assert is_known(world, OTHER)


# What comes later


def gone(**changed) -> World:
    world = on_chain(**changed)
    world.arm(stop("sl", "90", size="5"), trail("runner", "20"))
    world.mark("101", "102", "90")
    world.fill()
    world.position("0")
    long_after(world)
    assert not is_known(world)
    return world


def test_given_it_is_gone_when_told_that_it_is_flat_then_nothing():
    world = gone()

    assert world.position("0").is_quiet
    assert world.position("0", ts_ns=1).is_quiet
    assert not is_known(world)


def test_given_it_is_gone_when_late_reports_come_then_no_book_and_no_crash():
    world = gone()
    now_ns = world.later()

    world.mark("80")
    world.last("80")
    world.trade(0, "late", "5")
    world.fill(0)
    world.do(SourceJudged(MARK, False, now_ns))
    world.do(SourcesSeen(((MARK, now_ns),), now_ns))
    world.do(HoleFound(MARK, now_ns - S, now_ns))
    world.do(HoleFilled(MARK, (), now_ns))
    world.do(HoleUnknown(MARK, "nobody knows", now_ns))
    world.wait(10 * S)

    assert not is_known(world)
    assert MARK not in world.engine.state.books
    assert world.sizes() == ["5"]


def test_given_prices_that_nobody_saw_when_it_ended_then_it_goes_without_them():
    world = on_chain()
    world.arm(stop("sl", "90"))
    world.do(HoleFound(MARK, world.now_ns - S, world.later()))
    world.position("0")

    long_after(world)
    world.do(HoleFilled(MARK, (), world.later()))

    assert not is_known(world)
    assert MARK not in world.engine.state.books


def test_given_timers_of_its_prices_when_due_then_nothing(monkeypatch):
    policies = Policies(
        done_kept_ns=10 * MS, attempts_kept_ns=10 * MS, guard_percent=D(5)
    )
    world = on_chain(policies=policies)
    index = PriceSource(*MARKET, PriceKind.INDEX)
    world.engine.watched()
    world.arm(trail("runner", "1"))
    world.engine.watched()
    world.tick(index, "100")
    world.mark("101", "150")
    world.cancel("runner")
    world.arm(elsewhere("last"))
    world.cancel("last")
    world.position("0")
    for _ in range(3):
        world.now_ns += 20 * MS
        forget(world)
    assert not is_known(world)

    world.wait(10 * S)

    assert MARK not in world.engine.state.books


def test_given_it_is_gone_when_it_is_open_after_all_then_nothing_is_armed():
    world = gone()
    told = len(world.told(FactKind.TRIGGER_ARMED))

    world.position("10")
    past = tuple(world.store.past.values())
    ids = tuple(record.id for record in past)
    world.do(Recall(trigger_ids=ids, past=past, now_ns=world.later()))
    world.mark("100", "80")

    assert world.engine.state.position(world.key).lifetime == 1
    assert len(world.told(FactKind.TRIGGER_ARMED)) == told
    assert world.state("sl") == "done: filled"
    assert world.sizes() == ["5"]


def test_given_a_file_that_names_it_when_open_again_then_as_if_never_forgotten():
    world = on_chain()
    files = (from_file(stop, "sl", "90"),)
    apply(world, *files)
    world.mark("90")
    world.fill()
    world.position("0")

    long_after(world)
    world.restart()
    apply(world, *files)
    assert is_known(world)

    world.mark("80")
    world.position("10")
    assert world.engine.state.position(world.key).lifetime == 2
    assert world.state("sl") == "waiting: already crossed"


def test_given_it_is_gone_when_its_trigger_is_recalled_then_it_goes_again():
    world = gone()
    past = tuple(world.store.past.values())
    ids = tuple(record.id for record in past)

    world.do(Recall(trigger_ids=ids, past=past, now_ns=world.later()))
    assert world.arm(stop("again", "90")).code == "unknown_symbol"
    long_after(world)

    state = world.engine.state
    assert not is_known(world)
    assert "sl" not in state.triggers
    assert world.key not in state.by_position
    assert MARKET not in state.needed_by


def test_given_it_is_gone_when_the_venue_still_lists_it_then_it_goes_again():
    world = gone()

    world.do(InstrumentReport(instrument(), world.later()))
    world.wait(KEPT - S)
    forget(world)
    assert MARKET in world.engine.state.instruments

    world.wait(S)
    forget(world)
    assert MARKET not in world.engine.state.instruments


def test_given_a_new_market_when_little_is_kept_then_it_waits_for_its_position():
    world = on_chain(policies=Policies(done_kept_ns=MS))
    new = InstrumentReport(instrument("NEW"), world.later())
    world.do(new)
    world.wait(59 * S)
    forget(world)
    assert (ACCOUNT, "NEW") in world.engine.state.instruments

    world.wait(2 * S)
    forget(world)
    assert (ACCOUNT, "NEW") not in world.engine.state.instruments


def test_given_an_order_of_nobody_in_it_then_it_is_only_noted():
    world = gone()
    now_ns = world.later()

    world.do(
        OrderReport(
            account=ACCOUNT,
            symbol=SYMBOL,
            venue_order_id="v9",
            client_order_id=None,
            status=OrderStatus.FILLED,
            side=OrderSide.SELL,
            quantity=D(1),
            filled=D(1),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )

    assert not is_known(world)


def test_given_another_price_of_it_then_that_book_goes_too():
    world = on_chain()
    changes = world.engine.state.books_changed
    world.arm(stop("sl", "90", source=LAST))
    world.position("0")

    long_after(world)

    assert LAST not in world.engine.state.books
    # Books of other markets came meanwhile; each coming and going counts.
    assert world.engine.state.books_changed >= changes + 3
