"""The whole runtime on a chain that does what chains do, and one close comes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chain.deployed import CLOSER, VERSIONS, wei
from chain.desk import ChainDesk, held
from exitd.core.condition import ConditionKind
from exitd.core.events import FactKind
from exitd.core.trigger import (
    Close,
    DoneReason,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerState,
)

#: Words of the contract's quote: status, price and quantity of its close request.
KIND, CLOSED, PRICE, ASKED = 4, 10, 18, 19


def share(percent: str) -> Close:
    return Close(quantity=Quantity(QuantityKind.SHARE, Decimal(percent)))


async def until_status(desk: ChainDesk, quote_id: int, status: int) -> None:
    await desk.until(lambda: desk.w.chain.status(quote_id) == status)


async def solved(desk: ChainDesk, quote_id: int, price: str) -> list[int]:
    """Let the solver fill what is asked for, one close after the other; what was."""
    asked = []
    while desk.w.chain.status(quote_id) != 7:
        await until_status(desk, quote_id, 5)
        asked.append(desk.w.chain.quote(quote_id)[ASKED])
        desk.w.chain.fill(quote_id, str(Decimal(asked[-1]) / 10**18), price)
    return asked


async def test_given_a_target_is_pending_when_the_stop_is_hit_then_one_at_a_time():
    """The contract takes one close of a quote at a time: the stop's cancels first."""
    async with held() as (w, desk, quote_id):
        await desk.arm(share("50"), "2.2", ConditionKind.TAKE_PROFIT, "tp")
        desk.price("2.2")
        await until_status(desk, quote_id, 5)
        target = w.chain.quote(quote_id)

        desk.price("1.9")
        await until_status(desk, quote_id, 6)
        w.chain.accept_cancel(quote_id)
        asked = await solved(desk, quote_id, "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert target[ASKED] == wei("50")
        # What is closable goes at once, the rest once the other is known to be over.
        assert asked in ([wei("100")], [wei("50"), wei("50")])


async def test_given_the_solver_fills_the_target_first_then_the_stop_closes_the_rest():
    async with held() as (w, desk, quote_id):
        await desk.arm(share("50"), "2.2", ConditionKind.TAKE_PROFIT, "tp")
        desk.price("2.2")
        await until_status(desk, quote_id, 5)

        desk.price("1.9")
        await until_status(desk, quote_id, 6)
        w.chain.fill(quote_id, "50", "2.2")
        asked = await solved(desk, quote_id, "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert asked == [wei("50")]


@pytest.mark.parametrize("version", VERSIONS)
async def test_b081_given_a_rest_below_the_contracts_floor_then_all_of_it_is_closed(
    version,
):
    # 100 lock 40, of which 5 must stay: a rest of less than 12.5 may not be left.
    async with held(version, action=share("88")) as (w, desk, quote_id):
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        asked = w.chain.quote(quote_id)[ASKED]
        w.chain.fill(quote_id, "100", "1.89")

        assert asked == wei("100")
        assert await desk.done() is DoneReason.FILLED


@pytest.mark.parametrize("version", VERSIONS)
async def test_given_a_share_off_the_step_then_rounded_to_what_the_solver_takes(
    version,
):
    bounded = Close(
        quantity=Quantity(QuantityKind.SHARE, Decimal("33.333333333333333333")),
        bound=Decimal("1.800049999999999999"),
    )
    async with held(version, action=bounded) as (w, desk, quote_id):
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        quote = w.chain.quote(quote_id)
        w.chain.fill(quote_id, "33.3", "1.85")

        assert await desk.done() is DoneReason.FILLED
        assert quote[ASKED] == wei("33.3")
        # Never to a worse price: a sale's bound goes up to the solver's four decimals.
        assert quote[PRICE] == wei("1.8001")


@pytest.mark.parametrize("version", VERSIONS)
async def test_b026_given_a_quote_off_the_step_when_hit_then_closed_to_the_last_digit(
    version,
):
    async with held(version, quantity="100.0437") as (w, desk, quote_id):
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        asked = w.chain.quote(quote_id)[ASKED]
        w.chain.fill(quote_id, "100.0437", "1.89")

        assert asked == wei("100.0437")
        assert await desk.done() is DoneReason.FILLED


async def test_given_a_limit_that_is_filled_in_parts_then_one_close_of_all_of_them():
    async with held() as (w, desk, quote_id):
        resting = Close(
            quantity=Quantity(QuantityKind.SHARE, Decimal(60)),
            order=OrderType.LIMIT,
            bound=Decimal("2.1"),
        )
        await desk.arm(resting, "2.1", ConditionKind.TAKE_PROFIT, "tp")
        desk.price("2.1")
        await until_status(desk, quote_id, 5)
        for quantity in ("10", "20", "30"):
            w.chain.fill(quote_id, quantity, "2.15")

        assert await desk.done("tp") is DoneReason.FILLED
        assert w.chain.quote(quote_id)[CLOSED] == wei("60")
        assert len(w.pool.seen) == 1


async def test_given_access_is_revoked_in_flight_then_refused_and_the_stop_goes_on():
    async with held() as (w, desk, quote_id):
        w.pool.is_mining = False
        desk.price("1.9")
        await desk.until(lambda: bool(w.pool.waiting))
        w.chain.revoke()
        w.pool.is_mining = True
        w.pool.mine()
        await desk.until(lambda: FactKind.ORDER_REFUSED in desk.kinds())

        (refused,) = [f for f in desk.facts if f.kind is FactKind.ORDER_REFUSED]
        stop = desk.loop.engine.state.triggers["sl"]
        assert refused.fields["refusal"] == "unauthorized"
        assert stop.state is TriggerState.FIRING
        assert w.chain.status(quote_id) == 4
        assert w.chain.tester.get_nonce(CLOSER) == 1


async def test_given_a_reorganisation_undoes_the_close_then_the_same_bytes_go_again():
    async with held() as (w, desk, quote_id):
        snapshot = w.chain.tester.take_snapshot()
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        await desk.until(lambda: FactKind.ORDER_ACKED in desk.kinds())
        w.chain.tester.revert_to_snapshot(snapshot)
        w.chain.pass_time(5)

        await until_status(desk, quote_id, 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert len(set(w.pool.seen)) == 1
        assert w.chain.tester.get_nonce(CLOSER) == 1


async def test_given_a_close_is_stuck_then_outbid_on_its_nonce_and_filled_once():
    async with held(inclusion_s=0.05, bump_after=1) as (w, desk, quote_id):
        w.pool.least_tip = 1_100_000_000
        desk.price("1.9")
        await desk.until(lambda: FactKind.ORDER_IN_DOUBT in desk.kinds())
        w.chain.mine(2)

        await until_status(desk, quote_id, 5)
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert len(set(w.pool.seen)) == 2
        assert w.chain.tester.get_nonce(CLOSER) == 1


async def test_given_it_is_liquidated_while_it_closes_then_the_stop_is_over():
    async with held() as (w, desk, quote_id):
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        w.chain.do(w.chain.trading.functions.liquidate(quote_id))

        reason = await desk.done()

        assert reason is not DoneReason.FILLED
        assert desk.loop.engine.state.triggers["sl"].state is TriggerState.DONE
        assert len(set(w.pool.seen)) == 1


async def test_given_nodes_that_lag_and_fall_silent_then_closed_once_all_the_same():
    async with held(nodes=2) as (w, desk, quote_id):
        w.chain.mine(5)
        w.nodes[0].lag = 3
        w.nodes[1].is_down = True
        desk.price("1.9")
        await until_status(desk, quote_id, 5)
        w.nodes[0].is_down, w.nodes[1].is_down = True, False
        w.chain.fill(quote_id, "100", "1.89")

        assert await desk.done() is DoneReason.FILLED
        assert len(set(w.pool.seen)) == 1
