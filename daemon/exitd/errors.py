"""
The errors of exitd, in one tree, named for what happened.

    ExitdError                  anything below; never raised itself
    ├── ConfigurationError      what a person wrote cannot be used
    ├── FeedError               a price stream is lost or unreadable
    ├── VenueError              an order or a query did not succeed
    │   ├── VenueRejected       the venue said no
    │   ├── VenueUnavailable    the venue never saw the request
    │   └── OutcomeUnknown      the venue might have seen it
    ├── CoreError               a report contradicts what we know
    └── StoreError              the state cannot be written or read
        ├── StoreFull           no room is left
        ├── Withdrawn           its submitter did not want it written any more
        ├── StoreDamaged        what is there cannot be trusted
        └── StoreLocked         another daemon holds it

Adapters translate the errors of their libraries into these, so that nothing outside
an adapter sees one of httpx, websockets or SQLAlchemy. What is not in this tree, an
assertion above all, is a bug: nobody catches it, the process ends, systemd starts it
again and recovery runs.

The message of each is one sentence for a person: it names the place and the remedy.
It never holds a secret, a signed payload or a whole header.
"""

from __future__ import annotations

from collections.abc import Iterable


class ExitdError(Exception):
    """
    Base of everything that exitd expects to go wrong.

    Handled by the command line: the message on stderr, no traceback.
    """


class ConfigurationError(ExitdError):
    """
    A file, an environment variable or an option cannot be used.

    Handled by the command line, which prints every finding, and by a reload, which
    keeps the old set armed and says so.

    Attributes:
        findings: One sentence each, `file:line:col: error: …` where a file is meant,
            in the order in which a reader of the file meets them. Never empty.
    """

    def __init__(self, findings: str | Iterable[object]) -> None:
        texts = (
            (findings,)
            if isinstance(findings, str)
            else tuple(str(finding) for finding in findings)
        )
        assert texts, "a ConfigurationError without a finding tells nobody anything"
        super().__init__("\n".join(texts))
        self.findings: tuple[str, ...] = texts


class FeedError(ExitdError):
    """
    A stream was lost, or a frame could not be read.

    Handled by the supervisor of the feed, which reconnects and logs a warning;
    the triggers that the feed serves are stale until it is back.
    """


class VenueError(ExitdError):
    """
    A request to a venue did not succeed.

    Handled by the dispatcher, which turns it into a report for the engine: what
    happens next is decided in the core, never where it was caught.

    Attributes:
        code: The venue's own code, such as `INVALID_ORDER`, or None without one.
        status: The HTTP status of the answer, or None when none arrived.
        retry_after_s: The pause in seconds that the venue asked for, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class VenueRejected(VenueError):
    """
    The venue read the request and refused it; nothing was done.

    The dispatcher reports a refusal; its row in the refusal table decides.
    """


class VenueUnavailable(VenueError):
    """
    The request never reached the venue; nothing was done.

    The dispatcher may send the same attempt again; a query may simply be repeated.
    """


class NoSuchMarket(VenueUnavailable):
    """
    The venue answered that it has no market of this name.

    Asking again does not help: what wants its price is refused where it can be.
    """


class OutcomeUnknown(VenueError):
    """
    The request left, and nobody knows whether the venue acted on it.

    The attempt is in doubt. The dispatcher asks for evidence and starts no other
    attempt before there is some.
    """


class CoreError(ExitdError):
    """
    A report contradicts what the engine knows, such as a fill of no order of ours.

    Handled by the loop, which logs it and schedules a reconcile.
    """


class StoreError(ExitdError):
    """
    The state could not be written or read.

    Handled by the loop: new arms are refused, firing goes on, somebody is told.
    """


class StoreFull(StoreError):
    """
    The disk, or the quota, has no room left.

    The writer releases its reserved file first, so that a firing can be recorded.
    """


class Withdrawn(StoreError):
    """
    A batch was taken back before anything of it was written.

    Known to whoever took it back; nothing is to be done.
    """


class StoreDamaged(StoreError):
    """
    The database file is not one, or fails its own checks.

    Handled by the start: refused, with the way out in the message.
    """


class StoreLocked(StoreError):
    """
    Another daemon holds the same state.

    Handled by the start: refused, because two daemons would fire twice.
    """
