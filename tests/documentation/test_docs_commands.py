"""Commands of the pages: the real tree has each with its options and arguments."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer

from documentation.blocks import Block, blocks, spans
from documentation.shell import commands, without_comments, without_heredocs
from exitd.cli.program import app

#: A word that stands for another, which no type would take: `ID`, `0xSUB_ACCOUNT`.
_NAMED = re.compile(r"[A-Z][A-Z_]+|0x[A-Z_0-9]+")
_CALLED = re.compile(r"(?:^|[\s;&|(`]|\./|/opt/exitd/)exitd [a-z]", re.MULTILINE)
#: Of the bootstrap script of a checkout, and not in the tree.
_OF_A_CHECKOUT = ("simulate",)


@cache
def tree() -> Any:
    return typer.main.get_command(app)


def called(words: list[str]) -> bool:
    """Whether a command is exitd's, by whatever path."""
    return words[0] == "exitd" or words[0].endswith("/exitd")


def complaint(words: list[str], *, whole: bool) -> str:
    """Say what the command line would have against *words*; empty for nothing.

    Args:
        whole: All of its arguments are there, as in what people paste.
    """
    command, path = tree(), "exitd"
    words = words[1:]
    while getattr(command, "commands", None):
        if not words or words[0] not in command.commands:
            return f"{path} has no command {words[0] if words else '(none)'}"
        path, command = f"{path} {words[0]}", command.commands[words[0]]
        words = words[1:]
    if not whole or any("…" in word for word in words):
        # Only what every parser would refuse: options that there are not.
        unknown = [word for word in words if not _has(command, word)]
        return f"{path} has no {unknown[0]}" if unknown else ""
    try:
        command.make_context(path, [_plain(word) for word in words])
    except _REFUSED as wrong:
        return f"{path}: {wrong.format_message()}"
    except typer.Exit:
        return ""
    return ""


def _has(command: Any, word: str) -> bool:
    """Whether a word is no option, or one of the command's."""
    if not re.match(r"--?[a-z]", word) or word == "--help":
        return True
    names = {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    return word.partition("=")[0] in names


_REFUSED: Any = typer.BadParameter.__mro__[2]


def _plain(word: str) -> str:
    """Put in the place of a word that stands for one what most options take."""
    return "1" if _NAMED.fullmatch(word) else word


def of_blocks() -> Iterator[tuple[Block, list[str]]]:
    for block in blocks("sh"):
        for words in commands(block.text):
            if called(words):
                yield block, words


def test_given_blocks_of_shell_when_read_then_their_syntax_is_right():
    script = "\n".join(f"f() {{\n{block.text}\n}}" for block in blocks("sh"))

    read = subprocess.run(
        ["bash", "-n"], input=script, capture_output=True, text=True, check=False
    )

    assert read.stderr == ""


def test_given_blocks_of_shell_when_taken_apart_then_no_command_is_overlooked():
    for block in blocks("sh"):
        text = without_comments(without_heredocs(block.text))
        seen = [words for words in commands(block.text) if called(words)]
        named = [words for words in seen if len(words) > 1]

        assert len(named) == len(_CALLED.findall(text)), block


def test_given_commands_of_blocks_when_parsed_then_the_tree_takes_each():
    wrong = [
        f"{block}: {' '.join(words)}: {said}"
        for block, words in of_blocks()
        if words[1] not in _OF_A_CHECKOUT and (said := complaint(words, whole=True))
    ]

    assert wrong == []


def of_sentences() -> Iterator[tuple[Block, list[str]]]:
    for span in spans():
        text = span.text.removeprefix("./").removeprefix("sudo ")
        if re.match(r"exitd [a-z]", text):
            yield from ((span, words) for words in commands(text) if called(words))


def test_given_commands_in_sentences_when_parsed_then_the_tree_has_each():
    wrong = [
        f"{span}: {' '.join(words)}: {said}"
        for span, words in of_sentences()
        if words[1] not in _OF_A_CHECKOUT and (said := complaint(words, whole=False))
    ]

    assert wrong == []
