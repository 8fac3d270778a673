"""What Alpaca knows our orders by: a text for each, the same whenever it is made.

A close is `exitd-` and its number. Everything else is somebody else's order, or an
entry, whose id is the alert's: such a text is a reference and never a number.
"""

from __future__ import annotations

PREFIX = "exitd-"
CLIENT_ID_MAX = 2**32 - 1


def close_id(client_order_id: int) -> str:
    """Name a close."""
    assert 0 < client_order_id <= CLIENT_ID_MAX
    return f"{PREFIX}{client_order_id}"


def read_id(text: str) -> tuple[int | None, str]:
    """Give the number of a close, or the text as a reference; never both.

    Strict: what `close_id` would not have written is a reference.
    """
    number = text.removeprefix(PREFIX)
    if number != text and number.isascii() and number.isdigit() and len(number) <= 10:
        value = int(number)
        if 0 < value <= CLIENT_ID_MAX and close_id(value) == text:
            return value, ""
    return None, text
