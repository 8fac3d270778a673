"""Write down the state that a daemon of this checkout leaves behind when it is killed.

    python tests/upgrades/make.py

makes `tests/upgrades/states/rNNNN.sql` of the newest schema. Run it before a migration
is added: from then on this checkout's successors have to open that file. For a schema
of long ago, let the code and the house of that time come first:

    PYTHONPATH=OLD/daemon:OLD/tests python tests/upgrades/make.py --to FOLDER

The daemon is a real one, at the simulated exchange of the same checkout: it holds
triggers of every kind that it knows, has fired, and is killed with a close and alerts
under way.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Behind what PYTHONPATH names, and in front of nothing else.
sys.path.append(str(HERE.parent))

from e2e.house import DaemonProcess, House, house  # noqa: E402
from exitd.adapters.sqlite.migrating import MIGRATIONS  # noqa: E402
from upgrades.scene import (  # noqa: E402
    BTC,
    ETH,
    LAST_PRICES,
    POSITIONS,
    SOL,
    exits_of,
    positions_file,
)

#: The first schemas that know trails, alerts, and triggers of the past.
TRAILS_SINCE, ALERTS_SINCE, PAST_SINCE = 3, 4, 8
_ALERTS = 8


def revision_here() -> int:
    names = [path.name for path in (MIGRATIONS / "versions").glob("r0*.py")]
    return max(int(name[1:5]) for name in names)


def play(home: House, revision: int) -> None:
    """Let a daemon live through everything that its state is to tell of."""
    home.positions_file.write_text(positions_file(revision))
    port = _with_alerts(home) if revision >= ALERTS_SINCE else 0
    if revision >= PAST_SINCE:
        home.config.write_text(home.config.read_text() + "policies: {done_kept: 1s}\n")
    for symbol, (quantity, entry) in POSITIONS.items():
        home.exchange.post(
            "/sim/positions",
            {
                "api_key": home.key,
                "symbol": symbol,
                "net_quantity": quantity,
                "entry_price": entry,
            },
        )
    daemon = home.start()
    for position in ("sol-core", "btc-swing", "eth-core"):
        for name in exits_of(revision, position):
            daemon.log.wait("trigger.armed", trigger_id=f"{position}/{name}")
    _prices(home, SOL, "142", "143", "142")
    _prices(home, BTC, "98500", "97900")
    daemon.log.wait("trigger.done", trigger_id="btc-swing/tp1", reason="filled")
    _by_hand(home)
    # What trails have seen is written once a second, and the past when there is time.
    if revision >= TRAILS_SINCE:
        home.until(lambda: _has_rows(home, "watermarks"), "marks of the trails")
    if revision >= PAST_SINCE:
        home.until(lambda: _has_rows(home, "past_triggers"), "a trigger of the past")
    if port:
        _alerts_done(port)
        daemon.log.wait("entry.filled")
    home.fault("slow_reply", delay_ms=60_000)
    home.silence()
    _prices(home, ETH, "3905", LAST_PRICES[ETH])
    daemon.log.wait("order.sent", trigger_id="eth-core/sl")
    if port:
        _killed_with_alerts(daemon, port)
    daemon.kill()


def _prices(home: House, symbol: str, *prices: str) -> None:
    for price in prices:
        document = {"symbol": symbol, "mark": price, "index": price, "last": price}
        home.exchange.post("/sim/prices", document)


def _by_hand(home: House) -> None:
    """What people and programs asked for."""
    where = ("--symbol", SOL, "--side", "long")
    added = ("add", *where, "--json")
    ids = [
        _armed(home, *added, "--sl", "122", "--note", "by hand"),
        _armed(home, *added, "--tp", "171", "--close", "10%"),
        _armed(home, *added, "--tp", "172", "--idempotency-key", "once"),
        _armed(home, *added, "--tp", "174"),
    ]
    _said(home, "add", "sol-core", "--tp", "173", "--name", "mine")
    _said(home, "pause", ids[1])
    # The last of an account that is done stays in memory.
    _said(home, "cancel", ids[3], "--yes")
    _said(home, "cancel", ids[2], "--yes")
    _said(home, "pause", "sol-core/tp3")
    _said(home, "token", "new", "dashboard", "--scope", "read")
    _said(home, "token", "new", "bot", "--scope", "trade", "--expires", "3650d")


def _armed(home: House, *words: str) -> str:
    found: dict[str, Any] = json.loads(_said(home, *words))
    return str(found["triggers"][0]["id"])


def _said(home: House, *words: str) -> str:
    done = home.command(*words)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def _has_rows(home: House, table: str) -> bool:
    with closing(sqlite3.connect(home.folder / "state" / "exitd.db")) as state:
        return state.execute(f"SELECT 1 FROM {table}").fetchone() is not None


def _with_alerts(home: House) -> int:
    from e2e.webhook_house import add_webhook

    return add_webhook(home)


OPENS = {"direction": "long", "positionIntent": "buy_to_open", "marketPrice": 142}
RESTS = {**OPENS, "orderType": "limit", "limitPrice": 100}


def _alerts_done(port: int) -> None:
    """One alert that is filled, with exits of its own, and one whose order rests."""
    from e2e.webhook_house import alert, post

    targets = {"profitTarget": 180, "stopLossTarget": 110}
    for number, words in enumerate(({**OPENS, **targets}, RESTS)):
        status, said = post(port, alert(number, **words))
        assert status == 200, said


def _killed_with_alerts(daemon: DaemonProcess, port: int) -> None:
    """Many at once, so that the kill finds some that nobody has carried out."""
    from e2e.webhook_house import alert, post

    with ThreadPoolExecutor(_ALERTS) as senders:
        bodies = [alert(100 + number, **RESTS) for number in range(_ALERTS)]
        sent = [senders.submit(post, port, body) for body in bodies]
        assert sent[0].result()[0] == 200
        daemon.kill()


def write_down(state: Path, target: Path) -> None:
    with closing(sqlite3.connect(state)) as database:
        lines = list(database.iterdump())
    target.write_text("\n".join((*lines, "")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=HERE / "states", metavar="FOLDER")
    folder: Path = parser.parse_args().to
    revision = revision_here()
    with tempfile.TemporaryDirectory() as name, house(Path(name)) as home:
        play(home, revision)
        target = folder / f"r{revision:04}.sql"
        write_down(Path(name) / "state" / "exitd.db", target)
    sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
