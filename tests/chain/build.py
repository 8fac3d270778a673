"""Build the contracts that the tests run against: `python tests/chain/build.py`.

It makes an environment of its own, because the compiler's pins clash with ours, and
writes `compiled/<version>.json` with the ABI and bytecode of each contract. Those files
are committed, so that the tests need no compiler; this runs when a contract changes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

COMPILER = "vyper==0.4.3"
VERSIONS = ("0.8.2", "0.8.4", "0.8.5")
CONTRACTS = ("trading", "multi_account", "party_a", "wallet")

_HERE = Path(__file__).parent
_MARKED = re.compile(r"^#\[([^]]*)\](.*)$")


def source_of(template: str, version: str) -> str:
    """Keep the lines of one version; the markers themselves go."""
    lines = []
    for line in template.splitlines():
        marked = _MARKED.match(line)
        if marked is None:
            lines.append(line)
        elif version in marked[1].split():
            lines.append(marked[2])
    return "\n".join(lines) + "\n"


def build(compiler: Path, folder: Path, version: str) -> dict[str, object]:
    built: dict[str, object] = {}
    for name in CONTRACTS:
        template = (_HERE / "contracts" / f"{name}.vy.in").read_text()
        source = folder / f"{name}.vy"
        source.write_text(source_of(template, version))
        command = [compiler, "--evm-version", "cancun", "-f", "abi,bytecode", source]
        output = subprocess.run(command, check=True, capture_output=True, text=True)
        abi, bytecode = output.stdout.strip().splitlines()
        built[name] = {"abi": json.loads(abi), "bytecode": bytecode}
    return built


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder / "venv", with_pip=True)
        pip = [folder / "venv/bin/python", "-m", "pip", "install", "-q", COMPILER]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        for version in VERSIONS:
            built = build(folder / "venv/bin/vyper", folder, version)
            target = _HERE / "compiled" / f"{version}.json"
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(built, separators=(",", ":")) + "\n")
            print(f"{target.relative_to(_HERE)}: {', '.join(built)}")


if __name__ == "__main__":
    main()
