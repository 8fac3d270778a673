"""From an entry of `type: symmio` to what the adapter is given, and what it lacks."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.daemons import started
from chain.rpc_node import CHAIN_ID
from chain.world import World
from chain.world import world as world_of_chain
from exitd.app.asking_venues import check_online
from exitd.app.chains import build_chain_account, with_multi_accounts
from exitd.app.files import read_keys
from exitd.app.installed import check_installed
from exitd.app.quotes import chain_settings, known_quotes
from exitd.configuration.load import load
from exitd.configuration.loaded import AccountSettings, Loaded, Settings
from exitd.core.inputs import CancelTrigger, InstrumentReport
from exitd.core.position import PositionKey, Side
from exitd.core.units import NS_PER_S
from exitd.errors import ConfigurationError, VenueUnavailable
from exitd.extras import how_to_install
from exitd.ports.alerts import AlertLevel
from exitd.secret import Secret
from fakes.exchange import instrument
from runtime.desk import ACCOUNT, Desk, StreamlessVenue, in_virtual_time, stop

ROOT = Path(__file__).parents[2]
KEY = "0x" + "c1" * 32
ENVIRONMENT = {"KEY": KEY, "NODE": "https://node.example.org/v2/abc"}


def configured(folder: Path, *lines: str) -> Loaded:
    text = "\n".join(
        [
            "version: 1",
            "mode: live",
            "venues:",
            "  base:",
            "    type: symmio",
            "    chain: base",
            "    key: {env: KEY}",
            *(f"    {line}" for line in lines),
            "http:",
            "  rasa: {account: base, domains: [a.org], login_urls: [https://e.org]}",
        ]
    )
    (folder / "exitd.yaml").write_text(text)
    loaded = load(folder, {})
    assert not loaded.has_errors, [str(f) for f in loaded.findings]
    return loaded


def settings_of(loaded: Loaded) -> Settings:
    assert loaded.settings is not None
    return loaded.settings


def test_given_a_chain_when_said_to_the_adapter_then_all_of_it(tmp_path: Path):
    account = settings_of(
        configured(
            tmp_path,
            "confirmations: 2",
            "request_window: 60s",
            "fee_most: 77",
            "market_bound: 5%",
            "least_closes: 7",
            "sub_accounts: [{address: '0x" + "a1" * 20 + "', multi_account: vibe}]",
        )
    ).accounts["base"]
    chain = account.chain
    assert chain is not None

    given = chain_settings(chain, ("https://mine.example.org",))

    assert given.chain_id == 8453
    assert given.symmio == chain.symmio
    assert given.nodes == ("https://mine.example.org", *chain.nodes)
    assert given.multi_accounts == chain.multi_accounts
    assert given.sub_accounts == (("0x" + "a1" * 20, chain.multi_accounts[0]),)
    assert (given.node_deadline_s, given.poll_s) == (5, 2)
    assert (given.confirmations, given.bump_after) == (2, 5)
    assert (given.window_ns, given.lag_slack_ns) == (60 * NS_PER_S, 10 * NS_PER_S)
    assert (given.fees.most, given.fees.least_tip) == (77, 1_000_000)
    assert (given.market_bound, given.least_closes) == (Decimal(5), 7)
    assert given.tolerance.block_ms == 2_000


def test_given_a_key_and_a_private_node_when_read_then_the_key_is_first(tmp_path: Path):
    settings = settings_of(configured(tmp_path, "private_nodes: [{env: NODE}]"))

    read = read_keys(settings.accounts.values(), ENVIRONMENT)

    assert [one.reveal() for one in read["base"]] == [KEY, ENVIRONMENT["NODE"]]


def test_given_no_contracts_at_the_door_then_those_of_its_account(tmp_path: Path):
    settings = settings_of(configured(tmp_path, "multi_accounts: [vibe, based]"))

    http = with_multi_accounts(settings.file.http, settings.accounts)

    chain = settings.accounts["base"].chain
    assert http.rasa is not None
    assert chain is not None
    assert http.rasa.multi_accounts == list(chain.multi_accounts)
    assert with_multi_accounts(http, settings.accounts) is http


def test_given_an_extra_that_is_missing_when_checked_then_warned_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    loaded = configured(tmp_path)
    good = check_installed(loaded)
    monkeypatch.setitem(sys.modules, "coincurve", None)

    (found,) = check_installed(loaded)

    assert good == ()
    assert str(found) == (
        f"{tmp_path}/exitd.yaml:5:11: warning: the daemon would not start here: an "
        "account on a chain needs coincurve, which is not installed; run "
        f"{how_to_install('symmio')}"
    )


async def test_given_an_extra_that_is_missing_when_built_then_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    account = settings_of(configured(tmp_path)).accounts["base"]
    async with started(tmp_path / "d") as world:
        monkeypatch.setitem(sys.modules, "rlp", None)

        with pytest.raises(ConfigurationError, match=r"needs rlp, .*\[symmio\]"):
            build_chain_account(world.daemon, account, (Secret(KEY),), tmp_path)


@pytest.mark.parametrize(
    ("lines", "secrets", "sentence"),
    [
        ((), ("0xabc",), "the key of a SYMMIO account is not 32 bytes in hex"),
        (
            ("private_nodes: [{env: NODE}]",),
            (KEY, "node.example.org/v2/abcdefgh"),
            "base: a secret under 'private_nodes' is no address of a node: write a URL "
            "such as https://example.org",
        ),
    ],
)
async def test_given_a_secret_that_is_none_when_built_then_said_without_it(
    tmp_path: Path, lines: tuple[str, ...], secrets: tuple[str, ...], sentence: str
):
    account = settings_of(configured(tmp_path, *lines)).accounts["base"]
    async with started(tmp_path / "d") as world:
        with pytest.raises(ConfigurationError) as raised:
            build_chain_account(
                world.daemon, account, tuple(map(Secret, secrets)), tmp_path
            )

    assert str(raised.value) == sentence


def chain_in_this_process(account: AccountSettings, w: World) -> AccountSettings:
    assert account.chain is not None
    chain = replace(
        account.chain,
        chain_id=CHAIN_ID,
        symmio=w.chain.trading.address,
        multi_accounts=(w.chain.multi.address,),
        nodes=tuple(node.url for node in w.nodes),
    )
    return replace(account, chain=chain)


async def test_given_nodes_that_are_down_when_asked_then_told_and_positions_unknown(
    tmp_path: Path,
):
    nodes = "nodes: ['http://127.0.0.1:1/secret-part', 'http://localhost:1']"
    account = settings_of(configured(tmp_path, nodes)).accounts["base"]
    async with started(tmp_path / "d") as world:
        built, chain = build_chain_account(
            world.daemon, account, (Secret(KEY),), tmp_path
        )

        with pytest.raises(VenueUnavailable, match="no node can be believed"):
            await built.catch_up()
        await built.stop()

    told = [a for a in world.heard.alerts if a.topic == "chain.node_doubted"]
    assert chain.account == built.name == "base"
    assert not built.is_reconciled
    assert {(a.level, a.about) for a in told} == {
        (AlertLevel.WARNING, "base/127.0.0.1:1"),
        (AlertLevel.WARNING, "base/localhost:1"),
    }
    assert "secret-part" not in "".join(a.text for a in told)


async def test_given_a_node_that_comes_back_when_asked_again_then_its_end_is_told(
    tmp_path: Path,
):
    account = settings_of(configured(tmp_path)).accounts["base"]
    async with world_of_chain(nodes=2) as w, started(tmp_path / "d") as world:
        account = chain_in_this_process(account, w)
        built, _ = build_chain_account(world.daemon, account, (Secret(KEY),), tmp_path)
        w.nodes[1].is_down = True
        await built.venue.sync_clock()
        w.nodes[1].is_down = False

        await built.venue.sync_clock()
        await built.stop()

    begun, over = [a for a in world.heard.alerts if a.topic == "chain.node_doubted"]
    assert (begun.level, begun.cleared) == (AlertLevel.WARNING, False)
    assert (over.level, over.cleared) == (AlertLevel.INFO, True)
    assert begun.about == over.about
    assert begun.about.startswith("base/")


async def test_given_a_multi_account_of_elsewhere_when_started_then_unavailable(
    tmp_path: Path,
):
    account = settings_of(configured(tmp_path)).accounts["base"]
    async with world_of_chain() as w, started(tmp_path / "d") as world:
        account = chain_in_this_process(account, w)
        assert account.chain is not None
        wallet = w.chain.wallet.address
        chain = replace(account.chain, multi_accounts=(w.chain.multi.address, wallet))
        account = replace(account, chain=chain)
        built, _ = build_chain_account(world.daemon, account, (Secret(KEY),), tmp_path)

        with pytest.raises(VenueUnavailable) as refused:
            await built.catch_up()
        await built.stop()

    assert str(refused.value).startswith(f"base: {wallet} under `multi_accounts` is no")
    assert not built.is_reconciled


async def test_given_nodes_that_are_down_when_checked_online_then_warned(
    tmp_path: Path,
):
    nodes = "nodes: ['http://127.0.0.1:1', 'http://localhost:1']"

    (found,) = await check_online(configured(tmp_path, nodes))

    assert str(found).startswith(
        f"{tmp_path}/exitd.yaml:4:3: warning: not checked against base: no node can be "
        "believed: 127.0.0.1:1"
    )


@in_virtual_time
async def test_given_what_is_held_protected_or_being_closed_then_it_is_to_be_recalled():
    desk = await Desk(net="0").start()
    for number in (1, 2, 3):
        known = instrument(ACCOUNT, f"A#{number}")
        desk.loop.handle(InstrumentReport(known, desk.clock.now_ns()))
    await desk.arm(stop("waits", symbol="A#1", template=True))
    await desk.arm(stop("gone", symbol="A#2", template=True))
    cancel = CancelTrigger(trigger_id="gone", by="test", now_ns=desk.clock.now_ns())
    await desk.loop.command(cancel)
    desk.venue.hold("A#3", "-5")
    await desk.settle()
    state = desk.loop.engine.state
    assert PositionKey(ACCOUNT, "A#3", Side.SHORT) in state.positions

    assert known_quotes(state, ACCOUNT) == ["A#1", "A#3"]
    assert known_quotes(state, "another") == []


@in_virtual_time
async def test_given_something_to_be_told_first_when_recovering_then_until_it_is_done():
    venue, order = StreamlessVenue, []

    class Asked(venue):
        async def positions(self, symbol=None):
            order.append("positions")
            return await super().positions(symbol)

    desk = Desk()
    desk.venue.__class__ = Asked

    async def recall() -> None:
        order.append("recall")
        if order.count("recall") < 3:
            raise VenueUnavailable("no node answered")

    desk.account._before_catching_up = recall
    silent = await desk.recover()

    assert silent == ()
    assert order[:4] == ["recall", "recall", "recall", "positions"]
