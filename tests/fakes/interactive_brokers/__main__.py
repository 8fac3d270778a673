"""Serve a fake gateway until it is stopped: `python -m fakes.interactive_brokers`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from fakes.interactive_brokers.door import Gateway, serving


async def run(port: int) -> None:
    async with serving(Gateway(), port) as gateway:
        sys.stdout.write(f"{gateway.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(run(parser.parse_args().port))
