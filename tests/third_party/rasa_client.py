"""
A front-end's JavaScript against the Rasa-compatible API, with a chain behind it.

Run by CI, once `npm ci` has installed what its package.json names:

    PYTHONPATH=tests python tests/third_party/rasa_client.py FOLDER [--node NODE]

FOLDER holds `client.mjs` beside its `node_modules`. This program deploys contracts on a
chain in its process, serves a daemon that closes there, lets the client do its part and
does that of the market and of the solver. It ends with the status of the client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.daemons import ACCOUNT, World, build, served
from chain.deployed import (
    CLOSER_KEY,
    COMPILED,
    XRP,
    XRP_NAME,
    Deployed,
    deployed,
)
from chain.mempool import Mempool
from chain.rpc_node import CHAIN_ID, RpcNode, serving
from exitd.adapters.ethereum.signatures import EthereumSignatures
from exitd.adapters.symmio.nodes import Tolerance
from exitd.adapters.symmio.settings import ChainSettings, Precision
from exitd.adapters.symmio.venue import SymmioVenue
from exitd.adapters.system.clock import SystemClock
from exitd.api.rasa.doors import rasa_doors
from exitd.configuration.rasa import Rasa
from exitd.core.market import PriceKind, PriceSource
from exitd.secret import Secret

VERSION = "0.8.4"
DOMAIN, LOGIN_URL = "app.example.org", "https://exits.example.org"
QUANTITY, STOP = "100", "1.9"
DEADLINE_S = 120


class Market:
    """The price of the one contract, for the venue and for the feed."""

    def __init__(self) -> None:
        self.price = Decimal(2)

    def of(self, name: str) -> Decimal | None:
        return self.price if name == XRP_NAME else None


def venue_on(chain: Deployed, node: RpcNode, market: Market) -> SymmioVenue:
    return SymmioVenue(
        ACCOUNT,
        secret=Secret(CLOSER_KEY),
        settings=ChainSettings(
            chain_id=CHAIN_ID,
            symmio=chain.trading.address,
            multi_accounts=(chain.multi.address,),
            nodes=(node.url,),
            poll_s=0.05,
            inclusion_s=10.0,
            tolerance=Tolerance(block_ms=1_000),
        ),
        clock=SystemClock(),
        price_of=market.of,
        precisions={XRP_NAME: Precision(price=4, quantity=1)},
        on_notice=lambda notice: print(f"note {notice}"),
    )


@asynccontextmanager
async def daemon_on(
    chain: Deployed, node: RpcNode, market: Market, folder: Path
) -> AsyncIterator[World]:
    """Serve a daemon whose account is on the chain, with the doors of Rasa."""
    venue = venue_on(chain, node, market)
    await venue.sync_clock()
    await venue.chain.recall([])
    world = build(folder, venue=venue)
    await world.daemon.start()
    settings = Rasa(
        account=ACCOUNT,
        domains=[DOMAIN],
        login_urls=[LOGIN_URL],
        multi_accounts=[chain.multi.address],
    )
    doors = rasa_doors(
        world.control, settings, chain=venue.chain, signatures=EthereumSignatures()
    )
    try:
        async with served(world, doors=doors):
            yield world
    finally:
        await world.daemon.stop()
        await venue.close()


def told(chain: Deployed, node: RpcNode, world: World, quote_id: int) -> str:
    """Say to the client where everything is, and who it is."""
    owner_key = chain.tester.backend.account_keys[1]
    assert owner_key.public_key.to_checksum_address() == chain.owner
    return json.dumps(
        {
            "api": f"http://127.0.0.1:{world.port}/",
            "node": node.url,
            "domain": DOMAIN,
            "login_url": LOGIN_URL,
            "chain_id": CHAIN_ID,
            "owner_key": owner_key.to_hex(),
            "account": chain.sub,
            "multi_account": chain.multi.address,
            "symmio": chain.trading.address,
            "contracts": str(COMPILED / f"{VERSION}.json"),
            "solver": chain.solver,
            "symbol_id": XRP,
            "quote_id": quote_id,
            "quantity": QUANTITY,
            "target": "2.4",
            "target_price": "2.2",
            "stop": STOP,
            "stop_price": "1.7",
        }
    )


async def trade(
    chain: Deployed, market: Market, world: World, quote_id: int, client: Any
) -> None:
    """Do what the market and the solver do, once the client is ready for it."""
    assert client.stdout is not None
    source = PriceSource(ACCOUNT, f"{XRP_NAME}#{quote_id}", PriceKind.MARK)
    async for line in client.stdout:
        print(line.decode(), end="", flush=True)
        if line.startswith(b"ready for "):
            market.price = Decimal(line.split()[-1].decode())
            await world.until(lambda: world.feed.push(source, str(market.price)))
        elif line.startswith(b"ready to be filled"):
            chain.fill(quote_id, QUANTITY, str(market.price))


async def run(folder: Path, node_command: str) -> int:
    chain, market = deployed(VERSION), Market()
    node = RpcNode(Mempool(chain))
    quote_id = chain.open(QUANTITY, "2")
    with tempfile.TemporaryDirectory() as state:
        async with (
            serving(node),
            daemon_on(chain, node, market, Path(state)) as world,
        ):
            source = PriceSource(ACCOUNT, f"{XRP_NAME}#{quote_id}", PriceKind.MARK)
            world.feed.polled[source] = market.price
            client = await asyncio.create_subprocess_exec(
                node_command,
                str(folder / "client.mjs"),
                told(chain, node, world, quote_id),
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await trade(chain, market, world, quote_id, client)
                    return await client.wait()
            finally:
                if client.returncode is None:
                    client.kill()
                    await client.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--node", default="node", metavar="NODE")
    options = parser.parse_args()
    return asyncio.run(run(options.folder, options.node))


if __name__ == "__main__":
    sys.exit(main())
