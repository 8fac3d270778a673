"""The session with Interactive Brokers, its contracts, its prices and its rows."""

from __future__ import annotations

import asyncio
import json
import ssl
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.interactive_brokers_desk import AAPL, Desk, close, desk
from contract.venue_rig import lost
from exitd.adapters.interactive_brokers.contracts import AmbiguousSymbol, Listed
from exitd.adapters.interactive_brokers.feed import (
    InteractiveBrokersFeed,
    is_over,
)
from exitd.adapters.interactive_brokers.queries import live_price
from exitd.adapters.interactive_brokers.refusals import (
    BY_TEXT,
    DUPLICATE,
    IN_DOUBT,
    NO_SESSION,
    judge,
)
from exitd.adapters.interactive_brokers.wire import ORDERS, number
from exitd.adapters.network.tls import tls_context, tls_for
from exitd.adapters.system.clock import SystemClock
from exitd.core.attempt import RefusalKind
from exitd.core.market import PriceKind, PriceSource
from exitd.errors import NoSuchMarket, VenueUnavailable
from exitd.ports.feed import FeedNotice, FeedSignal
from exitd.ports.notices import NoticeKind
from exitd.ports.venue import Refusal
from fakes.certificates import certificate_for
from fakes.interactive_brokers.book import Contract
from fakes.interactive_brokers.door import Gateway, serving
from fakes.observed import Observed


async def test_given_nobody_logged_in_when_asked_then_a_person_is_told_once():
    async with desk() as here:
        here.gateway.is_authenticated = False
        here.gateway.restart()

        for _ in range(2):
            with pytest.raises(VenueUnavailable, match="log in at http"):
                await here.venue.sync_clock()
        here.gateway.is_authenticated = True
        await here.venue.sync_clock()

        lost, back = here.notices
        assert lost.kind is back.kind is NoticeKind.SESSION_LOST
        assert "nothing is protected" in lost
        assert (lost.is_over, back.is_over) == (False, True)


async def test_given_a_session_that_was_lost_when_sending_then_nothing_is_sent():
    async with desk() as here:
        here.hold("10")
        here.gateway.is_authenticated = False
        order = close()

        answer = await here.venue.send(order, here.venue.prepare(order))

        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.BUSY
        assert here.gateway.bodies == []


async def test_given_a_new_session_when_asked_then_the_accounts_come_first_again():
    async with desk() as here:
        await here.venue.positions()
        here.gateway.restart()
        with pytest.raises(VenueUnavailable):
            await here.venue.positions()

        assert await here.venue.positions() == ()


async def test_given_another_account_when_asked_then_it_says_so():
    async with serving(Gateway()) as gateway:
        gateway.book.account = "DU7654321"
        async with desk(Gateway()) as here:
            here.gateway.book.account = "DU7654321"
            here.gateway.restart()
            here.venue.session._is_open = False

            with pytest.raises(VenueUnavailable, match="correct broker_account of ib"):
                await here.venue.positions()


async def test_given_a_name_of_two_stocks_when_looked_up_then_refused_by_name():
    async with desk() as here:
        with pytest.raises(AmbiguousSymbol, match="TWIN is several stocks"):
            await here.venue.contracts.conid("TWIN")

        (notice,) = here.notices
        assert notice.kind is NoticeKind.SYMBOL_AMBIGUOUS
        assert "TWIN DISC CORP, NASDAQ (12)" in notice
        assert "write TWIN: {conid: …}" in notice


async def test_given_a_conid_when_listed_then_it_is_not_asked_for():
    async with desk(symbols={"TWIN": Listed(conid=12)}) as here:
        assert await here.venue.contracts.conid("TWIN") == 12


async def test_given_no_such_stock_when_looked_up_then_it_says_so():
    async with desk() as here:
        with pytest.raises(NoSuchMarket, match="no American stock NOPE"):
            await here.venue.contracts.conid("NOPE")


async def test_given_stocks_when_listed_then_one_that_is_several_hides_no_other():
    listed = {"AAPL": Listed(), "TWIN": Listed(), "NOPE": Listed()}
    async with desk(symbols=listed) as here:
        here.hold("3", conid=8314)

        symbols = {i.symbol for i in await here.venue.instruments()}

        assert {"AAPL", "IBM"} <= symbols
        assert symbols.isdisjoint({"TWIN", "NOPE"})


