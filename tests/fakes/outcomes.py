"""What FakeVenue does with a close it is sent; `venue.script(...)` queues these."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from exitd.core.attempt import RefusalKind


@dataclass(frozen=True)
class Fill:
    """Execute at once.

    `quantity` None means all of it; less leaves an expired remainder of a market or
    IOC order, a resting one of a GTC order. `price` None takes the last set price.
    `twice` tells the stream everything twice.
    """

    quantity: Decimal | None = None
    price: Decimal | None = None
    twice: bool = False


@dataclass(frozen=True)
class Rest:
    """Take the order in and fill nothing; it works until cancelled or met."""


@dataclass(frozen=True)
class Refuse:
    """A definite no."""

    kind: RefusalKind
    code: str = "SCRIPTED"
    message: str = "refused by script"
    retry_after_ns: int | None = None
    is_for_all: bool = False


@dataclass(frozen=True)
class LoseRequest:
    """The request never arrives; nobody answers."""


@dataclass(frozen=True)
class LoseReply:
    """The request is carried out, and nobody answers."""

    then: Fill | Rest | Refuse = field(default_factory=Fill)


@dataclass(frozen=True)
class Delay:
    """Nobody answers; the request arrives `by_ns` later.

    Past its window it is refused there, unseen. `checks_window` False is the venue
    that looks at the window only when a request comes in.
    """

    by_ns: int
    then: Fill | Rest = field(default_factory=Fill)
    checks_window: bool = True


@dataclass(frozen=True)
class Hold:
    """Answer only after `venue.release()`; executes before or after the wait."""

    then: Fill | Rest | Refuse = field(default_factory=Fill)
    executes_first: bool = True


Outcome = Fill | Rest | Refuse | LoseRequest | LoseReply | Delay | Hold
