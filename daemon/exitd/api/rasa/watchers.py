"""One who watches: for which accounts and quotes, and what is still to be sent.

What is to be sent is bounded. Who reads slower than things happen is let go, and told
so; what was missed can be read from the orders themselves.
"""

import asyncio
from collections import deque

import msgspec
from msgspec import Struct

from exitd.api.rasa.callers import ANYBODY, Subject
from exitd.api.rasa.faults import fault_of
from exitd.api.rasa.frames import Report
from exitd.api.rasa.wire import Json, address_of, integer, parse_object, text_of
from exitd.runtime.problems import ControlError, Unauthenticated, Unusable

FRAMES_MAX = 1_000
_PATTERNS_MAX = 20
#: What a frame that closes has room for (RFC 6455, 5.5).
_REASON_BYTES_MAX = 123
#: Codes of RFC 6455 and its registry.
GONE, REFUSED, GOING = 1001, 1008, 1013


class Pattern(Struct, frozen=True):
    """What is watched; None is all of it. Addresses in lower case."""

    app_name: str
    party_a: str | None
    quote_id: int | None

    def fits(self, report: Report) -> bool:
        return self.party_a in (None, report.party_a.lower()) and self.quote_id in (
            None,
            report.quote_id,
        )


class Watcher:
    """The other end of one WebSocket.

    `over` is set when it is to be closed, with `code` and the sentence `why`; the code
    is `GONE` where the other end has closed it.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.over = asyncio.Event()
        self.code = GONE
        self.why = ""
        self._patterns: tuple[Pattern, ...] = ()
        self._frames: deque[bytes] = deque()
        self._has_frames = asyncio.Event()

    def watch(self, written: str) -> None:
        """Watch what a frame asks for from now on, and nothing that an older one did.

        What is wrong with it is answered, and changes nothing.
        """
        try:
            self._patterns = read_patterns(parse_object(written.encode()), self.subject)
        except ControlError as error:
            self._tell({"type": "error", **fault_of(error)})
            return
        watched = [
            {
                "app_name": one.app_name,
                "address": one.party_a or "*",
                "primary_identifier": "*" if one.quote_id is None else one.quote_id,
                "secondary_identifier": "*",
            }
            for one in self._patterns
        ]
        self._tell({"type": "subscribed", "channel_patterns": watched})

    def give(self, report: Report) -> None:
        """Take in a report, if it is watched and may be seen."""
        if not self.subject.sees(report.party_a):
            return
        for pattern in self._patterns:
            if pattern.fits(report):
                self._put(report.frame(pattern.app_name))
                return

    def _tell(self, said: Json) -> None:
        self._put(msgspec.json.encode(said))

    def _put(self, frame: bytes) -> None:
        if len(self._frames) >= FRAMES_MAX:
            self.let_go(
                GOING,
                f"{FRAMES_MAX} frames were not read; read the orders, then watch again",
            )
            return
        self._frames.append(frame)
        self._has_frames.set()

    def let_go(self, code: int, why: str) -> None:
        if not self.over.is_set():
            self.code = code
            self.why = why.encode()[:_REASON_BYTES_MAX].decode(errors="ignore")
            self.over.set()

    async def next(self) -> str:
        """Wait for what is to be sent next."""
        while not self._frames:
            self._has_frames.clear()
            await self._has_frames.wait()
        return self._frames.popleft().decode()


def read_patterns(body: Json, subject: Subject) -> tuple[Pattern, ...]:
    """Read what a client asks to watch.

    Raises:
        ControlError: It is not as it has to be, or of an account of somebody else.
    """
    written = body.get("channel_patterns")
    if not isinstance(written, list) or not 0 < len(written) <= _PATTERNS_MAX:
        raise Unusable(
            "bad_pattern",
            f"must be a list of 1 to {_PATTERNS_MAX} patterns",
            field="channel_patterns",
        )
    found = []
    for index, one in enumerate(written):
        try:
            found.append(_read_pattern(one, subject))
        except ControlError as error:
            raise error.within(f"channel_patterns.{index}") from error
    return tuple(found)


def _read_pattern(one: object, subject: Subject) -> Pattern:
    if not isinstance(one, dict):
        raise Unusable("bad_pattern", "must be an object")
    party_a = None
    if one.get("address", "*") != "*":
        party_a = address_of(one, "address").lower()
    if party_a is None and subject is ANYBODY:
        # Anybody may watch what they know of, and not all there is.
        raise Unusable("missing_field", "must name an account", field="address")
    if party_a is not None and not subject.sees(party_a):
        raise Unauthenticated(
            "unauthenticated", "the token is for another account", field="address"
        )
    quote_id = None
    named = one.get("primary_identifier", "*")
    if named != "*":
        quote_id = integer(named, "primary_identifier")
    name = one.get("app_name", "*")
    name = "exitd" if name == "*" else text_of(one, "app_name")
    return Pattern(name, party_a, quote_id)
