"""The usual bot: prices by websockets, the order by ccxt's async client.

Usage: ccxt_script.py URL WS_URL KEY SECRET SYMBOL FIRST STEP COUNT
"""

import asyncio
import json
import sys

import ccxt.async_support as ccxt
import websockets


async def main() -> None:
    url, ws_url, key, secret, symbol, first, step, count = sys.argv[1:]
    exchange = ccxt.backpack(
        {"apiKey": key, "secret": secret, "enableRateLimit": False}
    )
    exchange.urls["api"] = {"public": url, "private": url}
    level, left = float(first), int(count)
    try:
        markets = await exchange.load_markets()
        name = next(m["symbol"] for m in markets.values() if m["id"] == symbol)
        async with websockets.connect(ws_url) as socket:
            subscribe = {"method": "SUBSCRIBE", "params": [f"trade.{symbol}"]}
            await socket.send(json.dumps(subscribe))
            print("ready", flush=True)
            while left:
                if float(json.loads(await socket.recv())["data"]["p"]) > level:
                    continue
                level = round(level - float(step), 8)
                await exchange.create_order(
                    name, "market", "sell", 0.1, params={"reduceOnly": True}
                )
                left -= 1
    finally:
        await exchange.close()


asyncio.run(main())
