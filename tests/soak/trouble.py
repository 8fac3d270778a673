"""What goes wrong in a soak, how it ends, and which log lines it explains."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from time import time

from msgspec import Struct

from exitd.cli.demo.exchange import Exchange
from soak.journal import Warned

#: A line may come so long after what it is about has ended.
AFTER_S = 45.0
#: Of a machine that others share. The loop may be late for no other reason.
OF_THE_MACHINE = frozenset({"loop.lagged"})
#: A late loop has logged it within this.
LATE_S = 2.0
#: Half of what is logged as late, in seconds of waiting for a processor.
WAITED_S = 0.125
#: Each fire says so loudly; nobody has to explain it.
OF_EVERY_DAY = frozenset({"trigger.hit"})

_STREAM = frozenset(
    {
        "feed.lost",
        "feed.stale",
        "feed.second_source",
        "feed.gap_found",
        "account.lost",
        "health.degraded",
        "position.unprotected",
        "position.doubted",
        # Re-armed in the minute of the break: no candle tells which came first.
        "trigger.uncertain",
        "trigger.missed",
        # As those two, of many exits in one line.
        "price.unwatched",
    }
)
_ANSWER = frozenset({"order.in_doubt", "order.unconfirmed", "venue.failed"})
#: Three closes in a row that were not seen through open the breaker.
_BREAKER = frozenset({"venue.paused", "health.degraded", "trigger.held"})


class Trouble(Struct, frozen=True):
    """
    One kind of it.

    Attributes:
        begin: Path and document for the control API of the exchange.
        lasts_s: After that `end` is asked for; zero where it ends by itself.
        explains: Events of warnings that may follow.
    """

    name: str
    begin: tuple[str, dict[str, object]]
    explains: frozenset[str]
    lasts_s: float = 0.0
    end: tuple[str, dict[str, object]] | None = None


def _order(kind: str, **more: object) -> tuple[str, dict[str, object]]:
    where = {"method": "POST", "path": "/api/v1/order"}
    return "/sim/faults", {"kind": kind, **where, **more}


def _stream(kind: str, **more: object) -> tuple[str, dict[str, object]]:
    return "/sim/faults", {"kind": kind, "stream": "markPrice.", **more}


def _sockets(action: str) -> tuple[str, dict[str, object]]:
    return "/sim/sockets", {"action": action}


TROUBLES = (
    Trouble("drop", _sockets("drop"), _STREAM),
    Trouble("close", _sockets("close"), _STREAM),
    Trouble("freeze", _sockets("freeze"), _STREAM, 8.0, _sockets("thaw")),
    Trouble("garbage", _sockets("garbage"), _STREAM | {"feed.garbled"}),
    Trouble("silence", _stream("silence"), _STREAM, 9.0, ("clear", {})),
    Trouble("late", _stream("late", delay_ms=700), _STREAM, 5.0, ("clear", {})),
    Trouble("duplicate", _stream("duplicate", count=50), frozenset()),
    Trouble("out of order", _stream("out_of_order", count=20), frozenset()),
    Trouble("lost reply", _order("lost_reply"), _ANSWER | _BREAKER),
    Trouble("lost request", _order("lost_request"), _ANSWER | _BREAKER),
    Trouble("delay", _order("delay", delay_ms=1_500), _ANSWER | _BREAKER),
    Trouble("slow reply", _order("slow_reply", delay_ms=4_000), _ANSWER | _BREAKER),
    Trouble("error before", _order("error_before"), _ANSWER | _BREAKER),
    Trouble("error after", _order("error_after"), _ANSWER | _BREAKER),
    Trouble("unavailable", _order("unavailable"), _ANSWER | _BREAKER),
    Trouble(
        "too many requests",
        _order("too_many_requests", retry_after_s=1),
        frozenset({"order.refused"}) | _BREAKER,
    ),
    Trouble(
        "flood",
        ("/sim/flood", {"symbol": "SOL_USDC_PERP", "frames": 3_000}),
        frozenset(),
    ),
)
#: What the load itself does, and what that explains.
BY_THE_LOAD = {
    "bad file": frozenset({"config.rejected"}),
    "reopened": frozenset({"position.unprotected"}),
    "price step": frozenset({"price.held"}),
}


class Span(Struct):
    """When something was wrong, in Unix time, and what it explains: up to so long
    after it.
    """

    name: str
    since_s: float
    until_s: float
    explains: frozenset[str]
    after_s: float = AFTER_S


class Troubles:
    """Lets one thing go wrong after the other, in a new order each round."""

    def __init__(self, exchange: Exchange, chance: Random) -> None:
        self.spans: list[Span] = []
        self._exchange = exchange
        self._chance = chance
        self._next: list[Trouble] = []
        self._under_way: tuple[Trouble, Span] | None = None

    def step(self) -> None:
        """End what goes wrong, if its time is over."""
        if self._under_way is None:
            return
        trouble, span = self._under_way
        if time() - span.since_s >= trouble.lasts_s:
            self.end()

    def end(self) -> None:
        if self._under_way is None:
            return
        trouble, span = self._under_way
        if trouble.end is not None:
            path, document = trouble.end
            if path == "clear":
                self._exchange.clear_faults()
            else:
                self._exchange.post(path, document)
        span.until_s = time()
        self._under_way = None

    def begin(self) -> None:
        """Let the next thing go wrong."""
        self.end()
        if not self._next:
            self._next = self._chance.sample(TROUBLES, len(TROUBLES))
        trouble = self._next.pop()
        span = self.note(trouble.name, trouble.explains)
        self._exchange.post(*trouble.begin)
        self._under_way = trouble, span

    def note(self, name: str, explains: frozenset[str]) -> Span:
        """Take down that something is done now which explains warnings."""
        span = Span(name, time(), time(), explains)
        self.spans.append(span)
        return span

    def note_machine(self, waited_s: float, within_s: float) -> None:
        """Take down that the daemon had to wait for a processor, within so long."""
        if waited_s >= WAITED_S:
            now_s = time()
            since_s = now_s - within_s
            busy = Span("busy machine", since_s, now_s, OF_THE_MACHINE, LATE_S)
            self.spans.append(busy)


def unexplained(warned: Iterable[Warned], spans: list[Span]) -> list[str]:
    """Give the lines of warnings that nothing of what was done explains."""
    return [
        line.text
        for line in warned
        if line.event not in OF_EVERY_DAY
        and not any(
            line.event in span.explains
            and span.since_s - 1 <= line.at_s <= span.until_s + span.after_s
            for span in spans
        )
    ]
