"""What can be wrong with a file of prices."""

from exitd.errors import ExitdError


class RecordingUnreadable(ExitdError):
    """A file of prices cannot be used; one sentence with the place and the remedy."""


class RecordingUnwritable(ExitdError):
    """A file of prices cannot be written; one sentence with the remedy."""
