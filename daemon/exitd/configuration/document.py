"""A file as read: its values, where each of them stands, and what may be shown."""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.findings import MASK, Finding, Severity, mask_unread_line

LINE_CHARACTERS_MAX = 600

Path = tuple[str | int, ...]
#: A place, and what is wrong there.
Problem = tuple[Path, str]


class Mark(Struct, frozen=True, gc=False):
    """A place in a file; `line` and `column` count from 1."""

    line: int
    column: int
    width: int = 1


class Node(Struct, gc=True):
    """A value and where it stands. `is_plain` is true for unquoted scalars."""

    value: "Scalar | dict[str, Entry] | list[Node]"
    mark: Mark
    is_plain: bool = False


class Entry(Struct):
    """A key of a mapping: where the key stands, and its value."""

    mark: Mark
    node: Node


Scalar = str | int | Decimal | bool | None
Plain = Scalar | dict[str, "Plain"] | list["Plain"]


class Document(Struct):
    """A file as read. `root` is None when it could not be, or holds nothing.

    `guard` masks what must not be shown in a line; texts in `hidden` are not shown
    in a sentence either.
    """

    file: str
    lines: list[str]
    root: Node | None
    findings: list[Finding]
    guard: Callable[[str], str] = mask_unread_line
    hidden: list[str] = []

    def locate(self, path: Path, *, key: bool = False) -> Mark:
        """Find the place of a path, or of the nearest part of it that exists.

        With *key*, the place of its key rather than of its value.
        """
        mark, node = Mark(1, 1), self.root
        if node is not None:
            mark = node.mark
        for depth, step in enumerate(path):
            value = None if node is None else node.value
            if isinstance(value, dict) and step in value:
                entry = value[str(step)]
                node = entry.node
                is_last = depth == len(path) - 1
                mark = entry.mark if key or not is_last else node.mark
            elif (
                isinstance(value, list) and isinstance(step, int) and step < len(value)
            ):
                node = value[step]
                mark = node.mark
            else:
                break
        return mark

    def has(self, path: Path) -> bool:
        """Whether this path was written in the file."""
        node = self.root
        for step in path:
            value = None if node is None else node.value
            if isinstance(value, dict) and step in value:
                node = value[str(step)].node
            elif (
                isinstance(value, list) and isinstance(step, int) and step < len(value)
            ):
                node = value[step]
            else:
                return False
        return True

    def excerpt(self, line: int) -> str:
        """Give a source line as it may be shown."""
        if not 0 < line <= len(self.lines):
            return ""
        # Cut well beyond what is shown, so that no half of a secret gets through.
        return self.guard(self.lines[line - 1][:LINE_CHARACTERS_MAX])

    def finding(
        self,
        path: Path,
        message: str,
        *,
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        mark = self.locate(path, key=key)
        return Finding(
            file=self.file,
            line=mark.line,
            column=mark.column,
            width=mark.width,
            severity=severity,
            message=self.sentence(message),
            excerpt=self.excerpt(mark.line),
        )

    def sentence(self, message: str) -> str:
        """Give a sentence as it may be shown."""
        for text in self.hidden:
            message = message.replace(text, MASK)
        return message


def _is_index(step: str | int, items: list[Node]) -> bool:
    return isinstance(step, int) and step < len(items)


def plain(node: Node | None) -> Plain:
    """Give the values without their places; at most `DEPTH_MAX` levels deep."""
    if node is None:
        return None
    value = node.value
    if isinstance(value, dict):
        return {key: plain(entry.node) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
