"""The command `exitd`, as `python -m exitd` and as the installed script."""

from __future__ import annotations

import sys

from exitd.cli.program import run


def main() -> int:
    """Run the command line; returns the exit code."""
    if not __debug__:
        # The assertions are part of what keeps an impossible order from leaving.
        print(
            "exitd: error: Python runs without assertions; start it without -O"
            " and unset PYTHONOPTIMIZE.",
            file=sys.stderr,
        )
        return 2
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
