"""Putting a command into the tree: its panel, and its docstring as help."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import typer


def add_command(
    app: typer.Typer,
    command: Callable[..., int],
    *,
    name: str | None = None,
    panel: str | None = None,
) -> None:
    app.command(name, help=flowed(command.__doc__ or ""), rich_help_panel=panel)(
        command
    )


def add_group(app: typer.Typer, group: typer.Typer, *, panel: str) -> None:
    """Add a command that has commands of its own, also while it has one only."""

    @group.callback()
    def _group() -> None:
        """Nothing is done before the command itself."""

    app.add_typer(group, rich_help_panel=panel)


def new_group(name: str, about: str) -> typer.Typer:
    return typer.Typer(
        name=name, help=about, no_args_is_help=True, rich_markup_mode="rich"
    )


def flowed(text: str) -> str:
    """Join the lines of each paragraph but of those that begin with a \\b."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        paragraph if paragraph.startswith("\b") else paragraph.replace("\n", " ")
        for paragraph in paragraphs
    )
