"""
The command line: the tree of commands, and how each of them ends.

A command returns its exit code, or raises what the tree of errors has; what that
prints, and which code it ends with, is decided here alone.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from exitd import __version__
from exitd.cli import (
    acting,
    arming,
    chatting,
    checking,
    completing,
    copying,
    delegating,
    demonstrating,
    doctoring,
    entering,
    exporting,
    holding,
    logging_in,
    looking,
    manual,
    moving,
    ordering,
    planning,
    recording,
    recounting,
    rehearsing,
    reporting,
    running,
    serving,
    tailing,
    taking_over,
    telling,
    tokens,
    watching,
    webhook,
    writing,
)
from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import exit_code_of
from exitd.cli.options import RUN
from exitd.cli.printing import complain, say, say_json
from exitd.cli.tree import add_command, flowed
from exitd.errors import ConfigurationError, ExitdError

HELP = """
Holds your exits on your own machine and fires them: reduce-only closes, sent the
moment a price crosses.

\b
Try it:          exitd demo
First steps:     exitd init, exitd check, exitd run
Every day:       exitd status, exitd top, exitd explain ID, exitd tail -f
Something is up: exitd pause ID, exitd close POSITION

Commands reach the daemon over its socket (EXITD_SOCKET, /run/exitd/exitd.sock by
default) or over HTTP (EXITD_URL and EXITD_TOKEN).

\b
Exit codes: 0 done, 1 refused or failed, 2 wrong usage (and `plan`: changes),
69 no daemon answers, 78 the configuration is not valid.
"""

app = typer.Typer(
    name="exitd",
    help=flowed(HELP),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(value: bool) -> None:
    if value:
        say(f"exitd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Nothing is done before the command itself."""


def version(
    json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> int:
    """Print the version of exitd."""
    if json:
        python = ".".join(str(part) for part in sys.version_info[:3])
        say_json({"version": __version__, "python": python})
    else:
        say(f"exitd {__version__}")
    return ExitCode.OK


def test() -> int:
    """Run the tests; `./exitd test` in a checkout does."""
    complain("the tests are part of a checkout; run `./exitd test` there")
    return ExitCode.USAGE


add_command(app, version, panel=RUN)
add_command(app, test, panel=RUN)
for _topic in (
    running,
    serving,
    recording,
    demonstrating,
    checking,
    writing,
    planning,
    rehearsing,
    looking,
    watching,
    doctoring,
    entering,
    arming,
    holding,
    acting,
    ordering,
    moving,
    tailing,
    recounting,
    exporting,
    reporting,
    telling,
    tokens,
    chatting,
    webhook,
    delegating,
    logging_in,
    taking_over,
    copying,
    completing,
    manual,
):
    _topic.add_to(app)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code, never raises what is foreseen."""
    if completing.VARIABLE in os.environ:
        # A shell asks what may follow; the application answers it before all else.
        completing.answer_shells()
    try:
        ended: Any = app(arguments, prog_name="exitd", standalone_mode=False)
        sys.stdout.flush()
    except ConfigurationError as wrong:
        # Each finding names its own place already: `file:line:column: error: …`.
        for finding in wrong.findings:
            if ": error: " in finding or ": warning: " in finding:
                print(finding, file=sys.stderr)
            else:
                complain(finding)
        return ExitCode.CONFIGURATION
    except ExitdError as wrong:
        complain(str(wrong))
        return exit_code_of(wrong)
    except BrokenPipeError:
        # Whoever read the answer has seen enough, as `exitd ls | head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except _USAGE as wrong:
        return _usage(wrong)
    return ExitCode.OK if ended is None else int(ended)


# What every wrong use of the command line is derived from; Typer does not name it.
_USAGE: type[Exception] = typer.BadParameter.__mro__[2]


def _usage(wrong: Any) -> int:
    context = getattr(wrong, "ctx", None)
    path = context.command_path if context is not None else "exitd"
    sentence = str(wrong.format_message()).rstrip(".").replace("Value error, ", "")
    if type(wrong).__name__ == "NoArgsIsHelpError":
        return ExitCode.USAGE
    complain(f"{sentence[:1].lower()}{sentence[1:]}; see `{path} --help`")
    return ExitCode.USAGE
