"""`completion`: what a shell needs to finish words after `exitd`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import KEEP
from exitd.cli.printing import say
from exitd.cli.tree import add_command

VARIABLE = "_EXITD_COMPLETE"


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_to(app: typer.Typer) -> None:
    add_command(app, completion, panel=KEEP)


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish")],
) -> int:
    """
    Print what makes a shell complete commands, options and the ids of triggers.

    \b
    Examples:
      exitd completion bash > ~/.local/share/bash-completion/completions/exitd
      exitd completion zsh > ~/.zfunc/_exitd
      exitd completion fish > ~/.config/fish/completions/exitd.fish
    """
    # Typer has it there, and does not say that it is for others.
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    say(
        get_completion_script(
            prog_name="exitd", complete_var=VARIABLE, shell=shell.value
        )
    )
    return ExitCode.OK


def answer_shells() -> None:
    """Let the application answer the shells that the scripts are for."""
    from typer.completion import completion_init  # type: ignore[attr-defined]

    completion_init()
