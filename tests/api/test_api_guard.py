"""Who may ask for what, from where, how much and how slowly."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.daemons import ME, World, build, served
from exitd.api import connections, guard, listening
from exitd.api.application import refuse_open_door
from exitd.api.guard import Door
from exitd.api.listening import listen_tcp, listen_unix
from exitd.client import Address, AsyncClient, Client, DaemonUnreachable, calls
from exitd.errors import ConfigurationError
from exitd.secret import Secret
from exitd.signals.strict_json import nesting_of
from fakes.exchange import SOL

STOP = {"symbol": SOL, "side": "long", "stop_loss": "95"}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path that the application answers to."""
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path.replace("{id}", "a/b").replace("{key}", "k")


def application(world: World) -> FastAPI:
    from exitd.api.application import make_app
    from exitd.runtime.control.identifiers import Identifiers

    numbers = Identifiers(world.daemon.clock, lambda length: bytes(length))
    app = make_app(world.control, identifiers=numbers)._app
    assert isinstance(app, FastAPI)
    return app


async def test_given_no_token_when_any_change_is_asked_over_tcp_then_401(world: World):
    app = application(world)
    changes = [(m, p) for m, p in routes(app) if m not in ("GET", "HEAD")]

    async with world.tcp() as raw:
        answers = {
            (method, path): await raw.request(method, path.replace("{name}", "n"))
            for method, path in changes
        }
        bodies = {answer.json()["detail"] for answer in answers.values()}
        wrong = await raw.post("/v1/triggers", headers={"Authorization": "Bearer x"})

    assert len(changes) >= 18
    assert {answer.status_code for answer in answers.values()} == {401}
    assert all(a.headers["www-authenticate"] == "Bearer" for a in answers.values())
    # The words are the same, whatever is wrong with the token.
    assert bodies == {wrong.json()["detail"]}


async def test_given_a_route_nobody_knows_when_posted_without_token_then_401(
    world: World,
):
    async with world.tcp() as raw:
        assert (await raw.post("/v1/no/such/route")).status_code == 401
        assert (await raw.request("PROPFIND", "/v1/triggers")).status_code == 401


async def test_given_scopes_when_used_then_each_may_what_it_may(world: World):
    secrets = {}
    async with AsyncClient(world.address) as admin:
        for scope in ("read", "trade", "admin"):
            made = await admin.ask(calls.create_token(f"t-{scope}", [scope]))
            secrets[scope] = made.secret or ""
        listed = await admin.ask(calls.tokens())
    statuses = {}
    for scope, secret in secrets.items():
        async with world.tcp(secret) as raw:
            arm = await raw.post("/v1/triggers", json={**STOP, "close": "1"})
            statuses[scope] = (
                (await raw.get("/v1/triggers")).status_code,
                arm.status_code,
                (await raw.get("/v1/tokens")).status_code,
            )
            if arm.status_code == 201:
                id = arm.json()["triggers"][0]["id"]
                assert arm.json()["triggers"][0]["owner"] == f"api:t-{scope}"
                await raw.delete(f"/v1/triggers/{id}")

    assert statuses == {
        "read": (200, 403, 403),
        "trade": (200, 201, 403),
        "admin": (200, 201, 200),
    }
    assert all(token.secret is None for token in listed.tokens)
    assert all(len(secret) > 43 for secret in secrets.values())
    stored = b"".join(
        path.read_bytes() for path in world.folder.glob("exitd.db*") if path.is_file()
    )
    assert not any(secret.encode() in stored for secret in secrets.values())


async def test_given_a_token_when_revoked_or_expired_then_401_at_once(world: World):
    async with AsyncClient(world.address) as admin:
        made = await admin.ask(calls.create_token("phone", ["trade"]))
        brief = await admin.ask(calls.create_token("brief", ["trade"], expires="1ms"))
        async with world.tcp(made.secret or "") as raw:
            assert (await raw.get("/v1/status")).status_code == 200
            await admin.ask(calls.revoke_token("phone"))
            assert (await raw.get("/v1/status")).status_code == 401
        async with world.tcp(brief.secret or "") as raw:
            assert (await raw.get("/v1/status")).status_code == 401
        async with world.tcp() as raw:
            strange = {b"Authorization": "Bearer ünïcode".encode()}
            answer = await raw.get("/v1/status", headers=strange)  # type: ignore[arg-type]
            assert answer.status_code == 401


async def test_given_a_foreign_host_header_when_asked_then_421(world: World):
    async with world.tcp() as raw:
        evil = await raw.get("/v1/status", headers={"Host": "evil.example"})
        ours = await raw.get("/v1/status", headers={"Host": f"localhost:{world.port}"})
        bare = await raw.get("/v1/status", headers={"Host": "127.0.0.1"})

    assert (evil.status_code, evil.json()["code"]) == (421, "unknown_host")
    assert (ours.status_code, bare.status_code) == (200, 200)


