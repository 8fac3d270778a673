"""What several benchmarks run: the exchange as a process, and the whole daemon."""

import asyncio
import base64
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from nacl.signing import SigningKey

SYMBOL = "SOL_USDC_PERP"
TOP, STEP = Decimal("139"), Decimal("0.05")

Move = Callable[[Decimal], Awaitable[None]]

#: Runs the daemon, and says so on stderr once it is ready.
RUN = (
    "import sys; from pathlib import Path;"
    "from exitd.app import run_daemon; from exitd.cli.running import run_loop;"
    "from exitd.settings import read_settings;"
    "sys.exit(run_loop(run_daemon(Path(sys.argv[1]), read_settings(),"
    " on_ready=lambda _: print('ready', file=sys.stderr, flush=True))))"
)


def keys(number: int) -> tuple[str, str]:
    key = SigningKey(bytes([number + 1]) * 32)
    return (
        base64.b64encode(bytes(key.verify_key)).decode(),
        base64.b64encode(bytes(key)).decode(),
    )


def moved(price: Decimal) -> dict[str, object]:
    return {"symbol": SYMBOL, "last": str(price), "mark": "140", "index": "140"}


class Exchange:
    """The simulated exchange as a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "exitd.simulator", "--port", "0", "--seed", "7"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.control("path", {"paused": True})

    def control(self, what: str, body: dict[str, object]) -> None:
        self.http.post(f"/sim/{what}", json=body).raise_for_status()

    def price(self, price: Decimal) -> None:
        self.control("prices", moved(price))

    def hold(self, key: str) -> None:
        """Give an account money and a position of 1,000, at the price of now."""
        self.price(Decimal("140"))
        position = {"api_key": key, "symbol": SYMBOL, "net_quantity": "1000"}
        self.control("deposit", {"api_key": key, "asset": "USDC", "amount": "1e7"})
        self.control("positions", {**position, "entry_price": "140"})

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait()


@asynccontextmanager
async def prices(exchange: Exchange) -> AsyncIterator[Move]:
    """Give what moves the price, in the loop that notes the orders.

    A thread beside that loop would have the interpreter for up to 5 ms at a time, and
    the tap would note an order that came meanwhile as late as that.
    """
    host, port = urlsplit(exchange.url).netloc.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    async def move(price: Decimal) -> None:
        body = json.dumps(moved(price)).encode()
        head = (
            f"POST /sim/prices HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        reply = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in reply.split(b"\r\n")[0], reply
        length = re.search(rb"content-length: (\d+)", reply.lower())
        assert length is not None, reply
        await reader.readexactly(int(length[1]))

    try:
        yield move
    finally:
        writer.close()


def keep_keys(folder: Path, key: str, secret: str) -> None:
    for name, value in (("key", key), ("secret", secret)):
        (folder / name).write_text(value)
        (folder / name).chmod(0o600)


def start_daemon(
    url: str,
    key: str,
    secret: str,
    folder: Path,
    levels: int,
    more: str = "",
    *,
    firing: str = "overlapped",
    price: str = "last",
    bind: str = "off",
) -> subprocess.Popen[str]:
    """Start the whole daemon, with its socket in the folder, and wait until ready.

    *more* is what else its exitd.yaml says, *firing* how its closes leave, *price* the
    kind that its stops watch, *bind* where else than on its socket it is served.
    """
    keep_keys(folder, key, secret)
    (folder / "conf.d").mkdir()
    (folder / "exitd.yaml").write_text(
        f"""version: 1
mode: live
venues:
  sim:
    type: backpack
    url: {url}
    ws_url: {url.replace("http", "ws", 1)}
    key: {{file: {folder}/key}}
    secret: {{file: {folder}/secret}}
    requests_per_minute: 1000000
    firing: {firing}
http: {{socket: {folder}/exitd.sock, bind: "{bind}"}}
log: {{format: json}}
{more}"""
    )
    exits = "\n".join(
        f"      s{n}: {{stop_loss: {TOP - STEP * n}, close: 0.1}}"
        for n in range(levels)
    )
    (folder / "conf.d/sol.yaml").write_text(
        f"positions:\n  sol:\n    venue: sim\n    symbol: {SYMBOL}\n    side: long\n"
        f"    price: {price}\n    exits:\n{exits}\n"
    )
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder / "exitd.yaml")],
        stdout=log,
        stderr=subprocess.PIPE,
        text=True,
        env={"EXITD_STATE": str(folder / "state"), "PATH": "/usr/bin:/bin"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == "ready":
            return process
    raise SystemExit((folder / "log").read_text())
