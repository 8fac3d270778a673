"""Who may watch over the WebSocket of the Rasa-compatible API, how much, how slowly."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api import daemons
from api.rasa_watcher import opened, pattern, post, told, watch
from api.rasa_world import ALICE, BOB, RasaWorld, order, rasa_started
from exitd.api import guard, sockets
from exitd.api.listening import Listener, listen_tcp
from exitd.api.rasa import reports, watchers, watching
from exitd.api.rasa.callers import ANYBODY
from exitd.api.rasa.faults import ERROR_CODES
from fakes.journal import Journal


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaWorld]:
    async with rasa_started(tmp_path) as running:
        yield running


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_b143_given_no_valid_token_then_the_handshake_is_refused(rasa, token):
    with pytest.raises(InvalidStatus) as caught:
        async with opened(rasa, token):
            pass

    refused = caught.value.response
    assert refused.status_code == 401
    assert json.loads(refused.body)["error_code"] == ERROR_CODES["unauthenticated"]
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_b143_given_open_reads_then_anybody_who_names_an_account(tmp_path):
    async with rasa_started(tmp_path, open_reads=True) as rasa:
        token = await rasa.log_in()
        async with opened(rasa) as client:
            refused = await watch(client)
            await watch(client, pattern(ALICE))
            await post(rasa, token, order())
            report = await told(client)

    assert refused["error_detail"] == ["missing_field", "channel_patterns.0.address"]
    assert report["address"] == ALICE


async def test_b143_given_a_browser_then_its_token_comes_as_a_protocol(rasa):
    token = await rasa.log_in()
    async with opened(
        rasa, subprotocols=["bearer", token], origin="https://app.example.org"
    ) as client:
        assert client.subprotocol == "bearer"
        assert (await watch(client))["type"] == "subscribed"


async def test_b143_given_a_foreign_host_or_another_path_then_refused(rasa):
    token = await rasa.log_in()
    statuses = []
    for name, path, given in (
        ("evil.example", "/ws/v1/subscribe", token),
        ("127.0.0.1", "/ws/v1/other", token),
        ("127.0.0.1", "/api/v4/", token),
        ("127.0.0.1", "/v1/facts/stream", ""),
        ("127.0.0.1", "/v1/status", token),
    ):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(
                f"ws://{name}:{rasa.port}{path}",
                host="127.0.0.1",
                additional_headers={"Authorization": f"Bearer {given}"},
                proxy=None,
            ):
                pass
        statuses.append(caught.value.response.status_code)

    assert statuses == [421, 404, 404, 404, 401]


async def test_b143_given_a_plain_request_at_its_path_then_told_what_is_there(rasa):
    async with rasa.caller() as raw:
        answer = await raw.get("/ws/v1/subscribe")

    assert answer.status_code == 404
    assert "WebSocket" in answer.json()["error_message"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "bad_json"),
        ("[]", "bad_json"),
        (b"\x00\xff", "bad_json"),
        ("[" * 30_000, "bad_json"),
        ("{}", "bad_pattern"),
        ('{"channel_patterns":[]}', "bad_pattern"),
        (json.dumps({"channel_patterns": [pattern()] * 21}), "bad_pattern"),
        ('{"channel_patterns":["x"]}', "bad_pattern"),
        ('{"channel_patterns":[{"address":"0x1"}]}', "bad_address"),
        ('{"channel_patterns":[{"primary_identifier":"x"}]}', "bad_number"),
        ('{"channel_patterns":[{"app_name":7}]}', "bad_text"),
    ],
)
async def test_b143_given_garbage_then_told_so_and_what_is_watched_stays(
    rasa, frame, code
):
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        await client.send(frame)
        error = await told(client)
        await post(rasa, token, order())
        report = await told(client)

    assert (error["type"], error["error_detail"][0]) == ("error", code)
    assert error["error_code"] == ERROR_CODES[code]
    assert report["type"] == "report"


async def test_b143_given_a_frame_above_64_kib_or_too_many_then_closed(rasa):
    token = await rasa.log_in()
    codes = []
    async with opened(rasa, token) as client:
        await client.send("x" * (64 * 1024 + 1))
        codes.append(await closing(client))
    async with opened(rasa, token) as client:
        for _ in range(watching._FRAMES_A_MINUTE + 1):
            await client.send("{}")
        codes.append(await closing(client))

    assert [code for code, _ in codes] == [1009, 1008]
    assert "too often" in codes[1][1]


async def closing(client: ClientConnection) -> tuple[int, str]:
    """Read until it is closed, and say with which code and why."""
    try:
        async with asyncio.timeout(10):
            while True:
                await client.recv()
    except ConnectionClosed:
        return client.close_code or 0, client.close_reason or ""


async def test_b143_given_so_many_of_one_then_refused_and_others_have_room(
    rasa, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports, "_OF_ONE_MAX", 1)
    alices, bobs = await rasa.log_in(), await rasa.log_in(BOB)
    async with opened(rasa, alices):
        with pytest.raises(InvalidStatus) as caught:
            async with opened(rasa, alices):
                pass
        async with opened(rasa, bobs) as client:
            assert (await watch(client))["type"] == "subscribed"
    async with opened(rasa, alices) as client:
        assert (await watch(client))["type"] == "subscribed"

    assert caught.value.response.status_code == 429


async def test_given_all_sockets_taken_then_busy_and_requests_are_answered(
    rasa, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guard, "_SOCKETS_MAX", 1)
    token = await rasa.log_in()
    async with opened(rasa, token), rasa.caller(token) as raw:
        with pytest.raises(InvalidStatus) as caught:
            async with opened(rasa, token):
                pass
        answered = await raw.get("/api/v4/configs")

    assert caught.value.response.status_code == 503
    assert answered.status_code == 200


def test_given_a_long_reason_then_as_much_of_it_as_there_is_room_for():
    watcher = watchers.Watcher(ANYBODY)

    watcher.let_go(watchers.GOING, "ü" * 200)

    assert watcher.why == "ü" * 61


async def test_b143_given_more_happens_than_can_be_told_then_let_go(
    rasa, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports, "_TURNS_MAX", 0)
    token = await rasa.log_in()
    async with opened(rasa, token) as client:
        await watch(client)
        await post(rasa, token, order())
        code, why = await closing(client)

    assert code == 1013
    assert "more happened" in why


async def test_b143_given_the_token_is_revoked_then_no_word_more(rasa):
    bot, alices = await rasa.static_token("read"), await rasa.log_in()
    async with opened(rasa, bot) as client:
        await watch(client)
        async with rasa.world.unix() as raw:
            assert (await raw.delete("/v1/tokens/bot")).status_code == 200
        await post(rasa, alices, order())
        with pytest.raises(ConnectionClosed) as caught:
            await told(client)

    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008


KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"


@pytest.mark.parametrize(
    ("method", "head", "status"),
    [
        (b"POST", KEY + b"Content-Length: 2\r\n", b"400"),
        (b"GET", b"", b"400"),
        (b"GET", KEY + b"X-Long: " + b"a" * 9_000 + b"\r\n", b"400"),
        (b"GET", KEY + b"".join(b"X-%d: 1\r\n" % n for n in range(200)), b"431"),
        (b"GET", KEY + b"X-A: \xff\xfe\r\n", b"401"),
    ],
    ids=["post", "no key", "long line", "many lines", "bytes"],
)
async def test_given_a_handshake_that_is_none_then_refused_and_closed(
    rasa, journal: Journal, method: bytes, head: bytes, status: bytes
):
    reader, writer = await asyncio.open_connection("127.0.0.1", rasa.port)
    upgrade = b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    writer.write(method + b" /ws/v1/subscribe HTTP/1.1\r\n" + upgrade + head + b"\r\n")

    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()

    assert answer.split()[1] == status
    assert '"level":"error"' not in journal.text()


def narrow(port: int) -> socket.socket:
    """Connect with room for little on the way."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.connect(("127.0.0.1", port))
    return made


