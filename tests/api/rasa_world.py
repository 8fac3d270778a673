"""A daemon whose positions are quotes of a chain, and wallets that log in to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct

from api.daemons import ACCOUNT, World, served, started
from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.api.application import DEFAULT_RATES
from exitd.api.limits import RateLimits
from exitd.api.rasa.doors import rasa_doors
from exitd.api.rasa.siwe import Asked, siwe_text
from exitd.configuration.rasa import Rasa
from exitd.core.inputs import PositionReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import PositionKey, Side
from exitd.ports.chain import Quote, SubAccount
from fakes.chain import MULTI_ACCOUNT, SOLVER, FakeChain
from fakes.exchange import SOL

#: The party A of the page, and another one.
ALICE = "0xB6492A3963DDa0910329787478df3Bb02C7b0DA3"
BOB = "0x8AB178C07184ffD44F0ADfF4eA2ce6cFc33F3b86"
WALLETS = {
    ALICE.lower(): Account.from_key("0x" + 63 * "0" + "7"),
    BOB.lower(): Account.from_key("0x" + 63 * "0" + "8"),
}
DOMAIN, URL = "app.example.org", "https://exits.example.org"
XRP = "XRPUSDT"
PRICE = "2.05"

SETTINGS: dict[str, Any] = {
    "account": ACCOUNT,
    "domains": [DOMAIN, "localhost"],
    "login_urls": [URL],
    "multi_accounts": [MULTI_ACCOUNT],
}

#: As the page has them.
POSTED = {
    "account_address": ALICE,
    "quote_id": 179921,
    "conditional_orders": [
        {
            "quantity": "7.2",
            "price": "1.9683",
            "conditional_price": "2.1870",
            "conditional_price_type": "last_close",
            "order_type": 1,
            "position_type": 0,
            "conditional_order_type": "take_profit",
            "leverage": 1,
        },
        {
            "quantity": "7.2",
            "price": "1.7808",
            "conditional_price": "1.9787",
            "conditional_price_type": "last_close",
            "order_type": 1,
            "position_type": 0,
            "conditional_order_type": "stop_loss",
            "leverage": 1,
        },
    ],
    "symbol_id": 4,
    "multi_account_address": MULTI_ACCOUNT,
    "hedger_whitelist": [SOLVER],
}


def order(**changed: object) -> dict[str, object]:
    """Give the stop of the page, changed; on the mark, so that tests move it."""
    stop = {**POSTED["conditional_orders"][1], "conditional_price_type": "market"}
    return {k: v for k, v in {**stop, **changed}.items() if v is not None}


def body(*orders: dict[str, object], **changed: object) -> dict[str, object]:
    sent = {**POSTED, "conditional_orders": list(orders) or [order()], **changed}
    return {name: value for name, value in sent.items() if value is not None}


@dataclass
class RasaWorld:
    """The daemon, its chain, and who asks it."""

    world: World
    chain: FakeChain

    @property
    def port(self) -> int:
        return self.world.port

    def source(self, quote_id: int, kind: PriceKind = PriceKind.MARK) -> PriceSource:
        candle = "1m" if kind is PriceKind.LAST_CLOSE else ""
        return PriceSource(ACCOUNT, f"{XRP}#{quote_id}", kind, candle)

    def price(self, quote_id: int, price: str) -> None:
        """Let the mark and the running candle of a quote be seen."""
        for kind in (PriceKind.MARK, PriceKind.LAST_CLOSE):
            source = self.source(quote_id, kind)
            self.world.feed.polled[source] = Decimal(price)
            self.world.feed.push(source, price)
        self.world.venue.set_price(f"{XRP}#{quote_id}", price)

    def open(self, quote_id: int, party_a: str, **changed: Any) -> Quote:
        quote = self.chain.open_quote(quote_id, party_a, **changed)
        self.price(quote_id, PRICE)
        return quote

    def caller(self, token: str = "") -> httpx.AsyncClient:
        return self.world.tcp(token)

    async def log_in(self, party_a: str = ALICE) -> str:
        async with self.caller() as raw:
            nonce = (await raw.get(f"/nonce/{party_a}")).json()["nonce"]
            answer = await raw.post("/login", json=signed_login(party_a, nonce))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def static_token(self, *scopes: str, name: str = "bot") -> str:
        async with self.world.unix() as raw:
            sent = {"name": name, "scopes": list(scopes)}
            return str((await raw.post("/v1/tokens", json=sent)).json()["secret"])


def at(delta_s: float) -> str:
    """Write an instant as JavaScript's `toISOString` does."""
    instant = datetime.now(UTC) + timedelta(seconds=delta_s)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"


