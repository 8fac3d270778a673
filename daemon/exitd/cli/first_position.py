"""The questions of `init`: what the first position is, and where its exits are."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from exitd.cli.printing import note

NONE = "-"
#: By side: what a stop and a target are when nobody says, from the entry price.
_USUAL = {"long": ("-4%", "+8%"), "short": ("+4%", "-8%")}


def asked_files(files: dict[str, str]) -> dict[str, str]:
    """
    Ask for one position and give the files with it in place of the example.

    What cannot be used is said, in the words of `exitd check`, and asked again.

    Raises:
        EOFError: Nobody answers.
    """
    example = "conf.d/sol.yaml"
    head = files[example].partition("\n")[0]
    while True:
        name, text = _ask(head)
        found = {n: t for n, t in files.items() if n != example}
        found[f"conf.d/{name}.yaml"] = text
        wrong = _wrong(found)
        if not wrong:
            return found
        note(wrong)
        note("Once more, then.")


def _ask(head: str) -> tuple[str, str]:
    symbol = _answer("Market at Backpack", "SOL_USDC_PERP")
    side = _answer("Side, long or short", "long")
    stop, target = _USUAL.get(side, _USUAL["long"])
    stop = _answer("Stop-loss: a price, or so far from the entry", stop)
    target = _answer(f"Take-profit, or {NONE} for none", target)
    name = _answer("What to call the position", symbol.partition("_")[0].lower())
    exits = [f"      sl: {{stop_loss: {stop}}}"]
    if target != NONE:
        exits.append(f"      tp: {{take_profit: {target}}}")
    lines = (
        head,
        "#",
        "# Its exits wait until the position is opened, and arm anew each time one is.",
        "",
        "positions:",
        f"  {name}:",
        "    venue: backpack",
        f"    symbol: {symbol}",
        f"    side: {side}",
        "    exits:",
        *exits,
    )
    return name.replace("/", "-"), "\n".join(lines) + "\n"


def _answer(question: str, default: str) -> str:
    print(f"{question} [{default}]: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip() or default


def _wrong(files: dict[str, str]) -> str:
    """Say what the check has against these files; empty when nothing."""
    from exitd.adapters.system.clock import SystemClock
    from exitd.configuration.findings import render
    from exitd.configuration.load import load

    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        loaded = load(folder, {}, now_ns=SystemClock().now_ns())
    if not loaded.has_errors:
        return ""
    return render(loaded.findings).replace(f"{folder}/", "")
