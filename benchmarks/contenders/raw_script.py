"""The floor: prices by websockets, the order as prebuilt bytes on a raw socket.

Usage: raw_script.py URL WS_URL KEY SECRET SYMBOL FIRST STEP COUNT
"""

import asyncio
import base64
import sys
import time
from decimal import Decimal
from urllib.parse import urlsplit

import msgspec
import websockets
from nacl.signing import SigningKey


class Trade(msgspec.Struct):
    p: Decimal


class Frame(msgspec.Struct):
    data: Trade


async def main() -> None:
    url, ws_url, key, secret, symbol, first, step, count = sys.argv[1:]
    signer = SigningKey(base64.b64decode(secret))
    level, left = Decimal(first), int(count)
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    decode = msgspec.json.Decoder(Frame).decode
    spelled = f"orderType=Market&quantity=0.1&reduceOnly=true&side=Ask&symbol={symbol}"
    body = (
        '{"orderType":"Market","quantity":"0.1","reduceOnly":true,"side":"Ask",'
        f'"symbol":"{symbol}"}}'
    )
    async with websockets.connect(ws_url, compression=None) as ws:
        await ws.send(f'{{"method":"SUBSCRIBE","params":["trade.{symbol}"]}}')
        print("ready", flush=True)
        while left:
            if decode(await ws.recv(decode=False)).data.p > level:
                continue
            level -= Decimal(step)
            now = int(time.time() * 1000)
            text = f"instruction=orderExecute&{spelled}&timestamp={now}&window=5000"
            signature = base64.b64encode(signer.sign(text.encode()).signature).decode()
            writer.write(
                f"POST /api/v1/order HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"X-API-Key: {key}\r\nX-Signature: {signature}\r\n"
                f"X-Timestamp: {now}\r\n"
                f"X-Window: 5000\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            left -= 1
    writer.close()


asyncio.run(main())
