"""The reference of the HTTP API; `python tests/api_page.py` writes it.

It is made of the OpenAPI document that a daemon serves with every door open, so it can
say nothing else than the daemon does. A test keeps docs/api-reference.md equal to it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from api.rasa_world import rasa_started
from exitd.api.documentation import CODES

PAGE = Path(__file__).parents[1] / "docs" / "api-reference.md"
Schema = dict[str, Any]

INTRODUCTION = """\
# API reference

Every route of the daemon with what it takes and gives, made by
`python tests/api_page.py` from its own OpenAPI document, `/openapi.json`; a running
daemon shows the same at `/docs`. How to use them, who may, and examples are in
[the HTTP API](api.md); the routes of Rasa are there with `http.rasa` only
([the Rasa-compatible API](rasa.md)).

What is no JSON and so has no shape here: the page at `/` and its `/v1/stream`
([the status page](page.md)), `/metrics` ([metrics](metrics.md)), the WebSocket
`/ws/v1/subscribe` ([reports](rasa.md#reports-over-the-websocket)). Alerts come in at a
port of their own, at `/webhook/{route}` ([alerts](webhook.md#what-is-answered)).
"""
#: The groups of routes, in this order, and what people call them.
GROUPS = {
    "health": "Health",
    "reading": "Looking",
    "triggers": "Triggers",
    "entries": "Entries",
    "signals": "Alerts",
    "flows": "By hand",
    "history": "History, fills and costs",
    "administration": "Running it",
    "rasa": "Rasa",
}


def page(document: Schema) -> str:
    """Give the page in Markdown."""
    return "\n".join(_page(document)).rstrip("\n") + "\n"


def _page(document: Schema) -> Iterator[str]:
    yield INTRODUCTION
    grouped: dict[str, list[tuple[str, str, Schema]]] = {name: [] for name in GROUPS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            group = operation["tags"][0]
            grouped[group].append((method.upper(), path, operation))
    for group, found in grouped.items():
        yield f"## {GROUPS[group]}\n"
        for method, path, operation in found:
            yield from _operation(method, path, operation)
    yield "## Problems\n"
    yield "An answer that is no success has one of these as its `code`"
    yield "([what a problem looks like](api.md#problems)).\n"
    yield from _table(("code", "meaning"), ((f"`{c}`", m) for c, m in CODES.items()))
    yield "## Shapes\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _shape(name, schema)


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"### `{method} {path}`\n"
    said = operation.get("description", "").strip()
    if said:
        yield f"{said}\n"
    body = operation.get("requestBody", {}).get("content", {})
    sentences = [f"Takes {_content(body)}."] if body else []
    for status, response in operation["responses"].items():
        given = _content(response.get("content", {}))
        if status.startswith("2") and given:
            sentences.append(f"Gives {given} ({status}).")
    if sentences:
        yield " ".join(sentences) + "\n"
    rows = (
        (
            f"`{one['name']}`",
            one["in"] + (", required" if one.get("required") else ""),
            _words(one.get("schema", {})),
            one.get("description", ""),
        )
        for one in operation.get("parameters", ())
    )
    yield from _table(("parameter", "in", "what it is", "meaning"), rows)


def _content(content: Schema) -> str:
    return " or ".join(_words(media.get("schema", {})) for media in content.values())


def _shape(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}\n"
    said = " ".join(schema.get("description", "").split())
    if said:
        yield f"{said}\n"
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    rows = (
        (
            f"`{key}`",
            _words(one) + (", required" if key in required else ""),
            " ".join(one.get("description", "").split()),
        )
        for key, one in properties.items()
    )
    yield from _table(("field", "what it is", "meaning"), rows)
    if not properties:
        yield f"{_words(schema)}.\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    written = list(rows)
    if not written:
        return
    # A column of which nothing is said is left out.
    kept = [n for n in range(len(head)) if any(row[n] for row in written)]
    for row in (head, ("---",) * len(head), *written):
        yield "| " + " | ".join(row[n].replace("|", "\\|") for n in kept) + " |"
    yield ""


def _words(schema: Schema) -> str:
    """Say in words what a schema allows."""
    match schema:
        case {"$ref": ref}:
            name = str(ref).rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"oneOf": choices} | {"anyOf": choices} | {"allOf": choices}:
            return " or ".join(dict.fromkeys(_words(one) for one in choices))
        case {"type": "array", "items": dict(items)}:
            return f"list of {_words(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"{_words(values)} by name"
        case {"type": list(types)}:
            return " or ".join(types)
        case {"type": kind}:
            return str(kind)
    return "anything"


async def served() -> Schema:
    """Give the document that a daemon serves with every door open."""
    with tempfile.TemporaryDirectory() as folder:
        async with rasa_started(Path(folder)) as rasa, rasa.caller() as raw:
            answer = await raw.get("/openapi.json")
            found: Schema = answer.json()
            return found


if __name__ == "__main__":
    PAGE.write_text(page(asyncio.run(served())), encoding="utf-8")
