"""Which exit code an expected error ends a command with."""

from __future__ import annotations

from exitd.cli.exit_codes import ExitCode
from exitd.errors import ExitdError


class CommandFailed(ExitdError):
    """A command did not do what it was asked; one sentence with the remedy."""


class WrongUsage(ExitdError):
    """Arguments that do not go together; one sentence with the remedy."""


def exit_code_of(error: ExitdError) -> ExitCode:
    # What the client raises: here it has been imported already, elsewhere it need not.
    from exitd.client.errors import DaemonUnreachable

    match error:
        case WrongUsage():
            return ExitCode.USAGE
        case DaemonUnreachable():
            return ExitCode.UNREACHABLE
        case _:
            return ExitCode.FAILED
