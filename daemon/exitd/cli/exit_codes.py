"""What a command ends with; scripts go by these, so they never change."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The numbers above 63 are those of sysexits(3)."""

    OK = 0
    # Something was refused, did not succeed, or only in part.
    FAILED = 1
    # The command line makes no sense.
    USAGE = 2
    # `exitd plan` only: the files differ from what runs.
    CHANGES = 2
    # EX_UNAVAILABLE: no daemon answers.
    UNREACHABLE = 69
    # EX_CONFIG: the configuration is not valid.
    CONFIGURATION = 78
    # By Ctrl-C.
    INTERRUPTED = 130
