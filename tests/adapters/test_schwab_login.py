"""The login at Schwab: tokens that end, the file that keeps them, and no leak."""

from __future__ import annotations

import stat
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.schwab_desk import close, desk
from exitd.adapters.network.rest import RestClient
from exitd.adapters.schwab.oauth import code_in, log_in, login_url
from exitd.adapters.schwab.prices import limit_text, stop_text
from exitd.adapters.schwab.refusals import judge
from exitd.adapters.schwab.tokens import LOGIN_NS, Login, LoginFile
from exitd.adapters.schwab.wire import instant_ns, instant_text
from exitd.adapters.system.clock import SystemClock
from exitd.core.attempt import RefusalKind
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import OrderSide
from exitd.core.units import NS_PER_HOUR, NS_PER_S
from exitd.errors import ConfigurationError, VenueUnavailable
from exitd.ports.notices import NoticeKind
from exitd.ports.venue import Refusal
from exitd.secret import Secret
from fakes.schwab.door import CODE, KEY, REFRESH, SECRET, Broker, serving


async def test_given_a_token_when_it_is_good_then_asked_for_once(tmp_path):
    async with desk(tmp_path) as here:
        for _ in range(3):
            await here.venue.positions()

        assert here.broker.granted == 1


async def test_given_a_token_that_ends_soon_when_asked_then_another_comes_first(
    tmp_path,
):
    async with desk(tmp_path) as here:
        here.broker.expires_in = 30

        await here.venue.positions()
        await here.venue.positions()

        assert here.broker.granted > 1


async def test_given_a_token_that_was_taken_back_when_asked_then_next_time_another(
    tmp_path,
):
    async with desk(tmp_path) as here:
        await here.venue.positions()
        here.broker.expire()

        with pytest.raises(VenueUnavailable, match="401"):
            await here.venue.positions()

        assert await here.venue.positions() == ()


async def test_given_a_token_taken_back_when_sending_then_nothing_was_done(tmp_path):
    async with desk(tmp_path) as here:
        here.broker.book.hold("AAPL", "10")
        order = close()
        prepared = here.venue.prepare(order)
        await here.venue.positions()
        here.broker.expire()

        answer = await here.venue.send(order, prepared)

        assert isinstance(answer, Refusal)
        assert here.broker.bodies == []


async def test_given_a_login_that_is_refused_when_asked_then_a_person_is_told_once(
    tmp_path,
):
    async with desk(tmp_path) as here:
        here.broker.refresh_tokens = set()

        for _ in range(2):
            with pytest.raises(VenueUnavailable, match="run exitd schwab login schwab"):
                await here.venue.positions()
        here.broker.refresh_tokens = {REFRESH}
        await here.venue.positions()

        lost, back = here.notices
        assert lost.kind is back.kind is NoticeKind.SESSION_LOST
        assert (lost.is_over, back.is_over) == (False, True)


@pytest.mark.parametrize(
    ("age_ns", "kind"),
    [
        (LOGIN_NS - NS_PER_HOUR, NoticeKind.LOGIN_ENDING),
        (LOGIN_NS + NS_PER_HOUR, NoticeKind.SESSION_LOST),
    ],
)
async def test_given_an_old_login_when_used_then_told_before_and_after_it_ends(
    tmp_path, age_ns, kind
):
    async with desk(tmp_path) as here:
        logged_in_ns = SystemClock().now_ns() - age_ns
        here.login.write(Login(Secret(REFRESH), logged_in_ns))

        if kind is NoticeKind.SESSION_LOST:
            with pytest.raises(VenueUnavailable, match="seven days"):
                await here.venue.positions()
        else:
            await here.venue.positions()

        assert [notice.kind for notice in here.notices] == [kind]


async def test_given_no_login_when_asked_then_it_says_what_to_run(tmp_path):
    async with desk(tmp_path) as here:
        here.login.path.unlink()

        with pytest.raises(VenueUnavailable, match="nobody has logged in"):
            await here.venue.positions()


def test_given_a_login_when_kept_then_for_its_owner_only_and_never_shown(tmp_path):
    file = LoginFile(tmp_path / "login.json")

    file.write(Login(Secret("the-refresh-token"), 7))

    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    login = file.read()
    assert login is not None
    assert login.refresh_token.reveal() == "the-refresh-token"
    assert "the-refresh-token" not in repr(login)
    assert list(tmp_path.iterdir()) == [file.path]


def test_given_a_damaged_file_when_read_then_its_words_are_not_shown(tmp_path):
    file = LoginFile(tmp_path / "login.json")
    file.path.write_text('{"refresh_token": "the-refresh-token"')

    with pytest.raises(ConfigurationError) as raised:
        file.read()

    assert "the-refresh-token" not in str(raised.value)


