"""Default stops: where nobody else watches, and nowhere else."""

from __future__ import annotations

from exitd.core.attempt import RefusalKind
from exitd.core.entry import EntryOrder
from exitd.core.entry_inputs import Enter, EntryRefused, EntrySigned
from exitd.core.inputs import CancelTrigger, OrderReport, OrderStatus
from exitd.core.market import PriceKind
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.state import Accepted
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from exitd.runtime.default_stops import OWNER, DefaultStops
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, D, Desk, in_virtual_time, stop

KEY = PositionKey(ACCOUNT, SOL, Side.LONG)
ID = f"default/{KEY}"


async def covered(*, named: frozenset[PositionKey] = frozenset(), **changed):  # type: ignore[no-untyped-def]
    desk = Desk(**changed)
    stops = DefaultStops(
        desk.loop,
        desk.spawn,
        lambda: named,
        percent=D(8),
        prices={ACCOUNT: PriceKind.MARK},
    )
    await desk.start()
    return desk, stops


@in_virtual_time
async def test_given_a_position_that_nobody_watches_then_it_gets_a_stop():
    desk, _ = await covered()
    await desk.settle(6)

    record = desk.trigger(ID)
    assert record.definition.owner == OWNER
    assert record.trigger_price == D(92)
    desk.account.prices.watch_sources()
    desk.mark("92")
    await desk.settle(20)

    assert desk.sent == [(ID, D(10))]


@in_virtual_time
async def test_given_a_stop_comes_in_time_then_there_is_no_other():
    desk, _ = await covered()
    await desk.arm(stop())

    await desk.settle(10)

    assert ID not in desk.loop.engine.state.triggers


@in_virtual_time
async def test_given_a_file_names_the_position_then_it_is_left_to_that():
    desk, stops = await covered(named=frozenset({KEY}))

    await desk.settle(10)
    await stops.cover()

    assert ID not in desk.loop.engine.state.triggers


@in_virtual_time
async def test_given_a_person_cancels_it_then_it_stays_cancelled_for_this_position():
    desk, stops = await covered()
    await desk.settle(6)

    reply = await desk.loop.command(
        CancelTrigger(trigger_id=ID, by="ops", now_ns=desk.clock.now_ns())
    )
    await stops.cover()

    assert isinstance(reply, Accepted)
    assert desk.trigger(ID).state == "done"
    desk.venue.hold(SOL, "0")
    await desk.settle(1)
    desk.venue.hold(SOL, "5")
    await desk.settle(8)
    desk.mark("100")
    await desk.settle(1)
    assert desk.trigger(ID).state == "armed"


@in_virtual_time
async def test_given_a_file_names_it_later_then_its_stop_takes_the_place():
    named: set[PositionKey] = set()
    desk = Desk()
    stops = DefaultStops(
        desk.loop,
        desk.spawn,
        lambda: named,
        percent=D(8),
        prices={ACCOUNT: PriceKind.MARK},
    )
    await desk.start()
    await desk.settle(6)

    named.add(KEY)
    await stops.cover()
    assert desk.trigger(ID).state == "armed"
    await desk.arm(stop())
    await stops.cover()

    assert desk.trigger(ID).state == "done"
    assert desk.trigger("sl").state == "armed"


@in_virtual_time
async def test_given_the_price_is_beyond_it_already_then_it_waits_and_closes_nothing():
    desk, _ = await covered()
    desk.mark("90")

    await desk.settle(10)

    assert desk.trigger(ID).state == "waiting"
    assert desk.sent == []


@in_virtual_time
async def test_given_an_account_without_a_price_for_it_then_left_alone():
    desk = Desk()
    stops = DefaultStops(desk.loop, desk.spawn, frozenset, percent=D(8), prices={})
    await desk.start()

    await stops.cover()

    assert desk.loop.engine.state.triggers == {}


async def entering(desk: Desk, **attached: str) -> None:
    """An alert asks for more of it, and the broker is to hold the exits."""
    ticket = Ticket(
        symbol=SOL,
        asset_class=AssetClass.CRYPTO,
        side=OrderSide.BUY,
        quantity=D(2),
        order=TicketType.MARKET,
        client_order_id="ref-1",
        attached=AttachedExits(**{name: D(text) for name, text in attached.items()}),
    )
    order = EntryOrder(id="desk-1", account=ACCOUNT, ticket=ticket)
    reply = await desk.loop.command(Enter(order=order, now_ns=desk.clock.now_ns()))
    assert isinstance(reply, Accepted)


def filled(desk: Desk) -> None:
    now_ns = desk.clock.now_ns()
    desk.loop.handle(EntrySigned("desk-1", b"signed", now_ns, now_ns, now_ns))
    desk.loop.handle(
        OrderReport(
            account=ACCOUNT,
            symbol=SOL,
            venue_order_id="v1",
            client_order_id=None,
            reference="ref-1",
            status=OrderStatus.FILLED,
            side=OrderSide.BUY,
            quantity=D(2),
            filled=D(2),
            filled_quote=D(200),
            ts_venue_ns=now_ns,
            now_ns=now_ns,
        )
    )


@in_virtual_time
async def test_given_a_broker_holds_the_stop_of_what_it_has_filled_then_there_is_none():
    desk, _ = await covered()
    await entering(desk, stop_price="90")
    filled(desk)

    await desk.settle(10)

    assert ID not in desk.loop.engine.state.triggers


@in_virtual_time
async def test_given_an_entry_with_exits_was_refused_then_its_position_gets_a_stop():
    desk, _ = await covered()
    await entering(desk, stop_price="90")
    desk.loop.handle(
        EntryRefused(
            entry_id="desk-1",
            kind=RefusalKind.MARGIN,
            code="no",
            message="no",
            now_ns=desk.clock.now_ns(),
        )
    )

    await desk.settle(10)

    assert desk.trigger(ID).state == "armed"


@in_virtual_time
async def test_given_a_broker_holds_a_target_only_then_its_position_gets_a_stop():
    desk, _ = await covered()
    await entering(desk, take_profit_price="110")
    filled(desk)

    await desk.settle(10)

    assert desk.trigger(ID).state == "armed"
