"""Reading Alpaca's answers: what they hold, or why they do not."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from exitd.adapters.alpaca.refusals import retry_after_ns
from exitd.adapters.alpaca.wire import ERROR, WireError
from exitd.adapters.network.lanes import Reply
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable

T = TypeVar("T")
NOT_FOUND = "40410000"


def error_of(reply: Reply) -> WireError:
    """Read a refusal; one that is not Alpaca's own has no code."""
    try:
        return ERROR.decode(reply.body)
    except (msgspec.DecodeError, ValueError):
        return WireError(message=reply.body[:80].decode("utf-8", "replace"))


def is_not_there(reply: Reply) -> bool:
    """Whether Alpaca says that there is no such thing.

    A 404 of some proxy names no code and proves nothing.
    """
    return reply.status == 404 and str(error_of(reply).code) == NOT_FOUND


def decoded(
    reply: Reply, decoder: msgspec.json.Decoder[T], what: str, venue_now_ns: int
) -> T:
    """Read a successful answer.

    Raises:
        VenueUnavailable: It is none, or cannot be read.
    """
    if reply.status != 200:
        error = error_of(reply)
        wait_ns = retry_after_ns(reply.headers.get("x-ratelimit-reset"), venue_now_ns)
        raise VenueUnavailable(
            f"Alpaca did not give {what}: {error.code or reply.status}"
            f" {error.message[:200]}".rstrip(),
            code=str(error.code) or None,
            status=reply.status,
            retry_after_s=None if wait_ns is None else -(-wait_ns // NS_PER_S),
        )
    try:
        return decoder.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(
            f"Alpaca's answer about {what} cannot be read: {exc}", status=reply.status
        ) from exc
