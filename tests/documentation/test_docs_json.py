"""JSON of the pages: it is JSON, and what reads it takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from documentation.blocks import Block, blocks
from exitd.api.bodies import validated
from exitd.api.documentation import CODES
from exitd.api.problems import Problem
from exitd.api.trigger_bodies import ArmBody, ArmOneBody
from exitd.runtime.problems import Unusable
from exitd.signals.normalising import normalise
from exitd.signals.reading import read_body
from exitd.signals.validating import validate

#: What TradingView puts in the place of what is no text.
_NUMBERS = re.compile(r"\{\{(close|strategy\.order\.contracts)\}\}")
_TEXTS = re.compile(r"\{\{[\w.]+\}\}")


def objects() -> Iterator[tuple[Block, str]]:
    """Give each object of the blocks: one, or one for each line."""
    for block in blocks("json"):
        text = _TEXTS.sub("buy", _NUMBERS.sub("142.5", block.text))
        try:
            json.loads(text)
        except ValueError:
            yield from ((block, line) for line in text.splitlines())
        else:
            yield block, text
    for block in blocks("http"):
        if block.text.startswith("HTTP/"):
            yield block, block.text.partition("\n\n")[2]


def complaint(text: str, body: dict[str, Any]) -> str:
    """Say what the reader of an object has against it; empty for nothing."""
    keys = set(body)
    try:
        if "triggers" in keys:
            validated(body, ArmBody)
        elif "position" in keys:
            validated(body, ArmOneBody)
        elif "ticker" in keys and "auth_key" in keys:
            errors = validate(normalise(read_body(text.encode()))).errors
            return "; ".join(str(error) for error in errors)
        elif "code" in keys:
            assert body["code"] in CODES
            msgspec.convert(body, Problem)
            assert keys == set(Problem.__struct_fields__)
    except (Unusable, msgspec.ValidationError, AssertionError) as wrong:
        return str(wrong) or "it is not what it looks like"
    return ""


def test_given_json_of_the_pages_then_it_is_read():
    wrong = []
    for block, text in objects():
        try:
            body = json.loads(text)
        except ValueError as said:
            wrong.append(f"{block}: {said}: {text}")
            continue
        if said := complaint(text, body):
            wrong.append(f"{block}: {said}")

    assert wrong == []
