"""Serve a fake Schwab until it is stopped: `python -m fakes.schwab`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from fakes.schwab.door import Broker, serving


async def run(port: int) -> None:
    async with serving(Broker(), port) as broker:
        sys.stdout.write(f"{broker.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(run(parser.parse_args().port))
