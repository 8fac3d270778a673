"""How long the requests are valid that somebody asks for with a window of their own.

Every account has a request window, and nearly every request is signed for it. What a
person does by hand may say another one; it then holds for the requests that this task
makes, and for the closes of the one trigger that it names. A close of any other
trigger that happens to be signed meanwhile keeps the account's own window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct


class Window(Struct, frozen=True):
    """A window in milliseconds, and whose closes it is for as well."""

    window_ms: int
    trigger_id: str = ""


_chosen: ContextVar[Window | None] = ContextVar("request_window", default=None)


@contextmanager
def requests_valid_for(window_ms: int | None, trigger_id: str = "") -> Iterator[None]:
    """Choose the window of this task's requests; None keeps the account's own."""
    if window_ms is None:
        yield
        return
    token = _chosen.set(Window(window_ms, trigger_id))
    try:
        yield
    finally:
        _chosen.reset(token)


def window_or(default_ms: int) -> int:
    """Give the window of a read or a cancel."""
    chosen = _chosen.get()
    return default_ms if chosen is None else chosen.window_ms


def window_of_close_or(default_ms: int, trigger_id: str) -> int:
    """Give the window of a close of *trigger_id*."""
    chosen = _chosen.get()
    if chosen is None or chosen.trigger_id != trigger_id:
        return default_ms
    return chosen.window_ms
