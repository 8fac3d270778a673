"""From entries of `type: interactive_brokers` and `type: schwab` to accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.daemons import started
from exitd.adapters.paper.venue import PaperVenue
from exitd.app.asking_venues import check_online
from exitd.app.brokers import (
    build_broker,
    log_in_at_schwab,
    login_path,
)
from exitd.app.files import read_keys
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import Side
from exitd.errors import ConfigurationError
from fakes.interactive_brokers.door import Gateway
from fakes.interactive_brokers.door import serving as serving_gateway
from fakes.schwab.book import ACCOUNT
from fakes.schwab.door import CODE, KEY, SECRET, Broker
from fakes.schwab.door import serving as serving_broker

ENVIRONMENT = {"KEY": KEY, "SECRET": SECRET}
IB = """\
version: 1
mode: {mode}
venues:
  ib:
    type: interactive_brokers
    broker_account: DU1234567
    url: {url}
    symbols: {{AAPL: {{}}}}
"""
SCHWAB = f"""\
version: 1
mode: {{mode}}
venues:
  schwab:
    type: schwab
    key: {{{{env: KEY}}}}
    secret: {{{{env: SECRET}}}}
    account_number: '{ACCOUNT}'
    url: {{url}}
    symbols: {{{{AAPL: {{{{}}}}}}}}
"""


def configured(folder: Path, text: str, url: str, mode: str = "paper") -> Loaded:
    (folder / "exitd.yaml").write_text(text.format(url=url, mode=mode))
    return load(folder, {})


def account_of(loaded: Loaded) -> AccountSettings:
    assert loaded.settings is not None, [str(f) for f in loaded.findings]
    (account,) = loaded.settings.accounts.values()
    return account


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving_gateway(Gateway()) as served:
        yield served


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with serving_broker(Broker()) as served:
        yield served


async def test_given_interactive_brokers_on_paper_then_live_prices_and_a_copy(
    tmp_path, gateway
):
    gateway.book.hold(265598, 3, 120)
    settings = account_of(configured(tmp_path, IB, gateway.url))
    async with started(tmp_path / "d") as world:
        account = await build_broker(
            world.daemon,
            settings,
            None,
            is_live=False,
            store=world.daemon.store,
            folder=tmp_path,
        )

        (held,) = await account.venue.positions()
        (instrument,) = await account.venue.instruments()
        tick = await account.prices.poll(PriceSource("ib", "AAPL", PriceKind.LAST))

        assert isinstance(account.venue, PaperVenue)
        assert (held.key.side, held.quantity, held.entry_price) == (Side.LONG, 3, 120)
        assert (instrument.account, instrument.symbol) == ("ib", "AAPL")
        assert tick is not None
        assert tick.price == 140
        assert gateway.bodies == []
        await account.stop()


async def test_given_schwab_on_paper_when_logged_in_then_live_prices_and_a_copy(
    tmp_path, broker
):
    broker.book.hold("AAPL", "-3", "120")
    settings = account_of(configured(tmp_path, SCHWAB, broker.url))
    keys = read_keys([settings], ENVIRONMENT)["schwab"]
    await log_in_at_schwab(settings, keys, login_path(settings, tmp_path), CODE)
    async with started(tmp_path / "d") as world:
        account = await build_broker(
            world.daemon,
            settings,
            keys,
            is_live=False,
            store=world.daemon.store,
            folder=tmp_path,
        )

        (held,) = await account.venue.positions()
        tick = await account.prices.poll(PriceSource("schwab", "AAPL", PriceKind.BID))

        assert (held.key.side, held.quantity) == (Side.SHORT, 3)
        assert tick is not None
        assert str(tick.price) == "139.99"
        assert broker.bodies == []
        await account.stop()


async def test_given_a_gateway_that_is_down_when_on_paper_then_it_starts_flat(tmp_path):
    settings = account_of(configured(tmp_path, IB, "http://127.0.0.1:1/v1/api"))
    async with started(tmp_path / "d") as world:
        account = await build_broker(
            world.daemon,
            settings,
            None,
            is_live=False,
            store=world.daemon.store,
            folder=tmp_path,
        )

        assert await account.venue.positions() == ()
        await account.stop()


async def test_given_a_broker_that_is_not_proven_when_built_live_then_refused(
    tmp_path, gateway
):
    settings = account_of(configured(tmp_path, IB, gateway.url))
    async with started(tmp_path / "d") as world:
        with pytest.raises(ConfigurationError, match="cannot trade live; not proven"):
            await build_broker(
                world.daemon,
                settings,
                None,
                is_live=True,
                store=world.daemon.store,
                folder=tmp_path,
            )


async def test_given_a_session_lost_when_built_then_it_is_an_alert(tmp_path, gateway):
    settings = account_of(configured(tmp_path, IB, gateway.url))
    gateway.is_authenticated = False
    async with started(tmp_path / "d") as world:
        account = await build_broker(
            world.daemon,
            settings,
            None,
            is_live=False,
            store=world.daemon.store,
            folder=tmp_path,
        )
        await account.stop()

        told = [a for a in world.heard.alerts if a.topic == "broker.session_lost"]
        assert len(told) == 1


async def test_given_a_broker_when_checked_online_then_nothing_is_asked_there(
    tmp_path, gateway
):
    assert await check_online(configured(tmp_path, IB, gateway.url)) == []
    assert gateway.calls == []


@pytest.mark.parametrize("text", [IB, SCHWAB])
def test_given_a_broker_live_when_checked_then_refused_with_all_that_is_open(
    tmp_path, text
):
    loaded = configured(tmp_path, text, "http://127.0.0.1:1/v1/api", "live")

    (finding,) = loaded.findings
    assert ":5:11: error: " in str(finding)
    assert "was never tried against the broker itself" in str(finding)
    assert "Write mode: paper" in str(finding)


def test_given_a_login_file_when_named_then_there_else_in_the_state(tmp_path):
    settings = account_of(configured(tmp_path, SCHWAB, "http://127.0.0.1:1"))
    named = SCHWAB + "    login_file: /var/lib/elsewhere.json\n"
    elsewhere = account_of(configured(tmp_path, named, "http://127.0.0.1:1"))

    assert login_path(settings, tmp_path) == tmp_path / "schwab-schwab.json"
    assert str(login_path(elsewhere, tmp_path)) == "/var/lib/elsewhere.json"