async def test_given_a_body_too_large_or_too_deep_when_sent_then_refused(world: World):
    async with world.unix() as raw:
        large = await raw.post("/v1/triggers", content=b"x" * (64 * 1024 + 1))
        deep = await raw.post("/v1/triggers", content=b"[" * 21 + b"]" * 21)
        huge = await raw.post("/v1/triggers", content=_endless(), timeout=10)
        flat = await raw.post("/v1/triggers", content=b'{"a":"[[[[[[[[[[[[[[[[[[[[[["}')

    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert (deep.status_code, deep.json()["code"]) == (400, "too_deep")
    assert huge.status_code == 413
    assert flat.status_code == 422


async def _endless():  # type: ignore[no-untyped-def]
    for _ in range(70):
        yield b"y" * 1024


def test_given_brackets_in_strings_when_depth_is_counted_then_they_are_left_out():
    assert nesting_of(b'{"a": [1, "]]]", {"b": "\\"[["}]}') == 3


async def test_given_streams_of_strangers_when_full_then_503_and_the_socket_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guard, "_REQUESTS_MAX", 2)
    async with (
        world.tcp() as raw,
        world.unix() as ours,
        raw.stream("GET", "/v1/facts/stream"),
        raw.stream("GET", "/v1/facts/stream"),
    ):
        third = await raw.get("/v1/status")
        answered = await ours.get("/v1/status")

    assert (third.status_code, third.headers["retry-after"]) == (503, "1")
    assert third.json()["code"] == "busy"
    assert answered.status_code == 200


async def test_given_a_unix_socket_when_bound_then_0660_and_replaced_after_a_crash(
    tmp_path: Path,
):
    path = tmp_path / "exitd.sock"
    first = listen_unix(path, "no-such-group")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with pytest.raises(ConfigurationError, match="another daemon"):
        listen_unix(path, "no-such-group")
    first.socket.close()  # A crash leaves the file behind.

    second = listen_unix(path, "no-such-group")
    second.remove()

    assert not path.exists()


async def test_given_a_unix_peer_nobody_vouches_for_when_it_changes_then_401(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    real = connections.peer_of

    def stranger(connection: object, group: str) -> listening.Peer:
        known = real(connection, group)
        assert known.is_trusted
        return listening.Peer(known.uid, known.user, is_trusted=False)

    monkeypatch.setattr(connections, "peer_of", stranger)
    async with world.unix() as raw:
        assert (await raw.get("/v1/status")).status_code == 200
        assert (await raw.post("/v1/triggers", json=STOP)).status_code == 401


async def test_given_a_bind_beyond_this_machine_when_no_token_then_refused(
    world: World,
):
    with pytest.raises(ConfigurationError, match="no token"):
        await refuse_open_door(world.control, "0.0.0.0:8787", is_loopback=False)
    await refuse_open_door(world.control, "127.0.0.1:8787", is_loopback=True)

    await world.control.tokens.create("phone", ["read"], ME)

    await refuse_open_door(world.control, "0.0.0.0:8787", is_loopback=False)


async def test_given_a_port_in_use_when_bound_then_one_sentence(world: World):
    with pytest.raises(ConfigurationError, match=r"cannot be bound .*http\.bind"):
        listen_tcp("127.0.0.1", world.port)


async def test_given_a_port_when_served_then_answers_are_sent_at_once():
    seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made = writer.get_extra_info("socket")
        seen.set_result(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = listen_tcp("127.0.0.1", 0)
    async with await asyncio.start_server(look, sock=listener.socket):
        _, writer = await asyncio.open_connection(*listener.socket.getsockname())
        is_at_once = await seen
        writer.close()
        await writer.wait_closed()

    assert is_at_once


async def test_given_another_door_when_asked_then_it_answers_for_itself(
    tmp_path: Path,
):
    async def door(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    world = build(tmp_path)
    async with served(world, doors=[Door("/webhook/", door)]), world.tcp() as raw:
        assert (await raw.post("/webhook/x")).status_code == 204
        assert (await raw.post("/v1/apply")).status_code == 401
        assert (await raw.post("/v1/takeover")).status_code == 401
        evil = await raw.post("/webhook/x", headers={"Host": "evil.example"})
        assert evil.status_code == 421
    await world.daemon.store.close()


def test_given_no_daemon_when_asked_then_one_sentence_with_the_remedy(tmp_path: Path):
    with (
        Client(Address(socket=str(tmp_path / "none.sock"))) as client,
        pytest.raises(DaemonUnreachable, match=r"no daemon answers at .*exitd run"),
    ):
        client.ask(calls.status())
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with (
            Client(Address(url=url, token=Secret("t"))) as client,
            pytest.raises(DaemonUnreachable),
        ):
            client.ask(calls.status())


async def test_given_a_url_and_a_token_when_asked_then_typed_answers(world: World):
    async with AsyncClient(world.address) as admin:
        made = await admin.ask(calls.create_token("phone", ["trade"]))
    address = Address(
        url=f"http://127.0.0.1:{world.port}", token=Secret(made.secret or "")
    )

    def armed() -> str:
        with Client(address) as client:
            return client.ask(calls.arm([STOP])).triggers[0].owner

    assert await asyncio.to_thread(armed) == "api:phone"
    assert made.secret not in (repr(address), str(address))
