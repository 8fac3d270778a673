"""The reference at /docs and the OpenAPI document behind it."""

from __future__ import annotations

import re
from pathlib import Path

import exitd
from api.daemons import World
from exitd.api.documentation import CODES


async def test_given_the_docs_when_read_then_every_route_and_no_script(world: World):
    async with world.tcp() as raw:
        page = await raw.get("/docs")
        document = (await raw.get("/openapi.json")).json()

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert not re.findall(r"(?:src|href)=['\"]?https?:", page.text)
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page.text


async def test_given_the_openapi_document_when_read_then_every_reference_is_there(
    world: World,
):
    async with world.tcp() as raw:
        text = (await raw.get("/openapi.json")).text
        schemas = (await raw.get("/openapi.json")).json()["components"]["schemas"]

    wanted = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert {"TriggerView", "ArmBody", "ArmOneBody", "Problem"} <= wanted
    assert wanted <= set(schemas)


def test_given_the_source_when_searched_then_every_code_in_docs_is_in_use():
    root = Path(exitd.__file__).parent
    source = "".join(
        path.read_text()
        for folder in ("core", "runtime", "api")
        for path in (root / folder).rglob("*.py")
        if path.name != "documentation.py"
    )

    assert [code for code in CODES if f'"{code}"' not in source] == []
