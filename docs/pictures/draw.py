"""Draws the pictures of docs/exits.md from the lines that stand beside them.

    python docs/pictures/draw.py [NAME...]

A comment before each block of YAML names the picture and the way of the price, as
`minute:price` points; between two of them the price goes straight, with a little noise
that is the same in every run. Behind a slash stands the way of the last trade, where it
is another one than that of the mark.
"""

import math
import re
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "exits.md"
BLOCK = re.compile(
    r"<!-- picture: (\w+) ([0-9:./ ]+) -->\n```yaml\n(.*?)```", re.DOTALL
)
STARTS_AT_S = 1_893_456_000
MARKET = "SOL_USDC_PERP"

EXITD_YAML = "version: 1\nmode: paper\nvenues:\n  backpack: {type: backpack}\n"
POSITION = f"""\
positions:
  sol:
    venue: backpack
    symbol: {MARKET}
    side: long
"""


def blocks() -> list[tuple[str, str, str]]:
    """Give name, points and YAML of every picture on the page."""
    return [found.groups() for found in BLOCK.finditer(PAGE.read_text())]


def position_file(exits: str) -> str:
    indented = "".join(f"    {line}\n" for line in exits.splitlines())
    return POSITION + indented


def prices(points: str) -> list[tuple[int, float]]:
    """Give the instant and the price of each minute of the way, UTC seconds."""
    way = [tuple(map(float, point.split(":"))) for point in points.split()]
    found = []
    for (start, first), (end, last) in pairwise(way):
        for minute in range(int(start), int(end)):
            price = first + (last - first) * (minute - start) / (end - start)
            noise = 0.12 * math.sin(minute * 1.7) + 0.08 * math.sin(minute * 0.9)
            found.append((STARTS_AT_S + 60 * minute, round(price + noise, 2)))
    found.append((STARTS_AT_S + 60 * int(way[-1][0]), way[-1][1]))
    return found


def rows(points: str) -> list[str]:
    """Write the prices of a picture, a row for each, with a head."""
    mark, _, last = points.partition("/")
    if not last:
        return ["ts,price", *(f"{at_s},{price}" for at_s, price in prices(mark))]
    both = [(at_s, "mark", price) for at_s, price in prices(mark)]
    both += [(at_s, "last", price) for at_s, price in prices(last)]
    return ["ts,kind,price", *(f"{at_s},{kind},{p}" for at_s, kind, p in sorted(both))]


def draw(name: str, points: str, exits: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        (config / "conf.d").mkdir()
        (config / "exitd.yaml").write_text(EXITD_YAML)
        (config / "conf.d" / "sol.yaml").write_text(position_file(exits))
        path = config / f"{name}.csv"
        path.write_text("\n".join(rows(points)) + "\n")
        command = [sys.executable, "-P", "-m", "exitd", "replay", str(path)]
        command += ["--config", folder, "--symbol", MARKET]
        command += ["--position", "sol=long:10@100"]
        command += ["--chart", str(HERE / f"{name}.svg")]
        subprocess.run(command, check=True)


def main() -> None:
    wanted = sys.argv[1:]
    for name, points, exits in blocks():
        if not wanted or name in wanted:
            draw(name, points, exits)


if __name__ == "__main__":
    main()
