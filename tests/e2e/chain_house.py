"""A daemon for front-ends as a process, and in this one the chain that it closes on.

The chain, its nodes and the solver live on an event loop in a thread of their own;
prices come from the simulated exchange, in Binance's words.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from time import time
from typing import Any, TypeVar

import httpx
from aiohttp import web
from eth_account import Account

from api.rasa_world import signed_login
from chain.block_logs import logs_of
from chain.deployed import CLOSER_KEY, XRP, XRP_NAME, Deployed, deployed
from chain.mempool import Mempool
from chain.rpc_node import RpcNode, serving
from e2e.house import DEADLINE_S, House
from e2e.ports import free_port
from exitd.cli.demo.exchange import ExchangeProcess

CHAIN_ID = 131277322940537
#: The second account of the chain in this process owns the sub-account; its key is 2.
OWNER = Account.from_key("0x" + f"{2:064x}")
DOMAIN = "app.example.org"
OPENING_PRICE = "2"
MARKET = "SOL_USDC_PERP"
#: RequestToClosePosition with the number of the close, of contracts from 0.8.4 on.
CLOSE_REQUESTED = "0x7f9710cf0d5a0ad968b7fc45b62e78bf71c0ca8ebb71a16128fc27b07fa5608d"
T = TypeVar("T")

CHAINS_FILE = """\
chains:
  local:
    chain_id: {chain_id}
    symmio: "{symmio}"
    multi_accounts: {{front: "{multi}"}}
    solvers:
      local: {{addresses: ["{solver}"], url: {solver_url}}}
    nodes: {nodes}
    node_deadline: 2s
    poll: 200ms
    block_time: 1s
    confirmations: 1
    request_window: 60s
    lag_slack: 1s
    fee_most: 100000000000
    fee_least_tip: 1
    bump_after: 5
    market_bound: 10%
"""
DAEMON_FILE = """\
version: 1
mode: live
venues:
  symmio:
    type: symmio
    chain: local
    key: {{file: {folder}/key}}
    symbols: {{XRPUSDT: {{watch: SOLUSDT}}}}
    prices: {{url: {url}, ws_url: {ws_url}}}
http:
  socket: {folder}/exitd.sock
  bind: 127.0.0.1:{port}
  rasa:
    account: symmio
    domains: [{domain}]
    login_urls: ["http://127.0.0.1:{port}"]
