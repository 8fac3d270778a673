"""Python files as trees, each parsed and walked once for all who ask of it."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


def nodes(paths: list[Path]) -> Iterator[tuple[Path, ast.AST]]:
    for path in paths:
        for node in _nodes_of(path):
            yield path, node


@contextmanager
def kept() -> Iterator[None]:
    """Keep more than a million nodes as long as they are read, and let them go after.

    None of them is garbage, and to look whether one is takes a second each time.
    """
    gc.disable()
    try:
        yield
    finally:
        tree_of.cache_clear()
        _nodes_of.cache_clear()
        gc.enable()
