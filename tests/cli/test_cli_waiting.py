"""The bar for what takes long: on a terminal only, and not for what is quick."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import suppress

import pytest

from exitd.cli.waiting import Waiting
from fakes.clocks import ManualClock

S = 1_000_000_000


def shown(monkeypatch: pytest.MonkeyPatch, *, on_terminal: bool, after_s: int) -> str:
    """Wait for so long, and give what was written on standard error."""
    if on_terminal:
        ours, theirs = pty.openpty()
    else:
        ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        clock = ManualClock()
        with Waiting("replaying", clock) as waiting:
            for done in (1, 50, 99):
                clock.advance(after_s * S)
                waiting.tell(done, 100)
    # Closed, so that the end of it comes: a terminal hands on what it has bit by bit,
    # and says no more with an error.
    written = b""
    with suppress(OSError):
        while part := os.read(ours, 65_536):
            written += part
    os.close(ours)
    return written.decode()


def test_given_a_terminal_when_it_takes_long_then_a_bar_is_shown(
    monkeypatch: pytest.MonkeyPatch,
):
    assert "replaying" in shown(monkeypatch, on_terminal=True, after_s=1)


@pytest.mark.parametrize(("on_terminal", "after_s"), [(True, 0), (False, 9)])
def test_given_quick_work_or_no_terminal_then_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, on_terminal: bool, after_s: int
):
    assert shown(monkeypatch, on_terminal=on_terminal, after_s=after_s) == ""
