"""Half an hour under load: is what the daemon holds flat, and its log explained?

    python tests/soak/run.py --minutes 30 --picture docs/pictures/measured/soak.svg

The installed command against the simulated exchange, with 1,000 triggers: prices many
times a second, fires and re-arms, broken streams and answers, files that change, people
who read and arm. Every few seconds its memory, its descriptors, its write-ahead log and
its log are looked at; every warning has to follow from something that was done to it.

Exit status: 0 all rules hold, 1 one does not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random
from time import monotonic, time

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec

from soak.home import SLICE, Home
from soak.load import Load
from soak.picture import svg
from soak.samples import Sample, parts_of_memory, sample, warm, warm_up_s
from soak.trouble import unexplained
from soak.verdict import Finding, Fires, findings, table

READY_S = 120.0
#: After the last trouble: what was in doubt is known by then.
SETTLED_S = 90.0


class Soak:
    """One soak, and what was seen in it."""

    def __init__(self, home: Home, load: Load, minutes: float) -> None:
        self._home, self._load = home, load
        self._minutes = minutes
        self.samples: list[Sample] = []
        self.parts: list[dict[str, int]] = []
        self.odd: list[str] = []
        self._began_s = 0.0

    def run(self) -> list[Finding]:
        """Live through it, and judge."""
        home, load = self._home, self._load
        home.start()
        journal = home.journal
        ready = journal.until(lambda: journal.counts["daemon.ready"] > 0, READY_S)
        assert ready, "".join(journal.last)
        armed = journal.until(lambda: journal.counts["trigger.armed"] > 900, READY_S)
        assert armed, "".join(journal.last)
        since_s, self._began_s = time(), monotonic()
        span_s = self._minutes * 60
        whole_s = warm_up_s(span_s) + span_s
        load.run(self._began_s + whole_s, self._look, min(5.0, self._minutes))
        load.calm()
        if home.is_up():
            self.parts.append(parts_of_memory(home.pid))
        is_well = load.keep_moving(self._is_settled, SETTLED_S)
        executed = load.executed()
        status = home.stop()
        warned = [line for line in journal.warned if line.at_s >= since_s]
        odd = unexplained(warned, load.troubles.spans)
        self.odd = [*odd, *journal.foreign, *load.odd]
        fires = Fires(journal.hits, journal.dones, executed, SLICE)
        seen = warm(self.samples, span_s)
        found = findings(self.samples, seen, self.parts, fires, self.odd, status)
        return [*found, Finding("it is ready in the end", str(is_well), is_well)]

    def _is_settled(self) -> bool:
        journal = self._home.journal
        return journal.hits.keys() == journal.dones.keys() and self._load.is_ready()

    def _look(self) -> None:
        journal = self._home.journal
        at_s = monotonic() - self._began_s
        lines, fires = journal.lines, len(journal.dones)
        if self._home.is_up():
            self.samples.append(
                sample(at_s, self._home.pid, self._home.database, lines, fires)
            )
            if not self.parts and at_s >= warm_up_s(self._minutes * 60):
                self.parts.append(parts_of_memory(self._home.pid))
        if len(self.samples) % 12 == 0:
            one = self.samples[-1]
            print(
                f"{one.at_s / 60:5.1f} min  {one.own_kib / 1024:6.1f} MiB"
                f"  {one.descriptors} descriptors  {one.wal_kib} KiB wal"
                f"  {one.fires} fires  {one.lines} lines  {one.cpu_s:.0f} s of CPU",
                file=sys.stderr,
                flush=True,
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--minutes",
        type=float,
        default=30.0,
        help="of the soak; a warm-up of as many, 30 at the most, comes before",
    )
    parser.add_argument("--triggers", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="an SVG to draw")
    parser.add_argument("--keep", type=Path, help="a folder for the samples and log")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exitd-soak-") as place:
        home = Home(Path(place), asked.triggers)
        try:
            load = Load(home, Random(asked.seed))
            soak = Soak(home, load, asked.minutes)
            try:
                found = soak.run()
            finally:
                # Who follows the facts is waiting for the next: it ends with them.
                home.stop()
                load.close()
        finally:
            home.close()
    counts = dict(home.journal.counts.most_common())
    result = {
        "minutes": asked.minutes,
        "triggers": asked.triggers,
        "done": dict(load.done),
        "events": counts,
        "parts_of_memory_kib": soak.parts,
        "findings": [msgspec.to_builtins(one) for one in found],
        "unexplained": soak.odd,
    }
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
        rows = msgspec.json.encode(soak.samples).decode()
        (asked.keep / "samples.json").write_text(rows)
        (asked.keep / "warned.jsonl").write_text(
            "\n".join(line.text for line in home.journal.warned)
        )
        (asked.keep / "result.json").write_text(json.dumps(result, indent=1))
    if asked.picture is not None and soak.samples:
        words = f"{asked.triggers:,} triggers under load"
        asked.picture.write_text(svg(soak.samples, words))
    if asked.json:
        print(json.dumps(result))
    else:
        print(table(found))
        print(*soak.odd[:20], sep="\n")
        print(f"done: {load.said()}")
    return 0 if all(one.holds for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
