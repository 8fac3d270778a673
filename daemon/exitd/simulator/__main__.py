"""`python -m exitd.simulator --port P [--script FILE] [--seed N]`"""

from __future__ import annotations

import argparse
import sys

from exitd.errors import ExitdError
from exitd.simulator.exchange import CADENCE_MS, PING_INTERVAL_S, Settings
from exitd.simulator.serve import main as run


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="exitd sim", description="A Backpack-compatible exchange for tests."
    )
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8899, help="0 for a free one")
    made.add_argument("--script", help="YAML or JSON: prices, positions, faults")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--cadence-ms", type=int, default=CADENCE_MS)
    made.add_argument("--paused", action="store_true", help="hold the price paths")
    made.add_argument("--rate-limited", action="store_true")
    made.add_argument("--ping-interval-s", type=float, default=PING_INTERVAL_S)
    made.add_argument(
        "--quirk",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a switch of docs/simulator.md; may be repeated",
    )
    return made


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    settings = Settings(
        seed=chosen.seed,
        cadence_ms=chosen.cadence_ms,
        paused=chosen.paused,
        rate_limited=chosen.rate_limited,
        ping_interval_s=chosen.ping_interval_s,
        quirks=dict(quirk.partition("=")[::2] for quirk in chosen.quirk),
    )

    def ready(port: int) -> None:
        sys.stdout.write(f"http://{chosen.host}:{port}\n")
        sys.stdout.flush()

    try:
        run(
            chosen.host,
            chosen.port,
            chosen.script,
            chosen.seed,
            settings=settings,
            on_ready=ready,
        )
    except ExitdError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
