"""One Apprise target: what arrives, and that its address is never shown."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from exitd.adapters.notify.channel import Channel, secret_parts, silent_url
from exitd.adapters.notify.messages import Message
from exitd.errors import ConfigurationError
from exitd.ports.alerts import AlertLevel
from exitd.secret import Secret

DEADLINE_S = 10.0
MESSAGE = Message(
    title="exitd warning: sol-core/sl",
    body="sol-core/sl was hit",
    level=AlertLevel.WARNING,
    topic="trigger.hit",
)


@contextmanager
def answering_server(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives every request the same answer."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, connection.makefile("rb") as lines:
                    asked.append(whole_request(lines))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(DEADLINE_S)


def whole_request(lines: BinaryIO) -> bytes:
    head = b"".join(iter(lines.readline, b"\r\n"))
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return head + (lines.read(int(found[1])) if found else b"")


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FORBIDDEN = OK.replace(b"200 OK", b"403 Forbidden")


def test_given_service_that_takes_it_when_delivered_then_no_reason():
    with answering_server(OK) as (place, asked):
        channel = Channel("phone", Secret(f"json://{place}/topic"))

        assert channel.deliver(MESSAGE) == ""

    assert b"sol-core/sl was hit" in asked[0]


def test_given_service_that_refuses_when_delivered_then_why_and_no_secret():
    with answering_server(FORBIDDEN) as (place, _):
        channel = Channel("phone", Secret(f"ntfy://{place}/verysecrettopic"))

        reason = channel.deliver(MESSAGE)

    assert "403" in reason
    assert "verysecrettopic" not in reason
    assert "verysecrettopic" not in repr(channel)


def test_given_nobody_there_when_delivered_then_why_and_no_secret():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    channel = Channel("phone", Secret(f"ntfy://user:hunter22@127.0.0.1:{port}/topic1"))

    reason = channel.deliver(MESSAGE)

    assert reason
    assert "hunter22" not in reason
    assert "topic1" not in reason


def test_given_text_that_is_no_url_when_opened_then_target_is_named_not_the_text():
    with pytest.raises(ConfigurationError) as caught:
        Channel("phone", Secret("tgram-token-1234567"))

    assert "notify target phone" in str(caught.value)
    assert "1234567" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "quiet"),
    [
        ("tgram://token/chat", "tgram://token/chat?silent=yes"),
        ("ntfys://host/topic?to=x", "ntfys://host/topic?to=x&priority=low"),
        ("ntfy://host/topic?priority=max", None),
        ("mailto://user:pass@example.org", None),
    ],
)
def test_given_service_when_silent_then_asked_in_its_own_words(
    url: str, quiet: str | None
):
    assert silent_url(url) == quiet


def test_given_url_when_split_then_escaped_parts_are_secret_too():
    parts = secret_parts("mailto://user:p%40ssword@example.org")

    assert "p%40ssword" in parts
    assert "p@ssword" in parts
