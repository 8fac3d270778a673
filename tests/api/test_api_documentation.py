"""The reference at /docs and the OpenAPI document behind it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import exitd
from api.daemons import World, build
from exitd.api.documentation import CODES
from exitd.api.serving import make_server
from exitd.configuration.daemon_file import Http
from exitd.runtime.control.identifiers import Identifiers


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


async def test_given_the_http_section_when_served_then_on_both_and_cleaned_up(
    tmp_path: Path,
):
    world = build(tmp_path)
    socket = tmp_path / "own.sock"
    http = Http.model_validate({"socket": str(socket), "bind": "127.0.0.1:0"})
    ids = Identifiers(world.daemon.clock, lambda length: bytes(length))
    server = await make_server(world.control, http, tmp_path / "default.sock", ids)
    serving = asyncio.create_task(server.run_until_stopped())
    await server.up.wait()
    world.socket, world.port = socket, server.tcp_port or 0
    async with world.unix() as one, world.tcp() as two:
        answers = [(await raw.get("/-/healthy")).status_code for raw in (one, two)]
    server.stop()
    await serving
    await world.daemon.store.close()

    assert answers == [200, 200]
    assert not socket.exists()


async def test_given_no_tcp_when_served_then_the_socket_only(tmp_path: Path):
    world = build(tmp_path)
    ids = Identifiers(world.daemon.clock, lambda length: bytes(length))
    server = await make_server(
        world.control, Http.model_validate({"bind": "off"}), tmp_path / "a.sock", ids
    )

    assert server.tcp_port is None
    server.close()
    await world.daemon.store.close()
    assert not (tmp_path / "a.sock").exists()
