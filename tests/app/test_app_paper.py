"""The account that a live daemon simulates beside a real one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from contract.entries_rig import entry
from exitd.adapters.paper.venue import PaperVenue
from exitd.app.venues import paper_beside
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import OrderStatus
from exitd.core.market import PriceKind, PriceSource
from exitd.core.ticket import AssetClass, TicketTime, TicketType
from exitd.core.units import NS_PER_S
from exitd.ports.alerts import AlertLevel
from exitd.runtime.accounts import Account
from exitd.runtime.control.requests import account_of
from exitd.runtime.recover import recover
from exitd.runtime.telling import Telling
from fakes.exchange import SOL
from runtime.desk import ACCOUNT, LONG, MARK, Desk, Heard, in_virtual_time, stop

BESIDE = "main:paper"
SETTINGS = AccountSettings(
    name=ACCOUNT,
    type="backpack",
    prices_only=False,
    key=None,
    secret=None,
    url="",
    ws_url="",
    request_window_ns=5 * NS_PER_S,
    lag_slack_ns=0,
    requests_per_minute=60_000,
    history_requests_per_minute=6_000,
)
ROUTES = """\
version: 1
mode: {mode}
venues:
  main: {{type: backpack, key: {{env: K}}, secret: {{env: S}}}}
  other: {{type: backpack, key: {{env: K}}, secret: {{env: S}}}}
webhook:
  routes:
    tried: {{auth_key: {{env: A}}, mode: paper, venues: [main]}}
    real: {{auth_key: {{env: A}}, mode: {other}, venues: [main, other]}}
"""


class PaperDesk(Desk):
    """A live account, and the simulated one beside it."""

    beside: Account

    async def start_both(self) -> PaperDesk:
        self.beside = await paper_beside(self, SETTINGS, self.account, self.store)
        engine = self.loop.engine
        capabilities = self.beside.venue.capabilities
        engine.add_account(BESIDE, self.store.tag(BESIDE), capabilities)
        await recover([self.account, self.beside], self.loop)
        for account in (self.account, self.beside):
            account.prices.watch_sources()
            account.dispatcher.open()
            account.start()
        await self.settle()
        return self

    @property
    def paper(self) -> PaperVenue:
        assert isinstance(self.beside.venue, PaperVenue)
        return self.beside.venue

    async def enter(self, **terms: object) -> OrderStatus:
        order = entry(PaperRig(self.paper), **terms)
        answer = await self.paper.send_entry(order, self.paper.prepare_entry(order))
        return answer.status


class PaperRig:
    symbol, asset_class = SOL, AssetClass.CRYPTO

    def __init__(self, venue: PaperVenue) -> None:
        self.venue = self.entries = venue


@in_virtual_time
async def test_given_a_trigger_on_it_when_hit_then_closed_there_and_nowhere_else():
    desk = await PaperDesk().start_both()
    desk.mark("100")
    await desk.enter(quantity="2")
    await desk.settle()
    lent = PriceSource(BESIDE, SOL, PriceKind.MARK)
    key = replace(LONG, account=BESIDE)
    await desk.arm(stop("x/sl", "95", account=BESIDE, source=lent))
    desk.beside.prices.watch_sources()

    held = desk.loop.engine.state.position(key).quantity
    desk.mark("94")
    await desk.settle(2)

    assert held == 2
    assert desk.loop.engine.state.position(key).quantity == 0
    (fill,) = [f for f in desk.paper._book.state.fills if f.side.value == "sell"]
    assert fill.price == 94
    assert desk.venue.sent == []
    assert desk.loop.engine.state.position(LONG).quantity == 10


@in_virtual_time
async def test_given_a_waiting_entry_when_no_trigger_watches_then_prices_are_had():
    desk = await PaperDesk().start_both()
    desk.mark("100")

    status = await desk.enter(
        order=TicketType.LIMIT,
        limit_price="90",
        quantity="1",
        time_in_force=TicketTime.GTC,
    )
    wanted = {s.kind for s in desk.feed.watched if s != MARK}
    desk.feed.push(PriceSource(ACCOUNT, SOL, PriceKind.ASK), "89")

    assert status is OrderStatus.WORKING
    assert wanted == {PriceKind.LAST, PriceKind.BID, PriceKind.ASK}
    assert desk.paper._book.net(SOL) == 1


@in_virtual_time
async def test_given_what_it_holds_when_started_anew_then_it_is_still_there():
    desk = await PaperDesk().start_both()
    desk.mark("100")
    await desk.enter(quantity="2")
    await desk.settle(2)

    again = await PaperDesk(disk=desk.store.disk).start_both()

    assert again.paper._book.net(SOL) == 2
    assert again.venue.sent == []


async def test_given_its_facts_when_told_then_each_alert_says_paper():
    heard = Heard()
    filled = Fact(
        FactKind.ORDER_FILLED,
        0,
        BESIDE,
        SOL,
        "x/sl",
        fields={"filled": Decimal(1), "average_price": Decimal(2)},
    )

    Telling(heard).take([filled, replace(filled, account=ACCOUNT)], True)

    on_paper, real = heard.alerts
    assert on_paper.text == f"PAPER, NOT PROTECTING: {real.text}"
    assert real.level is AlertLevel.INFO


def test_given_it_beside_the_only_account_when_none_is_named_then_the_real_one():
    assert account_of("", {ACCOUNT: 1, BESIDE: 2}) == ACCOUNT
    assert account_of(BESIDE, {ACCOUNT: 1, BESIDE: 2}) == BESIDE


@pytest.mark.parametrize(
    ("mode", "other", "simulated"),
    [("live", "live", {"main"}), ("paper", "paper", {"main", "other"})],
)
def test_given_routes_when_read_then_which_accounts_are_simulated(
    tmp_path: Path, mode, other, simulated
):
    (tmp_path / "exitd.yaml").write_text(ROUTES.format(mode=mode, other=other))

    settings = load(tmp_path, {}).settings

    assert settings is not None
    assert settings.file.webhook.paper_venues == simulated
