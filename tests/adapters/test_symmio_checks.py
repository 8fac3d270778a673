"""What the contracts refuse, in their own order, and what we refuse instead of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from chain.deployed import CLOSER, VERSIONS, wei
from chain.world import world
from exitd.core.attempt import RefusalKind
from exitd.core.inputs import OrderReport
from exitd.core.position import OrderSide
from exitd.ports.venue import Refusal


def break_globally(chain, quote_id):
    chain.do(chain.trading.functions.setPaused(True, False))


def break_party_a(chain, quote_id):
    chain.do(chain.trading.functions.setPaused(False, True))


def break_solvency_a(chain, quote_id):
    chain.do(chain.trading.functions.setInsolvent(chain.sub, True))


def break_solvency_b(chain, quote_id):
    chain.do(chain.trading.functions.setInsolvent(chain.solver, True))


def break_status(chain, quote_id):
    chain.do(chain.trading.functions.setStatus(quote_id, 7))


def break_pending(chain, quote_id):
    chain.do(chain.trading.functions.setStatus(quote_id, 5))


def break_quantity(chain, quote_id):
    chain.ask_close(quote_id, "60", "1")
    chain.fill(quote_id, "60", "2")


def break_floor(chain, quote_id):
    chain.do(chain.trading.functions.setSymbol(340, "XRPUSDT", wei("35")))


def break_access(chain, quote_id):
    chain.revoke()


def break_multi(chain, quote_id):
    chain.do(chain.multi.functions.setPaused(True))


#: In the order in which the contracts look: each breaks what comes first of the rest.
IN_ORDER = [
    (break_multi, "Pausable: paused", RefusalKind.HALTED),
    (
        break_access,
        "MultiAccount: Unauthorized access",
        RefusalKind.UNAUTHORIZED,
    ),
    (break_globally, "Pausable: Global paused", RefusalKind.HALTED),
    (break_party_a, "Pausable: PartyA actions paused", RefusalKind.HALTED),
    (
        break_solvency_a,
        "Accessibility: PartyA isn't solvent",
        RefusalKind.HALTED,
    ),
    (
        break_solvency_b,
        "Accessibility: PartyB isn't solvent",
        RefusalKind.HALTED,
    ),
    (break_status, "Accessibility: Invalid state", RefusalKind.NOT_REDUCED),
    (break_pending, "PartyAFacet: Invalid state", RefusalKind.OWN_ORDERS),
    (
        break_quantity,
        "PartyAFacet: Invalid quantityToClose",
        RefusalKind.NOT_REDUCED,
    ),
    (
        break_floor,
        "PartyAFacet: Remaining quote value is low",
        RefusalKind.INVALID,
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("broken", "reason", "kind"), IN_ORDER)
async def test_given_a_check_that_fails_when_sent_then_its_reason_and_nothing_spent(
    version, broken, reason, kind
):
    async with world(version) as w:
        quote_id = w.chain.open()
        # For the 0.8.2 MultiAccount, which hides reasons: then it is asked directly.
        w.chain.give(w.chain.sub, "1")
        symbol = await w.ready(quote_id)
        order = w.order(symbol, "50")
        prepared = w.venue.prepare(order)
        broken(w.chain, quote_id)

        answer = await w.venue.send(order, prepared)

        assert isinstance(answer, Refusal), answer
        assert (answer.message, answer.kind) == (reason, kind)
        assert w.pool.seen == []


async def test_given_all_checks_fail_then_the_first_of_them_is_told():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        said = []
        order = w.order(symbol, "50")
        prepared = w.venue.prepare(order)
        breaks = [b for b, _, _ in IN_ORDER if b is not break_quantity]
        for broken in reversed(breaks):
            broken(w.chain, quote_id)
            again = w.venue.prepare(order) if said else prepared
            answer = await w.venue.send(order, again)
            assert isinstance(answer, Refusal)
            said.append(answer.message)

        expected = [r for b, r, _ in reversed(IN_ORDER) if b is not break_quantity]
        assert said == expected


@pytest.mark.parametrize(
    "changed", [{"quantity": Decimal(0)}, {"price": Decimal(0)}, {"quantity": -1}]
)
async def test_given_what_the_contract_would_take_and_must_not_then_we_refuse(changed):
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        order = replace(w.order(symbol), **changed)

        answer = await w.send(order)

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.INVALID
        assert w.pool.seen == []
        assert w.chain.status(quote_id) == 4


async def test_given_the_contract_then_it_takes_nothing_at_no_price():
    """The test bed does as the real one, which is why the test above matters."""
    async with world() as w:
        quote_id = w.chain.open()

        w.chain.ask_close(quote_id, "0", "0")

        assert w.chain.status(quote_id) == 5


async def test_given_a_rest_below_the_floor_when_known_then_refused_unsigned():
    async with world() as w:
        quote_id = w.chain.open("100", locked="40")
        symbol = await w.ready(quote_id)

        refused = await w.send(w.order(symbol, "88"))
        taken = await w.send(w.order(symbol, "87.5"))

        assert isinstance(refused, Refusal)
        assert "Remaining quote value" in refused.message
        assert isinstance(taken, OrderReport)
        (instrument,) = await w.venue.instruments()
        assert instrument.min_left == Decimal("12.5")


async def test_given_a_quote_of_somebody_else_then_the_contract_says_so():
    async with world() as w:
        other = w.chain.add_account("second")
        w.chain.delegate(other)
        quote_id = w.chain.open(sub=other)
        symbol = await w.ready(quote_id)
        w.chain.do(w.chain.multi.functions.setAccess(other, CLOSER, b"\0" * 4, True))
        order = w.order(symbol)

        report = await w.send(order)

        assert isinstance(report, OrderReport)
        assert report.client_order_id == order.client_order_id


async def test_given_a_deadline_that_has_passed_when_sent_then_expired():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)
        order = w.order(symbol)
        prepared = w.venue.prepare(order)
        w.pass_time(200)

        answer = await w.venue.send(order, prepared)

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.EXPIRED
        assert answer.message == "PartyAFacet: Low deadline"


async def test_given_the_wrong_side_then_refused_without_a_question():
    async with world() as w:
        quote_id = w.chain.open()
        symbol = await w.ready(quote_id)

        answer = await w.send(w.order(symbol, side=OrderSide.BUY, price="2.2"))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.NOT_REDUCED


async def test_given_no_price_when_closed_at_market_then_busy_and_bounded_after():
    async with world() as w:
        long, short = w.chain.open(), w.chain.open(short=True)
        symbol = await w.ready(long, short)
        w.price = None

        refused = await w.send(w.order(symbol, price=None))
        w.price = Decimal("2.00005")
        await w.send(w.order(symbol, price=None))
        other = w.order(f"XRPUSDT#{short}", price=None, side=OrderSide.BUY)
        await w.send(other)

        assert isinstance(refused, Refusal)
        assert refused.kind is RefusalKind.BUSY
        assert w.chain.quote(long)[18] == wei("1.8")
        assert w.chain.quote(short)[18] == wei("2.2001")
        assert w.chain.quote(long)[4] == 1


async def test_given_a_symbol_that_nobody_follows_then_busy():
    async with world() as w:
        await w.ready()

        answer = await w.send(w.order("XRPUSDT#1"))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.BUSY
