"""The program that knows the calendars: what it may see, and whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from contract.sessions_contract import instant
from exitd.adapters.calendars.asking import ExchangeCalendars, why_missing
from exitd.configuration.calendars import CALENDARS
from exitd.core.units import NS_PER_S
from exitd.extras import how_to_install
from exitd.ports.sessions import SessionsUnknown

SPAN = (instant("2026-07-01 00:00"), instant("2026-07-02 00:00"))
DEADLINE_S = 20.0
CONFINING = Path(__file__).parent / "no_new_code.py"
LISTING = "import exchange_calendars as x; print(*x.get_calendar_names())"


def standing_in(folder: Path, source: str, **options: float) -> ExchangeCalendars:
    """Put a module of the library's name before it on the program's path."""
    (folder / "exchange_calendars.py").write_text(source)
    environment = {**os.environ, "PYTHONPATH": str(folder), "A_SECRET": "hidden"}
    return ExchangeCalendars(environment, **options)


async def refusal(source: ExchangeCalendars, calendar: str = "XNYS") -> str:
    with pytest.raises(SessionsUnknown) as raised:
        await source.sessions(calendar, *SPAN)
    return str(raised.value)


async def test_given_the_names_of_the_configuration_then_the_library_knows_each():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", LISTING, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()

    assert set(CALENDARS) <= set(said.decode().split())


async def test_given_it_was_asked_then_nothing_of_the_library_is_in_this_process():
    (session,) = await ExchangeCalendars(os.environ).sessions("XLON", *SPAN)

    assert session == (instant("2026-07-01 07:00"), instant("2026-07-01 15:30"))
    assert "exchange_calendars" not in sys.modules


async def test_given_no_memory_may_become_code_as_in_the_unit_then_it_answers_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    confined, python = tmp_path / "python", sys.executable
    confined.write_text(f'#!/bin/sh\nexec {python} {CONFINING} {python} "$@"\n')
    confined.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(confined))

    (session,) = await ExchangeCalendars(os.environ).sessions("XLON", *SPAN)

    assert session == (instant("2026-07-01 07:00"), instant("2026-07-01 15:30"))


async def test_given_a_day_beyond_what_is_known_then_it_says_so():
    source = ExchangeCalendars(os.environ)
    far_ns = instant("2060-01-01 00:00")

    with pytest.raises(SessionsUnknown, match=r"of XHKG from 2059-12-30 to 2060-01-04"):
        await source.sessions("XHKG", far_ns, far_ns + 86_400 * NS_PER_S)


async def test_given_no_library_then_the_remedy_is_named(tmp_path: Path):
    source = standing_in(tmp_path, "raise ImportError('No module named x')")

    said = await refusal(source)

    assert how_to_install("calendars") in said
    assert "No module named x" in said


async def test_given_the_environment_then_the_program_sees_no_secret(tmp_path: Path):
    source = standing_in(
        tmp_path, "import os\nraise ImportError(' '.join(sorted(os.environ)))"
    )

    said = await refusal(source)

    assert "PYTHONPATH" in said
    assert "A_SECRET" not in said


async def test_given_a_program_that_fails_then_its_last_words_are_told(tmp_path: Path):
    source = standing_in(tmp_path, "raise RuntimeError('out of cheese')")

    said = await refusal(source)

    assert "exit code 1" in said
    assert said.endswith("RuntimeError: out of cheese")


async def test_given_a_program_that_does_not_answer_then_it_is_ended(tmp_path: Path):
    source = standing_in(tmp_path, hang(tmp_path), patience_s=0.5)

    assert "did not answer within 0.5 s" in await refusal(source)


async def test_given_nobody_waits_any_more_then_the_program_is_ended(tmp_path: Path):
    asking = asyncio.create_task(
        standing_in(tmp_path, hang(tmp_path)).sessions("XNYS", *SPAN)
    )
    # A FIFO: opened on both sides, it tells when the program is there, and gone.
    reading, transport = await asyncio.wait_for(opened(tmp_path / "alive"), DEADLINE_S)
    assert await reading.readexactly(1) == b"x"

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert await asyncio.wait_for(reading.read(), DEADLINE_S) == b""
    transport.close()


async def test_given_a_program_that_cannot_be_started_then_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))

    said = await refusal(ExchangeCalendars(os.environ))

    assert "XNYS cannot be started" in said


def test_given_the_library_is_installed_then_nothing_is_missing():
    assert why_missing() == ""


def hang(folder: Path) -> str:
    """Give a module that says that it is there, and never returns."""
    fifo = folder / "alive"
    os.mkfifo(fifo)
    return (
        "import os, threading\n"
        f"os.write(os.open({str(fifo)!r}, os.O_RDWR), b'x')\n"
        "threading.Event().wait()\n"
    )


async def opened(
    fifo: Path,
) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader()
    pipe = os.fdopen(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), "rb")
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return reader, transport
