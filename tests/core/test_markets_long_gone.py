"""What comes of a market that was forgotten: late reports, prices, or the quote."""

from __future__ import annotations

from core.ended_world import (
    KEPT,
    MARKET,
    elsewhere,
    forget,
    gone,
    is_known,
    long_after,
    on_chain,
)
from core.test_files import apply, from_file
from core.worlds import (
    ACCOUNT,
    LAST,
    MARK,
    MS,
    SYMBOL,
    D,
    S,
    instrument,
    stop,
    trail,
)
from exitd.core.events import FactKind
from exitd.core.hole_inputs import (
    HoleFilled,
    HoleFound,
    HoleUnknown,
    SourcesSeen,
)
from exitd.core.inputs import (
    InstrumentReport,
    OrderReport,
    OrderStatus,
    SourceJudged,
)
from exitd.core.market import PriceKind, PriceSource
from exitd.core.past_inputs import Recall
from exitd.core.policy import Policies
from exitd.core.position import OrderSide


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
    assert MARKET not in state.market_ends.needed_by


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
