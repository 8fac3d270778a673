"""X-Exitd-For: whom a program asks for, such as the chat that `exitd telegram` heard.

It is noted behind the name of the caller, as `api:bot/telegram:123456789`, wherever
that is written; it gives nobody a right.
"""

import re

from msgspec.structs import replace
from starlette.datastructures import Headers

from exitd.runtime.callers import Caller
from exitd.runtime.problems import ControlError

HEADER = "x-exitd-for"
_SOMEBODY = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")


class BadHeader(ControlError):
    status = 400


def on_behalf(caller: Caller | None, headers: Headers) -> Caller | None:
    """Add to a caller's name whom it asks for, if it says so.

    Raises:
        BadHeader: That is no name.
    """
    asked_for = headers.get(HEADER)
    if asked_for is None or caller is None:
        return caller
    if not _SOMEBODY.fullmatch(asked_for):
        raise BadHeader(
            "bad_header",
            "X-Exitd-For has up to 64 letters, digits and _.:@-",
            "name who asks, such as telegram:123456789",
        )
    return replace(caller, name=f"{caller.name}/{asked_for}")
