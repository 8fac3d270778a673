"""Takes in the body of a request within its limits; what follows has it in memory."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from exitd.runtime.problems import ControlError
from exitd.signals.strict_json import nesting_of

BODY_BYTES_MAX = 64 * 1024
DEPTH_MAX = 20
_BODY_S = 15.0


class TooLarge(ControlError):
    status = 413


class TooDeep(ControlError):
    status = 400


class TooSlow(ControlError):
    status = 408


async def read_whole(headers: Headers, receive: Receive) -> Receive:
    """Take in the body; gives what hands it on.

    Raises:
        TooLarge: It has more than 64 KiB.
        TooDeep: It is nested deeper than 20.
        TooSlow: It did not arrive in time.
    """
    body = await take_in(headers, receive)
    if nesting_of(body) > DEPTH_MAX:
        raise TooDeep(
            "too_deep",
            f"the body is nested deeper than {DEPTH_MAX} levels",
            "send a flat object",
        )
    return _replay(body, receive)


async def take_in(headers: Headers, receive: Receive) -> bytes:
    """Read the body, whatever is in it.

    Raises:
        TooLarge: It has more than 64 KiB.
        TooSlow: It did not arrive in time.
    """
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > BODY_BYTES_MAX:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    break
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_BYTES_MAX:
                    raise _too_large()
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        raise TooSlow(
            "slow_body", f"the body did not arrive within {_BODY_S:.0f} s", "send it"
        ) from error
    return b"".join(parts)


def _too_large() -> TooLarge:
    return TooLarge(
        "too_large",
        f"the body has more than {BODY_BYTES_MAX // 1024} KiB",
        "send fewer triggers at once",
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
