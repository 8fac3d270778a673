"""docs/memory.md names each collection that an object of the daemon has, bounded."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "daemon" / "exitd"
PAGE = ROOT / "docs" / "memory.md"
FOLDERS = (
    "adapters",
    "api",
    "app",
    "client",
    "core",
    "logs",
    "metrics",
    "runtime",
    "web",
)
MAKERS = frozenset({"Counter", "Newest", "defaultdict", "deque", "dict", "list", "set"})
LITERALS = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp)
ROW = re.compile(r"^\| `([\w.]+)` \| (`[^|]+`) \| ([^|]+) \|$", re.MULTILINE)


def can_grow(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Call):
        return isinstance(value, LITERALS)
    maker = ast.unparse(value.func).rpartition(".")[2]
    return maker in MAKERS or maker.endswith("Queue")


def made_in(made: ast.ClassDef) -> Iterator[str]:
    """Give the attributes that `__init__` makes collections."""
    for method in made.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        for node in ast.walk(method):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                written = ast.unparse(target)
                if written.startswith("self.") and can_grow(node.value):
                    yield f"{made.name}.{written.removeprefix('self.')}"


def collections() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((SOURCE / folder).rglob("*.py")):
            module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    for attribute in made_in(node):
                        yield module, attribute


def test_given_the_daemon_when_read_then_the_page_bounds_each_of_its_collections():
    told = [
        (module, name)
        for module, names, _ in ROW.findall(PAGE.read_text())
        for name in re.findall(r"`([\w.]+)`", names)
    ]

    assert sorted(collections()) == sorted(told)
