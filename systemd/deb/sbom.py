"""
Lists what exitd is made of: the packages of an environment, and what is vendored.

Run by `sbom` beside this file, with the Python that has cyclonedx-py. The packages are
cyclonedx-py's to find; the libraries of the status page are no packages of Python, so
they are added here. What is written says nothing of this machine, and is the same each
time.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

VENDOR = Path("daemon/exitd/web/static/vendor")
#: Name in the npm registry, its main file here, its licence.
VENDORED = (
    ("lightweight-charts", "lightweight-charts.mjs", "Apache-2.0"),
    ("uplot", "uplot.js", "MIT"),
)
#: What only one machine has: its folders, and where it gets its packages.
_OF_A_MACHINE = re.compile(r"file:|/simple\b|\"/|(?:127\.0\.0\.1|localhost)\b")
_VERSION = re.compile(r"\bv(\d+\.\d+\.\d+)\b")


def found_by_tool(python: str, source: Path) -> dict[str, Any]:
    """List the packages that the environment of *python* has."""
    made = subprocess.run(
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", python),
            *("--pyproject", str(source / "pyproject.toml"), "--sv", "1.6"),
            *("--output-reproducible", "--no-validate", "--of", "JSON"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def vendored(folder: Path) -> list[dict[str, Any]]:
    """Describe the libraries that lie in the repository, by what their files say."""
    parts = []
    for name, file, licence in VENDORED:
        content = (folder / file).read_bytes()
        found = _VERSION.search(content[:400].decode("utf-8", "replace"))
        if found is None:
            raise SystemExit(f"{file} does not say which version of {name} it is")
        purl = f"pkg:npm/{name}@{found[1]}"
        parts.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": found[1],
                "purl": purl,
                "licenses": [
                    {"license": {"id": licence, "acknowledgement": "declared"}}
                ],
                "hashes": [
                    {"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}
                ],
            }
        )
    return parts


def with_vendored(document: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    document["components"] += parts
    document["components"].sort(key=lambda part: str(part["bom-ref"]).lower())
    refs = [part["bom-ref"] for part in parts]
    root = document["metadata"]["component"]["bom-ref"]
    for dependency in document["dependencies"]:
        if dependency["ref"] == root:
            dependency["dependsOn"] = sorted({*dependency.get("dependsOn", ()), *refs})
    document["dependencies"] += [{"ref": ref} for ref in refs]
    document["dependencies"].sort(key=lambda each: str(each["ref"]))


def make(python: str, source: Path, into: Path) -> None:
    document = found_by_tool(python, source)
    with_vendored(document, vendored(source / VENDOR))
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    told = _OF_A_MACHINE.search(text)
    if told is not None:
        raise SystemExit(f"it says '{text[told.start() : told.end() + 60]}'")
    into.write_text(text, encoding="utf-8")


def check(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise SystemExit(f"{file} is not valid by CycloneDX 1.6: {wrong}")
    parts = len(json.loads(text)["components"])
    sys.stdout.write(f"{file.name}: {parts} components, valid\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", python, source, into]:
            make(python, Path(source), Path(into))
        case ["check", file]:
            check(Path(file))
        case _:
            raise SystemExit("say make PYTHON SOURCE FILE, or check FILE")
