"""The Rasa-compatible API in the OpenAPI document and on the page at /docs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from api.rasa_world import RasaWorld, numbered, rasa_started
from exitd.api.rasa.described import OPERATIONS


async def document(rasa: RasaWorld) -> dict[str, Any]:
    async with rasa.caller() as raw:
        return (await raw.get("/openapi.json")).json()  # type: ignore[no-any-return]


def paths_of(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (path, method)
        for path, operations in found["paths"].items()
        for method in operations
        if "rasa" in operations[method].get("tags", ())
    }


async def test_b143_given_a_chain_then_all_that_is_served_is_described(tmp_path: Path):
    async with rasa_started(tmp_path) as rasa:
        found = await document(rasa)
        async with rasa.caller() as raw:
            page = (await raw.get("/docs")).text

    assert paths_of(found) == {
        (path, method.lower())
        for path, operations in OPERATIONS.items()
        for method in operations
    }
    wanted = set(re.findall(r"'#/components/schemas/(\w+)'", str(found)))
    assert {"RasaFault", "RasaRow", "TriggerView"} <= wanted
    assert wanted <= set(found["components"]["schemas"])
    assert "DELETE /api/v4/{quote_id}/{kind}" in page


async def test_b143_given_no_chain_then_v4_alone_is_described(tmp_path: Path):
    async with numbered(tmp_path) as rasa:
        found = await document(rasa)

    described = {path for path, _ in paths_of(found)}
    assert described == {path for path in OPERATIONS if path.startswith("/api/v4/")}


async def test_b143_given_what_is_described_then_it_is_answered_without_a_redirect(
    tmp_path: Path,
):
    async with rasa_started(tmp_path) as rasa, rasa.caller() as raw:
        for path, method in paths_of(await document(rasa)):
            answer = await raw.request(method, re.sub(r"\{.*?\}", "x", path))
            assert not answer.is_redirect
            assert answer.json().get("error_detail", [""])[0] != "not_allowed", path