async def test_given_many_positions_when_read_then_every_page_of_them():
    async with desk() as here:
        for conid in range(1000, 1230):
            contract = Contract(conid, f"S{conid}", f"STOCK {conid}")
            here.gateway.book.contracts[conid] = contract
            here.hold("1", conid=conid)

        assert len(await here.venue.positions()) == 230


@pytest.mark.parametrize(
    ("text", "availability", "price"),
    [
        ("193.18", "RpB", "193.18"),
        ("193.18", "", "193.18"),
        ("1,193.18", "RB", "1193.18"),
        ("C193.18", "RpB", None),
        ("H193.18", "RpB", None),
        ("193.18", "DPB", None),
        ("193.18", "ZB", None),
        ("", "RpB", None),
        ("-1", "RpB", None),
        ("19.x", "RpB", None),
    ],
)
def test_given_a_price_field_when_read_then_only_what_is_live_counts(
    text, availability, price
):
    assert live_price(text, availability) == (None if price is None else Decimal(price))


async def test_given_delayed_prices_when_streamed_then_none_is_told_and_it_is_said():
    async with desk() as here:
        here.gateway.book.contracts[AAPL].availability = "DPB"
        feed = InteractiveBrokersFeed(
            "ib",
            session=here.venue.session,
            contracts=here.venue.contracts,
            clock=SystemClock(),
            url=here.gateway.url,
        )
        source = PriceSource("ib", "AAPL", PriceKind.LAST)
        feed.watch(frozenset({source}))
        notices: Observed[FeedNotice] = Observed()
        ticks: Observed[object] = Observed()

        async def until_told() -> None:
            await notices.until(lambda n: n.signal is FeedSignal.REFUSED)
            feed.abort()

        async with asyncio.TaskGroup() as group:
            group.create_task(lost(feed.run(ticks, notices)))
            group.create_task(until_told())

        assert ticks.all == []
        assert "not live (DPB)" in notices.all[-1].detail
        assert '{"session":"fake-session"}' in here.gateway.cookies[0]


@pytest.mark.parametrize(
    ("args", "over"),
    [
        (b'{"authenticated":false,"competing":false}', True),
        (b'{"authenticated":true,"competing":false}', False),
        (b'{"fail":"","serverName":"x"}', False),
    ],
)
def test_given_a_status_when_read_then_only_a_plain_no_ends_the_stream(args, over):
    assert is_over(args) is over


@given(st.binary(max_size=200))
def test_given_any_bytes_as_orders_when_decoded_then_a_known_error_or_rows(raw):
    try:
        rows = ORDERS.decode(raw).orders
    except ValueError:
        return

    assert isinstance(rows, list)


@given(st.text(max_size=20))
def test_given_any_text_as_a_number_when_read_then_exact_or_refused(text):
    try:
        found = number(json.dumps(text).encode())
    except ValueError:
        return

    assert found is None or found.is_finite()


@given(st.integers(500, 599), st.sampled_from([*BY_TEXT, "", "no luck"]))
def test_given_a_5xx_when_judged_then_it_is_no_refusal_whatever_it_says(status, said):
    assert not isinstance(judge(status, said), RefusalKind)


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (200, "Some sentence that nobody has described", RefusalKind.INVALID),
        (400, "", RefusalKind.INVALID),
        (401, "", NO_SESSION),
        (429, "", RefusalKind.RATE_LIMITED),
        (400, "Local order ID=exitd-7 is already registered.", DUPLICATE),
        (200, "YOUR ORDER IS NOT ACCEPTED. INSUFFICIENT FUNDS", RefusalKind.MARGIN),
        (302, "", IN_DOUBT),
    ],
)
def test_given_an_answer_when_judged_then_as_the_table_says(status, said, verdict):
    assert judge(status, said) == verdict


def test_given_an_address_when_its_certificate_is_judged_then_only_ours_is_trusted():
    assert tls_for("https://localhost:5000/v1/api").verify_mode is ssl.CERT_NONE
    assert tls_for("https://127.0.0.1:5000").verify_mode is ssl.CERT_NONE
    assert tls_for("https://api.example.org") is tls_context()
    assert tls_for("https://localhost.example.org") is tls_context()
    assert tls_context().verify_mode is ssl.CERT_REQUIRED


async def test_given_a_certificate_of_its_own_when_on_this_machine_then_taken(
    tmp_path: Path,
):
    made = certificate_for("gateway", tmp_path)
    async with serving(Gateway(), tls=made.server) as gateway:
        here = Desk(gateway)

        await here.venue.sync_clock()

        assert gateway.url.startswith("https://")
        assert gateway.tickles == 1
        await here.venue.close()
