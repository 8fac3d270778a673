"""/docs: the reference, written out of the OpenAPI document without any script.

A page that loads scripts from elsewhere could ask this daemon for anything that its
reader may; so this one is plain HTML that the browser runs nothing of.
"""

import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Response

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b1f24;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#dde3ea;background:#14181d}"
    "a{color:#7fb4ff}}"
    "code,pre{font:14px/1.5 ui-monospace,monospace}h2{margin-top:2.5rem}"
    "pre{overflow-x:auto}table{border-collapse:collapse}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

#: Codes that a program may go by, and what each means.
CODES = {
    "already_crossed": "the level is crossed already: choose another, fire or wait",
    "ambiguous": "more than one thing is meant; name the one",
    "bad_action": "the condition does not go with what is to be done",
    "bad_close": "nothing can be closed in this way, or so much",
    "bad_condition": "the condition makes no sense, whatever the price is",
    "bad_cursor": "`after` is not the `next` of a page",
    "bad_json": "the body is not JSON",
    "bad_move": "the move would never happen, or go nowhere",
    "bad_token": "no valid token came with a request that needs one",
    "busy": "too many requests are under way; ask again after Retry-After",
    "conflict": "a trigger of the position does the same, or contradicts this one",
    "ended": "the entry has filled, so there is nothing of it to take back",
    "exists": "the name or id is taken",
    "firing": "the trigger is firing; only abandoning it ends that",
    "idempotency_conflict": "the key was used before with another body",
    "idle_key": "the word would do nothing beside the others",
    "invalid": "the body is not what the route takes",
    "limit": "as many triggers are active as the policies allow",
    "no_action": "above and below must say what they do",
    "no_entry": "the level needs an entry price that nobody knows now",
    "no_position": "there is no such position",
    "no_side": "a close, a trail or a relative level needs a side",
    "off_step": "the level is not a multiple of the price step",
    "one_condition": "a trigger has exactly one condition",
    "owned_by_file": "a file owns the trigger; change the file",
    "passed": "the time has passed; write a later one",
    "rate_limited": "this token or address has asked too often; see Retry-After",
    "recovering": "ask again after Retry-After",
    "scope": "the token may not do this",
    "state": "the trigger is in a state in which this has no meaning",
    "store_failed": "the state cannot be written or read now",
    "store_full": "the disk is full; nothing was armed",
    "token_expired": "the token has ended; make another",
    "too_large": "the body has more than 64 KiB",
    "unknown_symbol": "the venue has no such market",
    "unknown_venue": "no such venue is set up under `venues:`",
    "unknown": "there is no such thing, or not in this account",
    "unknown_host": "the daemon does not go by the name in the Host header",
    "venue_failed": "the venue did not answer, or said no",
}


def documentation_routes(document: Callable[[], dict[str, Any]]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> Response:
        return Response(
            "".join(_page(document())),
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": _POLICY},
        )

    return router


def _page(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield "<!doctype html><html lang=en><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width'>"
    yield f"<title>exitd API</title><style>{_STYLE}</style>"
    yield f"<h1>exitd API {escape(info['version'])}</h1>"
    yield f"<p>{escape(info['description'])} The same for programs: "
    yield "<a href=/openapi.json>openapi.json</a>.</p>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method.upper(), path, operation)
    yield "<h2 id=problems>Problems</h2><table><tr><th>code<th>meaning"
    for code, meaning in CODES.items():
        yield f"<tr id=problem-{code}><td><code>{code}</code><td>{escape(meaning)}"
    yield "</table><h2>Shapes</h2>"
    for name, schema in document["components"]["schemas"].items():
        text = escape(json.dumps(schema, indent=1))
        yield f"<details id=shape-{name}><summary>{name}</summary>"
        yield f"<pre>{text}</pre></details>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method} {escape(path)}</code></h2>"
    yield f"<p>{escape(operation.get('description', ''))}</p><p>"
    body = operation.get("requestBody", {}).get("content", {})
    yield from _links("Takes", body)
    for status, response in operation.get("responses", {}).items():
        if status.startswith("2"):
            yield from _links(f"Gives {status}", response.get("content", {}))
    yield "</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "<table><tr><th>parameter<th>in<th>"
        for parameter in parameters:
            note = escape(parameter.get("description", ""))
            name = escape(parameter["name"])
            yield f"<tr><td><code>{name}</code><td>{parameter['in']}<td>{note}"
        yield "</table>"


def _links(word: str, content: dict[str, Any]) -> Iterator[str]:
    for media in content.values():
        schema = media.get("schema", {})
        for one in schema.get("oneOf", [schema]):
            name = one.get("$ref", "").rpartition("/")[2]
            if name:
                yield f"{word} <a href=#shape-{name}>{name}</a>. "
