"""Shell as the pages have it, taken apart far enough to see each command in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

_HEREDOC = re.compile(
    r"^(?P<line>.*?)<<-?\s*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)(?P<rest>.*?)\n"
    r"(?P<text>.*?)^\s*(?P=end)$",
    re.MULTILINE | re.DOTALL,
)
_SUBSTITUTED = re.compile(r"\$\(([^()]*)\)")
#: Words of the shell itself, behind which a command begins.
_KEYWORDS = {"if", "then", "else", "elif", "until", "while", "do", "!", "{", "("}
#: Programs that start the one that they are given.
_STARTERS = {"sudo", "env", "exec", "nohup", "time"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_ENDS = re.compile(r"[;&|()\n]+")
_DESCRIPTORS = re.compile(r"\s\d+(?=[<>])")
_REDIRECTIONS = re.compile(r"[<>]+&?")


class Written(NamedTuple):
    """A file that a block writes."""

    path: str
    text: str


def without_heredocs(text: str) -> str:
    return _HEREDOC.sub(lambda found: found["line"] + found["rest"], text)


def heredocs(text: str) -> list[Written]:
    """Give what `cat > FILE <<EOF` writes."""
    found = []
    for one in _HEREDOC.finditer(text):
        named = re.search(r">\s*(\S+)", one["line"] + one["rest"])
        found.append(Written(named.group(1) if named else "", one["text"]))
    return found


def echoed(text: str) -> list[Written]:
    """Give what `echo '…' > FILE` writes."""
    pattern = re.compile(r"echo '([^']*)' > (\S+)")
    return [Written(path, line + "\n") for line, path in pattern.findall(text)]


def without_comments(text: str) -> str:
    """Take out what stands behind a # that begins a word, outside of quotations."""
    kept, quote, before, skipping = [], "", "\n", False
    for letter in text:
        if skipping:
            skipping = letter != "\n"
        elif quote:
            quote = "" if letter == quote and before != "\\" else quote
        elif letter == "#" and before in " \t\n;":
            skipping = True
        elif letter in "'\"" and before != "\\":
            quote = letter
        if not skipping:
            kept.append(letter)
        before = letter
    return "".join(kept)


def commands(text: str) -> Iterator[list[str]]:
    """Give the words of each command, without redirections and assignments.

    Raises:
        ValueError: A quotation does not end.
    """
    text = without_comments(without_heredocs(text)).replace("\\\n", " ")
    text = _DESCRIPTORS.sub(" ", text)
    # What stands in $(…) is a command as well; for the one around it, it is a word.
    while inner := _SUBSTITUTED.search(text):
        yield from commands(inner.group(1))
        text = text[: inner.start()] + "SUBSTITUTED" + text[inner.end() :]
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for word in lexer:
        if _ENDS.fullmatch(word):
            yield from _command(words)
            words = []
        else:
            words.append(word)
    yield from _command(words)


def _command(words: list[str]) -> Iterator[list[str]]:
    kept: list[str] = []
    behind_redirection = False
    for word in words:
        if behind_redirection:
            behind_redirection = False
        elif _REDIRECTIONS.fullmatch(word):
            behind_redirection = True
        else:
            kept.append(word)
    while kept and (
        kept[0] in _KEYWORDS or kept[0] in _STARTERS or _ASSIGNMENT.match(kept[0])
    ):
        kept.pop(0)
    if kept:
        yield kept
