"""What somebody writes in an afternoon: websockets, httpx, PyNaCl, no durability.

Usage: httpx_script.py URL WS_URL KEY SECRET SYMBOL FIRST STEP COUNT
"""

import asyncio
import base64
import json
import sys
import time
from decimal import Decimal

import httpx
import websockets
from nacl.signing import SigningKey


async def main() -> None:
    url, ws_url, key, secret, symbol, first, step, count = sys.argv[1:]
    signer = SigningKey(base64.b64decode(secret))
    level, left = Decimal(first), int(count)
    async with (
        httpx.AsyncClient(base_url=url) as http,
        websockets.connect(ws_url) as ws,
    ):
        await http.get("/api/v1/time")
        await ws.send(
            json.dumps({"method": "SUBSCRIBE", "params": [f"trade.{symbol}"]})
        )
        print("ready", flush=True)
        async for frame in ws:
            price = Decimal(json.loads(frame)["data"]["p"])
            if price > level:
                continue
            level -= Decimal(step)
            body = {
                "orderType": "Market",
                "quantity": "0.1",
                "reduceOnly": True,
                "side": "Ask",
                "symbol": symbol,
            }
            now = str(int(time.time() * 1000))
            spelled = "&".join(
                f"{k}={str(v).lower() if isinstance(v, bool) else v}"
                for k, v in sorted(body.items())
            )
            text = f"instruction=orderExecute&{spelled}&timestamp={now}&window=5000"
            signature = base64.b64encode(signer.sign(text.encode()).signature).decode()
            reply = await http.post(
                "/api/v1/order",
                json=body,
                headers={
                    "X-API-Key": key,
                    "X-Signature": signature,
                    "X-Timestamp": now,
                    "X-Window": "5000",
                },
            )
            reply.raise_for_status()
            left -= 1
            if not left:
                return


asyncio.run(main())