async def test_given_a_close_when_prepared_then_no_secret_is_in_it(tmp_path):
    async with desk(tmp_path) as here:
        await here.venue.positions()

        body = here.venue.prepare(close()).body.decode()

        for secret in (KEY, SECRET, REFRESH, "access-1"):
            assert secret not in body


def test_given_a_pasted_address_when_read_then_the_code_in_it():
    pasted = " https://127.0.0.1/?code=C0.abc%40&session=x \n"

    assert code_in(pasted) == "C0.abc@"


@pytest.mark.parametrize("pasted", ["", "C0.abc", "https://127.0.0.1/?error=denied"])
def test_given_an_address_without_a_code_when_read_then_it_says_what_to_paste(pasted):
    with pytest.raises(ConfigurationError, match="paste the whole address"):
        code_in(pasted)


@pytest.mark.parametrize("code", [CODE, "wrong"])
async def test_given_a_code_when_logged_in_then_kept_or_refused(tmp_path, code):
    async with serving(Broker()) as broker:
        rest = RestClient(broker.url, venue="Schwab", deadline_s=5.0)
        file = LoginFile(tmp_path / "login.json")
        given_ = {
            "key": Secret(KEY),
            "secret": Secret(SECRET),
            "callback": "https://127.0.0.1",
            "code": code,
            "file": file,
            "clock": SystemClock(),
        }

        if code == CODE:
            await log_in(rest, **given_)
            login = file.read()
            assert login is not None
            assert login.refresh_token.reveal() == REFRESH
        else:
            with pytest.raises(ConfigurationError, match="refuses the code"):
                await log_in(rest, **given_)
            assert file.read() is None
        await rest.close()


def test_given_a_key_when_the_address_is_made_then_it_asks_for_the_callback():
    url = login_url("https://api.schwabapi.com", Secret(KEY), "https://127.0.0.1")

    assert url == (
        "https://api.schwabapi.com/v1/oauth/authorize"
        "?client_id=app-key&redirect_uri=https%3A%2F%2F127.0.0.1"
    )


@pytest.mark.parametrize(
    ("price", "side", "written"),
    [
        ("151", OrderSide.BUY, "151.00"),
        ("150.801", OrderSide.BUY, "150.80"),
        ("150.801", OrderSide.SELL, "150.81"),
        ("0.12345", OrderSide.BUY, "0.1234"),
        ("0.12341", OrderSide.SELL, "0.1235"),
        ("1", OrderSide.SELL, "1.00"),
    ],
)
def test_given_a_limit_when_written_then_never_worse_than_asked(price, side, written):
    assert limit_text(Decimal(price), side) == written


@pytest.mark.parametrize(
    ("price", "written"),
    [("100.005", "100.01"), ("100.004", "100.00"), ("0.5", "0.5000")],
)
def test_given_a_stop_when_written_then_at_the_nearest_price(price, written):
    assert stop_text(Decimal(price)) == written


@given(st.integers(0, 4_000_000_000))
def test_given_an_instant_when_written_and_read_then_the_same(seconds):
    assert instant_ns(instant_text(seconds * NS_PER_S)) == seconds * NS_PER_S


def test_given_the_forms_of_instants_when_read_then_the_same_moment():
    moment = 1_711_717_200 * NS_PER_S

    assert instant_ns("2024-03-29T13:00:00+0000") == moment
    assert instant_ns("2024-03-29T13:00:00.000Z") == moment
    assert instant_ns("2024-03-29T08:00:00-05:00") == moment


@given(st.integers(500, 599), st.text(max_size=40))
def test_given_a_5xx_when_judged_then_in_doubt_whatever_it_says(status, said):
    assert not isinstance(judge(status, said), RefusalKind)


@pytest.mark.parametrize("what", ["delayed", "halted", "closed", "zero"])
async def test_given_prices_that_are_not_live_when_asked_then_none(tmp_path, what):
    async with desk(tmp_path) as here:
        stock = here.broker.book.stocks["AAPL"]
        if what == "delayed":
            stock.realtime = False
        elif what == "zero":
            stock.last = Decimal(0)
        else:
            stock.status = {"halted": "Halted", "closed": "Closed"}[what]
        source = PriceSource("schwab", "AAPL", PriceKind.LAST)

        assert await here.venue.queries.ticks(frozenset({source})) == []


async def test_given_an_unknown_stock_when_listed_then_left_out_and_told(tmp_path):
    listed = {"AAPL": Decimal("0.01"), "NOPE": Decimal("0.01")}
    async with desk(tmp_path, symbols=listed) as here:
        here.broker.book.hold("BRK/B", "2")

        symbols = {i.symbol for i in await here.venue.instruments()}

        assert symbols == {"AAPL", "BRK.B"}
        (notice,) = here.notices
        assert notice.kind is NoticeKind.SYMBOL_AMBIGUOUS
        assert "NOPE" in notice