def signed_login(
    party_a: str,
    nonce: str,
    *,
    domain: str = DOMAIN,
    uri: str = f"{URL}/login",
    chain: int = 8453,
    issued_s: float = 0,
    lives_s: float = 3_600,
    wallet: Any = None,
    **changed: object,
) -> dict[str, object]:
    """Make the body of a login as a front-end does."""
    wallet = wallet or WALLETS[party_a.lower()]
    sent: dict[str, object] = {
        "account_address": party_a,
        "expiration_time": at(lives_s),
        "issued_at": at(issued_s),
        "nonce": nonce,
        **changed,
    }
    asked = Asked(
        account=str(sent["account_address"]),
        nonce=nonce,
        issued_at=str(sent["issued_at"]),
        expiration_time=str(sent["expiration_time"]),
        signature=b"",
        is_smart_wallet=False,
    )
    text = siwe_text(asked, wallet.address, domain=domain, uri=uri, chain=chain)
    signature = wallet.sign_message(encode_defunct(text=text)).signature
    return {"signature": "0x" + signature.hex(), **sent}


@asynccontextmanager
async def rasa_started(
    folder: Path, *, rates: RateLimits = DEFAULT_RATES, **settings: Any
) -> AsyncIterator[RasaWorld]:
    """Serve a daemon with a chain on which Alice has quote 179921 and Bob 200."""
    chain = FakeChain(ACCOUNT)
    chain.owners = {sub: wallet.address for sub, wallet in WALLETS.items()}
    async with started(folder) as world:
        rasa = RasaWorld(world, chain)

        def follow(sub: SubAccount, quote: Quote) -> None:
            symbol = f"{XRP}#{quote.quote_id}"
            size = quote.open_quantity
            if symbol in world.venue.exchange.positions:
                return
            world.venue.hold(
                symbol, str(size if quote.side is Side.LONG else -size), "2.1"
            )

        chain.on_follow = follow
        doors = rasa_doors(
            world.control,
            Rasa(**{**SETTINGS, **settings}),
            chain=chain,
            signatures=EthereumSignatures(),
        )
        async with served(world, doors=doors, rates=rates):
            rasa.open(179921, ALICE)
            rasa.open(200, BOB)
            yield rasa


@asynccontextmanager
async def numbered(folder: Path, **settings: Any) -> AsyncIterator[RasaWorld]:
    """Serve a daemon whose venue numbers its position in SOL 4711."""
    chain = FakeChain(ACCOUNT)
    async with started(folder) as world:
        now_ns = world.daemon.clock.now_ns()
        world.daemon.loop.handle(
            PositionReport(
                key=PositionKey(ACCOUNT, SOL, Side.LONG),
                quantity=Decimal(10),
                entry_price=Decimal(100),
                position_id="4711",
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )
        given = {"account": ACCOUNT, "symbols": {SOL: 12}, **settings}
        doors = rasa_doors(world.control, Rasa(**given))
        async with served(world, doors=doors):
            yield RasaWorld(world, chain)


def compact(pretty: str) -> bytes:
    """Take the blanks out of JSON, but for those in strings; digits stay as written."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', pretty)
    return "".join(p if p[:1] == '"' else "".join(p.split()) for p in parts).encode()


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
