"""What is told of a close that is found for an exit that is over by then."""

from __future__ import annotations

from core.overlapped import fall, running, written
from core.worlds import ACCOUNT, LONG, SYMBOL, D, World, stop
from exitd.core import first_ids
from exitd.core.inputs import OrderReport, OrderStatus, PositionReport
from exitd.core.position import OrderSide
from exitd.core.takeover import TakeOver
from exitd.core.turn import Turn


def unwritten() -> World:
    """A stop's close of 10 at 95 left, and the machine fell before it was written."""
    world = running()
    world.arm(stop("sl", "95"))
    rows = written(world)
    world.mark("94")
    fall(world, rows)
    return world


def reopened(world: World) -> None:
    """The position is gone, and another one is there that began at 90."""
    world.position("0")
    now_ns = world.later()
    world.do(
        PositionReport(
            key=LONG,
            quantity=D(3),
            entry_price=D(90),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )


def test_b119_given_a_close_of_an_ended_exit_when_found_then_its_profit_is_known():
    world = unwritten()
    world.position("0")

    world.report(0, ts_created_venue_ns=world.now_ns)

    (fired,) = world.fire_rows("sl")
    assert (fired.entry_price, fired.quote) == (D(100), "USDC")
    assert fired.pnl == D(-50)


def test_b119_given_another_position_by_then_then_by_the_entry_of_the_one_it_closed():
    world = unwritten()
    reopened(world)

    world.report(0, ts_created_venue_ns=world.now_ns)

    (fired,) = world.fire_rows("sl")
    assert fired.pnl == D(-50)


def test_b119_given_nobody_knows_the_position_that_it_closed_then_no_profit_is_told():
    world = running()
    world.arm(stop("sl", "95"))
    reserved = world.trigger("sl").first_id
    world.engine.state.standing_by.add(ACCOUNT)
    world.do(TakeOver(account=ACCOUNT, by="cli:root", now_ns=world.later()))
    reopened(world)

    now_ns = world.later()
    world.do(
        OrderReport(
            account=ACCOUNT,
            symbol=SYMBOL,
            venue_order_id="of the other daemon",
            client_order_id=reserved,
            status=OrderStatus.FILLED,
            side=OrderSide.SELL,
            quantity=D(10),
            filled=D(10),
            filled_quote=D(950),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )

    (fired,) = world.fire_rows("sl")
    assert (fired.filled, fired.entry_price, fired.pnl) == (D(10), None, None)


class Unwalked(dict):
    """Rows that nobody may walk through."""

    def values(self):
        raise AssertionError("all triggers were walked through")


def test_given_no_account_is_overlapped_when_started_then_no_trigger_is_looked_at():
    world = World()
    world.arm(stop("sl", "95"))
    state = world.engine.state
    state.triggers = Unwalked(state.triggers)

    first_ids.begin_run(Turn(state, world.later()))

    assert state.unreserved == {}
