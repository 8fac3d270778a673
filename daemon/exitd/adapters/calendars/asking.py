"""Asks the program that knows the calendars, without holding the loop."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

import msgspec

from exitd.adapters.calendars.answer import NOT_INSTALLED, Answer
from exitd.core.units import NS_PER_S
from exitd.ports.sessions import Session, SessionsUnknown

#: Of the environment, all that the program may see: no secret is among these.
_PASSED_ON = frozenset(
    {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH"}
)
#: One thread is enough to look up some days, and the other cores have their work.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_PATIENCE_S = 60.0
#: A session is named by its local day, and a day of it may lie a day off in UTC.
_SPARE_DAYS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REASON_MAX = 200


def why_missing() -> str:
    """Say in one sentence that the library is not installed; empty when it is."""
    return "" if find_spec("exchange_calendars") is not None else NOT_INSTALLED


class ExchangeCalendars:
    """The sessions of markets, from the library exchange_calendars."""

    def __init__(
        self, environment: Mapping[str, str], *, patience_s: float = _PATIENCE_S
    ) -> None:
        """
        Args:
            environment: Of the daemon; the program sees a few harmless names of it.
            patience_s: How long the program may take before it is ended.
        """
        passed_on = {n: v for n, v in environment.items() if n in _PASSED_ON}
        self._environment = {**passed_on, **_ONE_THREAD}
        self._patience_s = patience_s

    async def sessions(
        self, calendar: str, from_ns: int, to_ns: int
    ) -> tuple[Session, ...]:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                # What the library says about its own future is not for operators.
                *("-P", "-W", "ignore", "-m", "exitd.adapters.calendars.program"),
                *(calendar, _day(from_ns, -_SPARE_DAYS), _day(to_ns, _SPARE_DAYS)),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env=self._environment,
            )
        except OSError as error:
            raise SessionsUnknown(
                f"the program that knows the sessions of {calendar} cannot be "
                f"started: {error}"
            ) from error
        answer = await self._answer(process, calendar)
        if answer.error:
            raise SessionsUnknown(answer.error)
        return tuple(
            (open_ns, close_ns)
            for open_ns, close_ns in answer.sessions
            if close_ns > from_ns and open_ns < to_ns
        )

    async def _answer(self, process: Process, calendar: str) -> Answer:
        try:
            async with asyncio.timeout(self._patience_s):
                said, complaint = await process.communicate()
        except TimeoutError:
            raise SessionsUnknown(
                f"the program that knows the sessions of {calendar} did not answer "
                f"within {self._patience_s:g} s; look at the load of this machine"
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            return msgspec.json.decode(said, type=Answer)
        except msgspec.DecodeError:
            last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            raise SessionsUnknown(
                f"the program that knows the sessions of {calendar} failed with exit "
                f"code {process.returncode}; reinstall the extra calendars: "
                f"{last[:_REASON_MAX]}"
            ) from None


def _day(ts_ns: int, days: int) -> str:
    instant = _EPOCH + timedelta(seconds=ts_ns // NS_PER_S, days=days)
    return instant.date().isoformat()
