"""Requests that the pages show: some door takes each, and its body as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from api_page import PAGE
from documentation.blocks import Block, blocks, spans
from documentation.shell import commands
from exitd.api import bodies, trigger_bodies
from exitd.api.bodies import validated
from exitd.runtime.problems import Unusable
from exitd.simulator.control import CONTROLS

_LINE = re.compile(
    r"(?P<method>GET|POST|PATCH|DELETE)\s+(?P<path>/\S*)\s*(?P<body>\{.*\})?\s*(#.*)?"
)
_ADDRESS = re.compile(r"^(\w+)=(http\S+)$", re.MULTILINE)
_SPAN = re.compile(r"(GET|POST|PATCH|DELETE) (/\S*)")
#: Beside what the OpenAPI document has: no JSON, and so no shape.
UNDESCRIBED = {
    ("GET", path) for path in ("/", "/metrics", "/v1/stream", "/docs", "/openapi.json")
}
#: A port of its own, which serves this and nothing else.
WEBHOOK = {("POST", "/webhook/{route}")}
#: Of Prometheus, and of venues, real and simulated, which the pages speak of.
OTHERS = {
    ("GET", "/api/v1/query"),
    ("POST", "/sim/price"),
    ("DELETE", "/v2/positions"),
    ("GET", "/fapi/v1/"),
    ("GET", "/api/v1/ping"),
    ("POST", "/api/v1/order"),
    ("GET", "/position"),
    ("GET", "/order"),
}


class Request(NamedTuple):
    where: Block
    method: str
    path: str
    body: str

    def __str__(self) -> str:
        return f"{self.where}: {self.method} {self.path}"


@cache
def described() -> dict[tuple[str, str], str]:
    """Give what each route of the reference takes; a test holds that to the daemon."""
    found, name = {}, ("", "")
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"### `(\w+) (/.*)`", line):
            name = (head[1], head[2])
            found[name] = ""
        elif line.startswith("Takes ") and name:
            found[name] = line.partition(". Gives")[0]
    return found


@cache
def patterns() -> list[tuple[str, re.Pattern[str]]]:
    doors = {*described(), *UNDESCRIBED, *WEBHOOK, *OTHERS, *CONTROLS}
    return [(method, pattern(path)) for method, path in sorted(doors)]


def pattern(path: str) -> re.Pattern[str]:
    # The id of a trigger of a file has a slash in it.
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^:]+?".join(re.escape(part) for part in parts))


def is_served(method: str, path: str) -> bool:
    path = path.partition("?")[0]
    return any(method == there and known.fullmatch(path) for there, known in patterns())


def model_of(method: str, path: str, body: dict[str, Any]) -> type[BaseModel] | None:
    """Find what reads a body, by the reference."""
    taken = next(
        (
            takes
            for (there, known), takes in described().items()
            if there == method and pattern(known).fullmatch(path)
        ),
        "",
    )
    names = re.findall(r"\[(\w+)\]", taken)
    if "ArmBody" in names:
        names = ["ArmBody" if "triggers" in body else "ArmOneBody"]
    for module in (bodies, trigger_bodies):
        if names and hasattr(module, names[0]):
            model: type[BaseModel] = getattr(module, names[0])
            return model
    return None


def of_lines() -> Iterator[Request]:
    for block in blocks("http"):
        for line in block.text.splitlines():
            if found := _LINE.fullmatch(line):
                yield Request(
                    block, found["method"], found["path"], found["body"] or ""
                )


def of_curl() -> Iterator[Request]:
    for block in blocks("sh"):
        text = block.text
        for name, value in _ADDRESS.findall(text):
            text = text.replace(f"${name}", value)
        for words in commands(text):
            if words[0] == "curl":
                yield curled(block, words[1:])


def curled(block: Block, words: list[str]) -> Request:
    """Read what curl is told; the options are those that the pages use."""
    method, body, path, as_query = "", "", "", False
    taking = iter(words)
    for word in taking:
        match word:
            case "-d" | "--data-urlencode":
                body = next(taking)
            case "-X":
                method = next(taking)
            case "-G":
                as_query = True
            case "-H" | "--retry" | "--retry-delay" | "--unix-socket" | "-o":
                next(taking)
            case _ if not word.startswith("-"):
                path = re.sub(r"^(http://[^/]+|\$\w+)", "", word)
    if as_query:
        body = ""
    return Request(block, method or ("POST" if body else "GET"), path, body)


def of_spans() -> Iterator[Request]:
    for span in spans():
        if found := _SPAN.fullmatch(span.text):
            yield Request(span, found[1], found[2], "")


def test_given_blocks_of_requests_when_read_then_each_line_is_one():
    odd = [
        f"{block}: {line}"
        for block in blocks("http")
        if not block.text.startswith("HTTP/")
        for line in block.text.splitlines()
        if not _LINE.fullmatch(line)
    ]

    assert odd == []


def test_given_requests_of_the_pages_then_a_door_takes_each():
    asked = [*of_lines(), *of_curl(), *of_spans()]

    assert len(asked) > 60
    assert [str(one) for one in asked if not is_served(one.method, one.path)] == []


def test_given_bodies_of_requests_then_what_they_are_sent_to_takes_them():
    wrong = []
    for one in (*of_lines(), *of_curl()):
        if not one.body or not one.path.startswith("/v1/"):
            continue
        body = json.loads(one.body)
        model = model_of(one.method, one.path, body)
        if model is None:
            wrong.append(f"{one}: takes no body")
            continue
        try:
            validated(body, model)
        except Unusable as said:
            wrong.append(f"{one}: {said}")

    assert wrong == []
