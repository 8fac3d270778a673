"""What a failure makes of one call and of one frame."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from exitd.adapters.network.carriers import NotConnected
from exitd.errors import OutcomeUnknown
from exitd.simulator.requests import Reply
from simulation.failures import Share

if TYPE_CHECKING:
    from simulation.wire import Network

#: A reply, what the carrier raises, or None where nothing ever comes.
Answer = Reply | OSError | OutcomeUnknown | None

_HTML = "text/html"
_PRICE = re.compile(rb'("(?:p|i)":")[0-9.]+"')
_PAGE = b"<html>Access denied</html>"
_OFF_MS_MAX = 7_200_000


def one_of(rng: Random, shares: tuple[Share, ...]) -> str:
    """Draw what goes wrong this time; empty for nothing."""
    if not shares:
        return ""
    drawn = rng.random()
    for kind, share in shares:
        if drawn < share:
            return kind
        drawn -= share
    return ""


def instead(kind: str, network: Network, *, is_order: bool) -> tuple[Answer, bool]:
    """Give what a request meets that is never carried out, and whether that is so."""
    match kind:
        case "cut before":
            return ConnectionResetError("the connection was cut"), True
        case "no name":
            return NotConnected("the name cannot be resolved"), True
        case "no tls":
            return NotConnected("the other end does not speak TLS"), True
        case "firewall":
            return Reply(network.rng.choice((403, 418)), _PAGE, _HTML), True
        case "redirect":
            where = (("Location", "http://elsewhere.example/"),)
            return Reply(302, b"", _HTML, where), True
        case "unavailable":
            return Reply(503, b"<html>Service Unavailable</html>", _HTML), True
        case "unclear":
            return network.unclear(), True
        case "revoked":
            return network.revoked(), True
        case "refused" if is_order:
            return network.refused(), True
    return None, False


def made_of(kind: str, network: Network, reply: Reply, *, is_order: bool) -> Answer:
    """Give what comes back of an answer."""
    match kind:
        case "cut after":
            return ConnectionResetError("the connection was cut")
        case "endless":
            return OutcomeUnknown("the answer does not end")
        case "unclear after":
            return network.unclear()
        case "garbled" if reply.status == 200:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        case "another's" if is_order and network.last_order is not None:
            return network.last_order
    return reply


def wrong_time(reply: Reply, rng: Random, lie_ms: int = 0) -> Reply:
    """Let the venue's clock tell nonsense, or be far off.

    No two lies agree, unless there is one that is told each time.
    """
    text = reply.body.decode()
    if text.isdigit():
        off_ms = rng.choice((-1, 1)) * rng.randint(20_000, _OFF_MS_MAX)
        # Where one lie is told each time, there may be no date that contradicts it.
        headers = () if lie_ms < 0 else reply.headers
        body = str(int(text) + (lie_ms or off_ms)).encode()
        return replace(reply, body=body, headers=headers)
    return replace(reply, body=b"soon")


def frames_of(kind: str, frame: bytes, *, is_price: bool) -> list[bytes]:
    """Give the frames that come instead of one."""
    match kind:
        case "twice":
            return [frame, frame]
        case "lost" if is_price:
            return []
        case "half":
            return [frame[: len(frame) // 2], frame]
        case "other symbol" if is_price:
            return [frame.replace(b"SOL_", b"BTC_").replace(b"AAPL", b"MSFT"), frame]
        case "no number" if is_price:
            return [_PRICE.sub(rb'\1NaN"', frame), frame]
        case "binary":
            return [b"\x00\xff\xfe" + frame, frame]
    return [frame]