log: {{level: info, format: json}}
"""


class LiveChain:
    """The chain with two nodes and a solver, in a thread; a block each second.

    Each block is a second younger than its parent at least, and what is done here makes
    blocks of its own: while they are ahead of the clock, none comes by itself.
    """

    def __init__(self, version: str = "0.8.4") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self.chain: Deployed
        self.nodes: list[RpcNode]
        self.solver_url = ""
        self._wait(self._start(version))

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S)

    async def _start(self, version: str) -> None:
        self.chain = deployed(version)
        self.pool = Mempool(self.chain)
        self.nodes = [RpcNode(self.pool) for _ in range(2)]
        await self._stack.enter_async_context(serving(*self.nodes))
        app = web.Application()
        app.router.add_get("/contract-symbols", self._symbols)
        runner = web.AppRunner(app, access_log=None)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.solver_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._tick()

    async def _symbols(self, request: web.Request) -> web.StreamResponse:
        listed = {
            "symbol_id": XRP,
            "name": XRP_NAME,
            "price_precision": 4,
            "quantity_precision": 1,
        }
        return web.json_response({"count": 1, "symbols": [listed]})

    def _tick(self) -> None:
        if self.chain.now_s <= time():
            self.chain.mine()
        self._ticking = self._loop.call_later(1, self._tick)

    def do(self, work: Callable[[Deployed], T]) -> T:
        """Do something on the chain, between two blocks."""

        async def done() -> T:
            return work(self.chain)

        found: T = self._wait(done())
        return found

    def catch_up(self) -> None:
        """Let the clock come to the newest block: nodes of the future are refused."""
        ahead_s = self.do(lambda chain: chain.now_s) - time()
        threading.Event().wait(max(ahead_s, 0))

    def set_down(self, is_down: bool) -> None:
        for node in self.nodes:
            node.is_down = is_down

    def closes(self, quote_id: int) -> int:
        """How many close requests the contract has taken for a quote."""

        def count(chain: Deployed) -> int:
            logs = [log for n in range(chain.height + 1) for log in logs_of(chain, n)]
            # No parameter is indexed; the number of the quote is the third word.
            words = [
                int(log["data"][130:194], 16)
                for log in logs
                if log["address"] == chain.trading.address
                and log["topics"][0] == CLOSE_REQUESTED
            ]
            return words.count(quote_id)

        return self.do(count)

    def close(self) -> None:
        async def end() -> None:
            self._ticking.cancel()
            await self._stack.aclose()

        self._wait(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()


class ChainHouse(House):
    """A chain, prices, one configuration, and a front-end's user."""

    def __init__(
        self, folder: Path, exchange: ExchangeProcess, live: LiveChain
    ) -> None:
        port = free_port()
        super().__init__(folder, exchange, mode="live", window="2s", bind="off")
        self.live = live
        self.url = f"http://127.0.0.1:{port}"
        self.token = ""
        self.positions_file.unlink()
        (folder / "key").write_text(CLOSER_KEY)
        self.config.write_text(
            DAEMON_FILE.format(
                folder=folder,
                port=port,
                domain=DOMAIN,
                url=exchange.url,
                ws_url=exchange.url.replace("http", "ws", 1),
            )
        )
        chains = self.config.parent / "venues" / "symmio.yaml"
        chains.parent.mkdir()
        chain = live.chain
        chains.write_text(
            CHAINS_FILE.format(
                chain_id=CHAIN_ID,
                symmio=chain.trading.address,
                multi=chain.multi.address,
                solver=chain.solver,
                solver_url=live.solver_url,
                nodes=json.dumps([node.url for node in live.nodes]),
            )
        )

    @property
    def sub(self) -> str:
        return self.live.chain.sub

    def log_in(self, wallet: Any = OWNER) -> httpx.Response:
        """Log in as a front-end does; keeps the token."""
        asked = httpx.get(f"{self.url}/nonce/{self.sub}", timeout=DEADLINE_S)
        nonce = asked.json()["nonce"]
        body = signed_login(
            self.sub,
            nonce,
            domain=DOMAIN,
            uri=f"{self.url}/login",
            chain=CHAIN_ID,
            wallet=wallet,
        )
        answer = httpx.post(f"{self.url}/login", json=body, timeout=DEADLINE_S)
        self.token = answer.json().get("access_token", "")
        return answer

    def arm(self, quote_id: int, *orders: dict[str, object]) -> httpx.Response:
        body = {
            "account_address": self.sub,
            "quote_id": quote_id,
            "symbol_id": XRP,
            "multi_account_address": self.live.chain.multi.address,
            "hedger_whitelist": [self.live.chain.solver],
            "conditional_orders": list(orders),
        }
        return self._ask("POST", "/api/v4/", body)

    def armed(self, quote_id: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._ask("GET", f"/api/v4/{quote_id}/").json()
        return rows

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = self.token or "none"
        headers = {"Authorization": f"Bearer {token}", "App-Name": "Test"}
        return httpx.request(
            method, f"{self.url}{path}", json=body, headers=headers, timeout=DEADLINE_S
        )

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return found


def order(kind: str, level: str, price: str, **changed: object) -> dict[str, object]:
    """One conditional order on 100 of a long quote, as a front-end writes it."""
    return {
        "quantity": "100",
        "price": price,
        "conditional_price": level,
        "conditional_price_type": "market",
        "order_type": 1,
        "position_type": 0,
        "conditional_order_type": kind,
        "leverage": 1,
        **changed,
    }


@contextmanager
def chain_house(folder: Path, version: str = "0.8.4") -> Iterator[ChainHouse]:
    """Start a chain and prices that move by command only, and write the files."""
    script = folder / "prices.json"
    script.write_text(
        json.dumps({"markets": {MARKET: {"opening_price": OPENING_PRICE}}})
    )
    live = LiveChain(version)
    try:
        with ExchangeProcess(script, cadence_ms=200) as exchange:
            exchange.wait_ready()
            found = ChainHouse(folder, exchange, live)
            try:
                yield found
            finally:
                found.close()
    finally:
        live.close()
