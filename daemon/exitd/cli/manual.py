"""`man`: the pages of the manual, made of the same words as `--help`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from exitd import __version__
from exitd.cli.documents import DOCUMENTS
from exitd.cli.exit_codes import ExitCode
from exitd.cli.options import KEEP
from exitd.cli.printing import complain, note, say
from exitd.cli.tree import add_command

# One of Typer's commands or groups; it gives them no public type.
Command = Any


def add_to(app: typer.Typer) -> None:
    def man(
        words: Annotated[
            list[str] | None,
            typer.Argument(metavar="[COMMAND]", help="Such as ls or webhook preview."),
        ] = None,
        to: Annotated[
            Path | None,
            typer.Option(
                "--to", metavar="DIR", help="Write every page there, for a package."
            ),
        ] = None,
    ) -> int:
        """
        Show the page of a command; in a pipe, its source for man.

        \b
        Examples:
          exitd man
          exitd man webhook preview
          exitd man --to /usr/local/share/man/man1
        """
        pages = dict(all_pages(typer.main.get_command(app)))
        if to is not None:
            return _write(pages, to)
        name = "-".join(("exitd", *(words or ())))
        if name not in pages:
            complain(f"there is no page {name}; `exitd --help` lists the commands")
            return ExitCode.USAGE
        return _show(pages[name])

    add_command(app, man, panel=KEEP)


def _write(pages: dict[str, str], folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in pages.items():
            (folder / f"{name}.1").write_text(page)
    except OSError as error:
        complain(f"{folder} cannot be written ({error.strerror}); choose another place")
        return ExitCode.FAILED
    note(f"{len(pages)} pages are in {folder}")
    return ExitCode.OK


def _show(page: str) -> int:
    if sys.stdout.isatty() and shutil.which("man"):
        subprocess.run(["man", "-l", "-"], input=page, text=True, check=False)
    else:
        say(page.rstrip("\n"))
    return ExitCode.OK


def all_pages(command: Command, name: str = "exitd") -> Iterator[tuple[str, str]]:
    """Give the name and the page of a command and of all that are under it."""
    yield name, "\n".join(_page(command, name)) + "\n"
    for word, below in _commands(command):
        yield from all_pages(below, f"{name}-{word}")


def _commands(command: Command) -> list[tuple[str, Command]]:
    found = getattr(command, "commands", {}).items()
    return [(word, below) for word, below in found if not below.hidden]


def _page(command: Command, name: str) -> Iterator[str]:
    first, _, rest = (command.help or "").partition("\n\n")
    summary = first.partition(". ")[0].rstrip(".")
    yield f'.TH {name.upper()} 1 "" "exitd {__version__}" "exitd"'
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(summary)}"
    yield ".SH SYNOPSIS"
    yield f"\\fB{_text(name.replace('-', ' '))}\\fR {_text(_synopsis(command))}"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(first, rest)
    options = [param for param in command.params if param.opts[0].startswith("-")]
    arguments = [param for param in command.params if param not in options]
    for head, params in (("ARGUMENTS", arguments), ("OPTIONS", options)):
        if params:
            yield f".SH {head}"
        for param in params:
            yield ".TP"
            yield f"\\fB{_text(_names(param))}\\fR"
            yield _text(getattr(param, "help", None) or "")
    document = DOCUMENTS.get(name.partition("-")[2].replace("-", " "))
    document = document or DOCUMENTS.get(name.partition("-")[2])
    if document is not None:
        yield ".SH JSON"
        yield _text(f"With --json it prints one document: {document}.")
    below = _commands(command)
    if below:
        yield ".SH COMMANDS"
    for word, each in below:
        yield ".TP"
        yield f"\\fB{_text(f'{name}-{word}')}\\fR(1)"
        yield _text((each.help or "").partition("\n\n")[0])


def _synopsis(command: Command) -> str:
    words = ["[OPTIONS]"]
    if _commands(command):
        return "[OPTIONS] COMMAND [ARGS]..."
    for param in command.params:
        if not param.opts[0].startswith("-"):
            word = param.metavar or param.name.upper()
            bracketed = param.required or word.startswith("[")
            words.append(word if bracketed else f"[{word}]")
    return " ".join(words)


def _names(param: Any) -> str:
    if not param.opts[0].startswith("-"):
        return param.metavar or str(param.name).upper()
    names = ", ".join((*param.opts, *param.secondary_opts))
    takes = "" if getattr(param, "is_flag", False) else f" {param.metavar or 'VALUE'}"
    return f"{names}{takes}"


def _paragraphs(*texts: str) -> Iterator[str]:
    """Write what help says; lines after a \\b stay lines."""
    for paragraph in "\n\n".join(filter(None, texts)).split("\n\n"):
        yield ".PP"
        if paragraph.startswith("\b"):
            yield ".nf"
            yield from (_text(line) for line in paragraph.splitlines()[1:])
            yield ".fi"
        else:
            yield _text(paragraph.replace("\n", " "))


def _text(words: str) -> str:
    """Keep a text what it is for troff (groff_char(7)): no requests, no escapes."""
    safe = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
