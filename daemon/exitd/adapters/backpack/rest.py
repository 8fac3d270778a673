"""Reading Backpack's answers: what a refusal says, and what a success holds."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct

from exitd.adapters.backpack.refusals import retry_after_ns
from exitd.adapters.network.lanes import Reply
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable

JSON_TYPE = "application/json; charset=utf-8"

T = TypeVar("T")


class _Told(Struct, frozen=True):
    code: str = ""
    message: str = ""


def told(reply: Reply) -> tuple[str, str]:
    """Read the code and the message of a refusal; both empty when it names none.

    Some parse failures come as plain text: then that is the message.
    """
    try:
        said = msgspec.json.decode(reply.body, type=_Told)
    except (msgspec.DecodeError, ValueError):
        return "", reply.body[:200].decode("utf-8", "replace").strip()
    return said.code, said.message


def decoded(reply: Reply, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Read the body of a successful answer.

    Raises:
        VenueUnavailable: It is not a success, or not what was asked for.
    """
    if reply.status != 200:
        code, message = told(reply)
        raise VenueUnavailable(
            f"Backpack refused to give {what}: {code or reply.status} {message}",
            code=code or None,
            status=reply.status,
            retry_after_s=_whole_seconds(reply.headers.get("retry-after")),
        )
    try:
        return decoder.decode(reply.body)
    except (msgspec.DecodeError, ValueError) as exc:
        raise VenueUnavailable(
            f"Backpack's answer about {what} cannot be read: {exc}", status=200
        ) from exc


def _whole_seconds(retry_after: str | None) -> int | None:
    wait_ns = retry_after_ns(retry_after, 0)
    return None if wait_ns is None else -(-wait_ns // NS_PER_S)
