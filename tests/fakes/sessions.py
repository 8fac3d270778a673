"""Trading sessions that a test makes up."""

from __future__ import annotations

import asyncio

from exitd.ports.sessions import Session, SessionsUnknown


class FakeSessions:
    """The `Sessions` of tests: `known` by calendar, or `trouble` instead.

    `asked` keeps each question; while `answers` is not set, none is answered.
    """

    def __init__(self, known: dict[str, tuple[Session, ...]] | None = None) -> None:
        self.known = known or {}
        self.trouble = ""
        self.asked: list[tuple[str, int, int]] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def sessions(
        self, calendar: str, from_ns: int, to_ns: int
    ) -> tuple[Session, ...]:
        self.asked.append((calendar, from_ns, to_ns))
        await self.answers.wait()
        if self.trouble:
            raise SessionsUnknown(self.trouble)
        if calendar not in self.known:
            raise SessionsUnknown(f"nobody knows a calendar {calendar}")
        return tuple(
            (open_ns, close_ns)
            for open_ns, close_ns in self.known[calendar]
            if close_ns > from_ns and open_ns < to_ns
        )
