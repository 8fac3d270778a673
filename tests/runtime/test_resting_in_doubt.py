"""A close that may rest and that nobody answered for: when it is proven not there."""

from __future__ import annotations

from decimal import Decimal

from exitd.core.inputs import OrderReport
from exitd.core.trigger import Close, DoneReason, OrderType, Quantity, QuantityKind
from exitd.errors import VenueUnavailable
from fakes.exchange import SOL
from fakes.outcomes import LoseReply, LoseRequest, Rest
from runtime.desk import D, Desk, S, in_virtual_time, stop

PATIENT = Close(
    Quantity(QuantityKind.ABSOLUTE, D(4)),
    OrderType.LIMIT,
    D("0.5"),
    patience_ns=(60 * S, 60 * S),
)


@in_virtual_time
async def test_b089_given_it_leaves_the_book_before_the_clean_read_then_no_second_one():
    desk = await Desk().start()
    await desk.arm(stop(action=PATIENT))
    desk.venue.lose_stream()
    desk.venue.script(LoseReply(Rest()))
    desk.venue.history_lag_ns = 3 * S // 2
    lag_ns = desk.venue.capabilities.lag_slack_ns
    ask = desk.venue.open_orders

    async def filled_first(symbol: str | None = None) -> tuple[OrderReport, ...]:
        # It rested while nobody could ask; now it is gone, and in no history yet.
        (attempt,) = desk.loop.engine.state.attempts.values()
        now_ns = desk.clock.now_ns()
        if now_ns < attempt.expires_venue_ns + lag_ns:
            raise VenueUnavailable("the venue does not answer yet; ask again")
        order = desk.venue.ledger[0]
        desk.venue.exchange.fill(order, order.leaves, D(95), now_ns)
        return await ask(symbol)

    desk.venue.open_orders = filled_first  # type: ignore[method-assign]
    desk.mark("95")
    await desk.settle(60)

    assert [order.filled for order in desk.venue.ledger] == [D(4)]
    assert desk.venue.exchange.net(SOL) == D(6)


@in_virtual_time
async def test_b089_given_it_never_arrived_then_the_next_one_goes_after_the_lag():
    desk = await Desk().start()
    await desk.arm(stop(action=PATIENT))
    desk.venue.lose_stream()
    desk.venue.script(LoseRequest())
    desk.mark("95")

    await desk.settle(60)

    sent = [s.order.attempt.n for s in desk.venue.sent]
    assert sent[:2] == [1, 2]
    lag_s = Decimal(desk.venue.capabilities.lag_slack_ns) / S
    between_ns = desk.venue.sent[1].ts_ns - desk.venue.sent[0].ts_ns
    assert Decimal(between_ns) / S >= 5 + lag_s


@in_virtual_time
async def test_given_one_that_was_missed_when_it_is_over_then_no_longer_remembered():
    desk = await Desk().start()
    await desk.arm(stop(action=PATIENT))
    desk.venue.lose_stream()
    desk.venue.script(LoseRequest())
    desk.mark("95")
    await desk.settle(60)
    inquiry = desk.account.inquiry
    assert [key.n for key in inquiry._missing_ns] == [1]

    await inquiry.resolve_now(SOL)

    assert inquiry._missing_ns == {}


@in_virtual_time
async def test_b088_given_an_order_dated_before_its_signature_then_its_fill_is_found():
    desk = await Desk().start()
    await desk.arm(stop(action=PATIENT))
    desk.venue.script(Rest())
    desk.mark("95")
    await desk.settle()
    (order,) = desk.venue.ledger
    order.ts_created_ns -= 20 * S
    desk.venue.lose_stream()

    desk.venue.exchange.fill(order, order.leaves, D(95), desk.clock.now_ns())
    await desk.settle(40)

    assert desk.trigger().reason is DoneReason.FILLED