@pytest.fixture
def journal() -> Iterator[Journal]:
    made = Journal()
    made.start()
    yield made
    made.close()


@pytest.fixture
async def narrow_rasa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RasaWorld]:
    """As `rasa`, with room for little on the way, and for few frames."""

    def listen(host: str, port: int) -> Listener:
        made = listen_tcp(host, port)
        made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        return made

    monkeypatch.setattr(daemons, "listen_tcp", listen)
    monkeypatch.setattr(watchers, "FRAMES_MAX", 30)
    async with rasa_started(tmp_path) as running:
        yield running


@asynccontextmanager
async def deaf(rasa: RasaWorld, token: str) -> AsyncIterator[ClientConnection]:
    """Watch with frames that are long, and read none."""
    async with opened(
        rasa, token, sock=narrow(rasa.port), ping_interval=None, close_timeout=1
    ) as client:
        await watch(client, pattern(app_name="x" * 200))
        client.transport.pause_reading()
        yield client


async def overrun(rasa: RasaWorld, token: str, journal: Journal) -> None:
    """Let more be reported than can be sent to somebody who does not read."""
    rungs = [order(quantity="0.5", conditional_price=f"1.{n}") for n in range(70, 84)]
    logged = ""
    while "watcher.dropped" not in logged:
        await post(rasa, token, *rungs)
        logged += journal.text()


async def test_b143_given_a_slow_reader_then_dropped_and_told_and_a_stop_fires(
    narrow_rasa: RasaWorld, journal: Journal
):
    rasa = narrow_rasa
    token, bobs = await rasa.log_in(), await rasa.log_in(BOB)
    await post(rasa, bobs, order(), account_address=BOB, quote_id=200)
    async with deaf(rasa, token) as client:
        await overrun(rasa, token, journal)
        rasa.price(200, "1.97")
        await rasa.world.until(lambda: bool(rasa.world.venue.sent))
        client.transport.resume_reading()
        code, why = await closing(client)

    assert code == 1013
    assert "were not read" in why


async def test_b143_given_one_who_never_reads_then_the_connection_is_cut(
    narrow_rasa: RasaWorld, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    rasa = narrow_rasa
    monkeypatch.setattr(sockets, "_LAST_WORD_S", 0.0)
    token = await rasa.log_in()
    async with deaf(rasa, token) as client:
        await overrun(rasa, token, journal)
        async with rasa.caller() as raw:
            await raw.get("/api/v4/configs")
        client.transport.resume_reading()
        code, _ = await closing(client)

    # Cut in the middle of what was never read: no word of why came through.
    assert code == 1006
