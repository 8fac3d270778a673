"""The table of log events says what is logged: no event, and no field, that is not."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from exitd.logs import Event
from exitd.logs.catalogue import catalogue
from source_trees import kept, nodes

PACKAGE = Path(__file__).parent.parent / "daemon" / "exitd"
#: Where events are named without being logged.
_NAMED = {PACKAGE / "logs" / "events.py", PACKAGE / "core" / "events.py"}
#: What puts fields on lines that others write.
_SHARED = (
    PACKAGE / "core" / "turn.py",
    PACKAGE / "runtime" / "fact_log.py",
    PACKAGE / "logs" / "pipeline.py",
)
_ENUMS = {"Event", "FactKind", "K"}
#: A fact's `level` is called so on a line, where `level` is how loud it is.
_RENAMED = {"trigger_price": "level", "trigger_price_before": "level_before"}
#: Bound around what is done for an account of a venue.
_BOUND = {"venue"}


def _words_and_uses() -> tuple[dict[Path, set[str]], dict[str, set[Path]]]:
    """Give the names that each module writes values under, and where events stand."""
    words: dict[Path, set[str]] = defaultdict(set)
    uses: dict[str, set[Path]] = defaultdict(set)
    for path, node in nodes(sorted(PACKAGE.rglob("*.py"))):
        match node:
            case ast.keyword(arg=str(name)):
                words[path].add(name)
            case ast.Dict(keys=keys):
                words[path] |= {
                    key.value
                    for key in keys
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
            case ast.Subscript(slice=ast.Constant(value=str(name))):
                words[path].add(name)
            case ast.Attribute(value=ast.Name(id=enum), attr=name) if enum in _ENUMS:
                if path not in _NAMED:
                    uses[name].add(path)
    return words, uses


def test_given_the_catalogue_when_compared_with_the_source_then_all_of_it_is_logged():
    with kept():
        words, uses = _words_and_uses()
    shared = _BOUND.union(*(words[path] for path in _SHARED))

    never = [str(event) for event in Event if not uses[event.name]]
    wrong = [
        f"{entry.event}: {field}"
        for entry in catalogue()
        for written in [shared.union(*(words[path] for path in uses[entry.event.name]))]
        for field in entry.fields
        if _RENAMED.get(field, field) not in written
    ]

    assert never == []
    assert wrong == []
