"""What somebody is told of a chain: once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from chain.deployed import CLOSE, CLOSER, VERSIONS
from chain.world import ACCOUNT, World, world
from exitd.adapters.symmio.fees import FeePolicy
from exitd.errors import VenueUnavailable
from exitd.ports.notices import Notice, NoticeKind

K = NoticeKind
COOLDOWN_S = 300


async def ready(w: World, quotes: int = 1) -> str:
    symbol = await w.ready(*(w.chain.open() for _ in range(quotes)))
    await w.look()
    return symbol


def of(w: World, kind: NoticeKind) -> list[Notice]:
    return [notice for notice in w.notices if notice.kind is kind]


def ends(notices: Iterable[Notice]) -> list[bool]:
    return [notice.is_over for notice in notices]


# The delegation


def carry_out(w: World) -> None:
    """Take away what was proposed, once that can be done."""
    w.chain.pass_time(COOLDOWN_S + 1)
    revoke = w.chain.multi.functions.revokeAccesses
    w.chain.do(revoke(w.chain.sub, CLOSER, [CLOSE]), w.chain.owner)


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_given_a_revocation_is_proposed_then_told_when_it_takes_effect(version):
    async with world(version) as w:
        await ready(w)

        proposed_s = w.chain.propose_revocation()
        w.chain.propose_revocation(target=w.chain.stranger)
        await w.look()
        await w.look()

        (told,) = w.notices
        at = datetime.fromtimestamp(proposed_s + COOLDOWN_S, UTC)
        assert told.kind is K.REVOCATION_PROPOSED
        assert told.about == f"{ACCOUNT}/{w.chain.sub}"
        assert f"from {at:%Y-%m-%d %H:%M:%S} UTC on" in told
        assert "requestToClosePosition" in told


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_given_it_is_done_and_undone_then_each_told_once(version):
    async with world(version) as w:
        await ready(w)
        w.chain.propose_revocation()
        await w.look()
        carry_out(w)

        await w.look()
        await w.look()
        w.chain.delegate(w.chain.sub)
        await w.look()
        await w.look()

        assert ends(of(w, K.REVOCATION_PROPOSED)) == [False, True]
        lost, back = of(w, K.ACCESS_LOST)
        assert (lost.is_over, back.is_over) == (False, True)
        remedy = f"exitd symmio delegate {w.chain.sub} --to {CLOSER} --multi-account"
        assert remedy in lost
        assert len(w.notices) == 4


async def test_given_a_revocation_without_a_warning_then_the_loss_is_told():
    async with world("0.8.2") as w:
        await ready(w)
        revoke = w.chain.multi.functions.delegateAccess
        w.chain.do(revoke(w.chain.sub, CLOSER, "0xa63b9363", False), w.chain.owner)

        await w.look()

        (lost,) = w.notices
        assert lost.kind is K.ACCESS_LOST
        assert "cannot be taken back" in lost


async def test_given_access_is_gone_and_nothing_is_held_then_it_is_over():
    async with world() as w:
        symbol = await ready(w)
        w.chain.revoke()
        await w.look()
        w.chain.ask_close(int(symbol[-1:]), "100", "1")
        w.chain.fill(int(symbol[-1:]), "100", "2")

        await w.look()

        assert ends(of(w, K.ACCESS_LOST)) == [False, True]


async def test_given_a_proposal_before_the_start_then_found_and_told_once():
    async with world(logs_per_query=5, reorg_blocks=3) as w:
        quote_id = w.chain.open()
        w.chain.propose_revocation()
        w.chain.mine(17)
        await w.ready(quote_id)

        for _ in range(8):
            await w.look()

        assert [notice.kind for notice in w.notices] == [K.REVOCATION_PROPOSED]


async def test_given_a_proposal_that_was_done_before_the_start_then_not_announced():
    async with world() as w:
        quote_id = w.chain.open()
        w.chain.propose_revocation()
        carry_out(w)
        await w.ready(quote_id)

        await w.look()

        assert [notice.kind for notice in w.notices] == [K.ACCESS_LOST]


async def test_given_many_sub_accounts_then_each_is_asked_about_in_turn():
    async with world() as w:
        others = [w.chain.add_account(f"number {n}") for n in range(12)]
        for sub in others[:11]:
            w.chain.delegate(sub)
        await w.ready(*(w.chain.open(sub=sub) for sub in others))

        await w.look()
        await w.look()

        assert [n.about for n in w.notices] == [f"{ACCOUNT}/{others[11]}"]


# What a close costs


async def test_given_little_gas_money_then_told_until_a_quarter_more_is_there():
    async with world(least_closes=20) as w:
        await ready(w)
        session = w.venue._session
        price = session.settings.gas * session.key.fees().max_fee
        balance, lies = 19 * price, w.nodes[0].lies
        lies["eth_getBlockByNumber"] = lambda head: {**head, "baseFeePerGas": base}
        base = hex(session.key.market.base_fee)
        lies["eth_getBalance"] = lambda _: hex(balance)

        await w.look()
        balance = 24 * price
        await w.look()
        balance = 25 * price
        await w.look()
        await w.look()

        low, over = w.notices
        assert (low.kind, low.about) == (K.GAS_LOW, ACCOUNT)
        assert "pays for 19 closes" in low
        assert CLOSER in low
        assert over.is_over


async def test_given_a_base_fee_above_the_most_then_told_until_it_is_well_below():
    async with world(fees=FeePolicy(most=9 * 10**9)) as w:
        await ready(w)
        for base in (9 * 10**9, 9 * 10**9 + 1, 9 * 10**9, 8 * 10**9, 8 * 10**9):
            asked = {"baseFeePerGas": hex(base)}
            w.nodes[0].lies["eth_getBlockByNumber"] = lambda head, a=asked: head | a
            await w.look()

        capped, over = of(w, K.FEES_CAPPED)
        assert "fee_most" in capped
        assert "9.000000001 gwei" in capped
        assert over.is_over


async def test_given_a_transaction_that_may_offer_no_more_then_told_until_mined():
    async with world(bump_after=1, fees=FeePolicy(most=1_000_000_000)) as w:
        symbol = await ready(w)
        w.pool.least_tip = 2_000_000_000
        with w.impatient():
            await w.send(w.order(symbol))
        for _ in range(3):
            w.chain.mine(2)
            await w.look()
        w.pool.least_tip = 0
        w.pool.mine()
        await w.look()
        await w.look()

        stuck, over = of(w, K.TRANSACTION_STUCK)
        assert stuck.about == f"{ACCOUNT}/nonce-0"
        assert f"the close of {symbol}" in stuck
        assert "1 gwei" in stuck
        assert over.is_over


async def test_given_it_may_offer_more_then_a_transaction_that_waits_is_not_told():
    async with world(bump_after=1) as w:
        symbol = await ready(w)
        w.pool.least_tip = 2_000_000_000
        with w.impatient():
            await w.send(w.order(symbol))
        for _ in range(3):
            w.chain.mine(2)
            await w.look()

        assert of(w, K.TRANSACTION_STUCK) == []


async def test_given_an_expired_close_that_no_node_frees_then_told_until_it_is():
    async with world() as w:
        symbol = await ready(w)
        await w.send(w.order(symbol))
        w.pass_time(181)
        kept = w.chain.tester.get_balance
        w.chain.tester.get_balance = lambda _: 0
        await w.look()
        await w.look()
        w.chain.tester.get_balance = kept

        for _ in range(3):
            await w.look()

        stuck, over = of(w, K.REQUEST_STUCK)
        assert stuck.about == f"{ACCOUNT}/{symbol}"
        assert "expireQuote([1])" in stuck
        assert over.is_over
        assert w.chain.status(1) == 4


# Nodes


async def test_given_a_node_is_down_then_told_with_whether_another_is_there():
    async with world(nodes=2) as w:
        await ready(w)
        w.nodes[0].is_down = True
        await w.look()
        w.nodes[1].is_down = True
        with pytest.raises(VenueUnavailable):
            await w.look()
        w.nodes[0].is_down = w.nodes[1].is_down = False
        await w.look()

        doubted = of(w, K.NODE_DOUBTED)
        assert ends(doubted) == [False, False, True, True]
        assert "the others are asked" in doubted[0]
        assert "nothing can be read" in doubted[1]
        assert {n.about.split("/")[0] for n in doubted} == {ACCOUNT}
        assert len({n.about for n in doubted}) == 2


async def test_given_nodes_that_disagree_about_a_quote_then_told_until_they_agree():
    async with world(nodes=2) as w:
        symbol = await ready(w)

        def as_closed(answer: str) -> str:
            # The word of the status, among those of the struct.
            words = [answer[2:][i : i + 64] for i in range(0, len(answer) - 2, 64)]
            words[23:24] = [f"{7:064x}"] if len(words) > 23 else []
            return "0x" + "".join(words)

        w.nodes[0].lies["eth_call"] = as_closed
        for _ in range(2):
            with pytest.raises(VenueUnavailable, match="do not agree"):
                await w.venue.positions(symbol)
        w.nodes[0].lies.clear()
        await w.look()

        disputed, over = w.notices
        assert disputed.kind is K.QUOTE_DISPUTED
        assert disputed.about == f"{ACCOUNT}/{symbol}"
        assert over.is_over


async def test_given_what_cannot_be_read_then_the_stream_goes_on_and_nothing_changes():
    async with world(least_closes=10**9) as w:
        await ready(w)
        before = list(w.notices)
        w.nodes[0].lies["eth_getBalance"] = lambda _: "nothing"

        await w.look()

        assert [n.kind for n in before] == [K.GAS_LOW]
        assert w.notices == before


async def test_given_nobody_to_tell_then_a_notice_is_the_text_of_a_log_line(caplog):
    notice = Notice("so it is", kind=K.GAS_LOW, about="base")

    assert notice == "so it is"
    assert f"{notice}!" == "so it is!"
    assert (notice.kind, notice.about, notice.is_over) == (K.GAS_LOW, "base", False)
