"""What can go wrong between a command and the daemon.

ClientError                never raised itself
├── DaemonUnreachable      nobody answers, or not in time
└── DaemonRefused          the daemon answered, and said no
"""

from exitd.errors import ExitdError


class ClientError(ExitdError):
    pass


class DaemonUnreachable(ClientError):
    """
    Nobody answers at the address, or the answer did not come.

    A change that was asked for may have been done all the same when `was_sent`.
    """

    def __init__(self, message: str, *, was_sent: bool = False) -> None:
        super().__init__(message)
        self.was_sent = was_sent


class DaemonRefused(ClientError):
    """
    The daemon said no.

    Attributes:
        code: Stable, such as `already_crossed`.
        status: The HTTP status.
        sentence: What is wrong.
        remedy: What to do about it, or empty.
        field: The part of the body that is wrong, such as `tighten.at`, or empty.
        request_id: What to look for in the log.
        retry_after_s: When to ask again, where the daemon said so.
    """

    def __init__(
        self,
        *,
        code: str,
        status: int,
        sentence: str,
        remedy: str = "",
        field: str = "",
        request_id: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{sentence}; {remedy}" if remedy else sentence)
        self.code = code
        self.status = status
        self.sentence = sentence
        self.remedy = remedy
        self.field = field
        self.request_id = request_id
        self.retry_after_s = retry_after_s
