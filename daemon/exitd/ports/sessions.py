"""When the markets of a trading calendar are open."""

from typing import Protocol

from exitd.errors import ExitdError

#: An open and its close, UTC nanoseconds; a break at noon is part of the session.
Session = tuple[int, int]


class SessionsUnknown(ExitdError):
    """The sessions of a calendar cannot be had; one sentence with the remedy.

    Handled by the runtime, which tells it, asks again, and lets exits that go by
    the calendar wait meanwhile.
    """


class Sessions(Protocol):
    async def sessions(
        self, calendar: str, from_ns: int, to_ns: int
    ) -> tuple[Session, ...]:
        """Give each session that closes after `from_ns` and opens before `to_ns`.

        In order, with the hours that it really has: a holiday has none, an early
        close is the close. May take seconds, and does not hold the loop meanwhile.

        Raises:
            SessionsUnknown: There is no such calendar, it does not reach so far, or
                what knows it is not installed or does not answer.
        """
        ...
