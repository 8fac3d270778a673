"""The simulated exchange as a process of its own, and a trader's account on it."""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from nacl.signing import SigningKey

from exitd.secret import Secret

_seeds = itertools.count(os.getpid() << 32)


@contextmanager
def simulator(*options: str) -> Iterator[str]:
    """Run a simulated exchange; gives its address."""
    command = [sys.executable, "-m", "exitd.simulator", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), "the simulated exchange did not start"
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


@dataclass(frozen=True)
class SimulatedAccount:
    """A fresh key on a simulated exchange, and the control API for it."""

    url: str
    key: str
    secret: Secret
    http: httpx.AsyncClient

    @property
    def ws_url(self) -> str:
        return self.url.replace("http://", "ws://")

    async def post(self, control: str, /, **document: Any) -> Any:
        response = await self.http.post(f"/sim/{control}", json=document)
        assert response.status_code == 200, response.text
        return response.json()

    async def hold(self, symbol: str, net: str, entry: str = "140") -> None:
        await self.post(
            "positions",
            api_key=self.key,
            symbol=symbol,
            net_quantity=net,
            entry_price=entry,
        )

    async def price(self, symbol: str, price: str) -> None:
        await self.post("prices", symbol=symbol, mark=price, index=price, last=price)

    async def fault(self, kind: str, path: str | None = None, **more: Any) -> None:
        await self.post("faults", kind=kind, path=path, api_key=self.key, **more)

    async def ledger(self) -> list[dict[str, Any]]:
        response = await self.http.get("/sim/ledger", params={"api_key": self.key})
        rows: list[dict[str, Any]] = response.json()["orders"]
        return rows


def account(url: str) -> SimulatedAccount:
    """Make up a key that the exchange at *url* has never seen."""
    seed = next(_seeds).to_bytes(32, "big")
    key = base64.b64encode(bytes(SigningKey(seed).verify_key)).decode()
    secret = Secret(base64.b64encode(seed).decode())
    return SimulatedAccount(url, key, secret, httpx.AsyncClient(base_url=url))
