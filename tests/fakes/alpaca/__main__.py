"""Run the exchange as a program of its own: `python -m fakes.alpaca --port P`.

It prints its address, answers on it, and ends with SIGTERM or SIGINT. What tests can do
to it is in `control.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from fakes.alpaca.serving import Alpaca, listening, server_of


async def run(port: int, *, is_prompt: bool) -> None:
    there = Alpaca(is_prompt=is_prompt)
    listener = listening(port)
    there.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = server_of(there)

    def stop() -> None:
        there.updates.drop()
        there.prices.drop()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    sys.stdout.write(f"{there.url}\n")
    sys.stdout.flush()
    await server.serve(sockets=[listener])


def main() -> None:
    options = argparse.ArgumentParser(description="A simulated Alpaca.")
    options.add_argument("--port", type=int, default=0, help="0 for a free one")
    options.add_argument(
        "--prompt", action="store_true", help="replies show what became of an order"
    )
    chosen = options.parse_args()
    asyncio.run(run(chosen.port, is_prompt=chosen.prompt))


main()
