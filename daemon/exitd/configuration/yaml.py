"""YAML, read strictly: exact numbers, no surprises, every place remembered.

libyaml gives the events; what they mean is decided here, from their text:

- `true` and `false` are the only booleans, `null`, `~` and nothing the only null.
- A number is written in plain digits (`131.25`, `-3`) and kept exactly. What YAML
  1.1 would turn into something else (`on`, `no`, `12:30`, `010`, `1e3`) is text,
  and text is refused where a number belongs.
- No anchors, aliases, tags, merge keys or second document, so nothing in a file
  grows when it is read. Files are at most 256 KiB, 20 deep, 200,000 nodes.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import yaml

from exitd.configuration.document import Document, Entry, Mark, Node, Scalar
from exitd.configuration.findings import Finding, mask_unread_line

FILE_BYTES_MAX = 256 * 1024
DEPTH_MAX = 20
NODES_MAX = 200_000
# Longer digits are no price; refusing them keeps int() and Decimal() cheap.
NUMBER_CHARACTERS_MAX = 40


class _Unreadable(Exception):
    """Reading stops here; carries its one finding's place and sentence."""

    def __init__(self, message: str, line: int = 1, column: int = 1, width: int = 1):
        super().__init__(message)
        self.message = message
        self.mark = Mark(line, column, width)


_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# Control characters, and the marks that make text read differently than it is.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}

# What libyaml says, in words that name the remedy.
_SYNTAX = (
    ("cannot start any token", "indent with spaces, and quote text that starts so"),
    ("mapping values are not allowed", "a second ':' in one value; put it in quotes"),
    ("could not find expected ':'", "a ':' is missing after this key"),
    ("did not find expected ',' or '}'", "a ',' or '}' is missing"),
    ("did not find expected ',' or ']'", "a ',' or ']' is missing"),
    ("did not find expected key", "the indentation does not fit the lines above"),
    ("did not find expected <document start>", "only one document fits in a file"),
    ("expected node content", "a key or a value is missing here"),
    ("unexpected end of stream", "a quote is opened and never closed"),
)


def _decode(raw: bytes) -> str:
    if len(raw) > FILE_BYTES_MAX:
        raise _Unreadable(
            f"the file has more than {FILE_BYTES_MAX // 1024} KiB; split it up"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Unreadable(
            "the file is not UTF-8 text; save it as UTF-8", line
        ) from None
    found = _UNPRINTABLE.search(text)
    if found is not None:
        before = text[: found.start()]
        line = len(_BREAK.findall(before)) + 1
        column = len(_BREAK.split(before)[-1]) + 1
        raise _Unreadable(
            f"the character U+{ord(found.group()):04X} is not allowed; remove it",
            line,
            column,
        )
    return text


def scalar(text: str) -> Scalar:
    """Say what an unquoted scalar means; what is not plainly a number stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-0123456789" and len(text) <= NUMBER_CHARACTERS_MAX:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
    return text


def _mark(event: yaml.Event) -> Mark:
    start, end = event.start_mark, event.end_mark
    assert start is not None
    assert end is not None
    width = end.column - start.column if end.line == start.line else 1
    return Mark(start.line + 1, start.column + 1, max(width, 1))


def _refuse(event: yaml.Event, message: str) -> _Unreadable:
    mark = _mark(event)
    return _Unreadable(message, mark.line, mark.column, mark.width)


def _events(text: str) -> Iterator[yaml.Event]:
    loader_type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = loader_type(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.MarkedYAMLError as error:
        problem = error.problem or "it cannot be read"
        meant = next((say for part, say in _SYNTAX if part in problem), problem)
        at = error.problem_mark or error.context_mark
        line, column = (at.line + 1, at.column + 1) if at else (1, 1)
        raise _Unreadable(f"not valid YAML: {meant}", line, column) from None
    except yaml.reader.ReaderError as error:
        line = len(_BREAK.findall(text[: error.position])) + 1
        raise _Unreadable("not valid YAML: an unreadable character", line) from None
    finally:
        loader.dispose()


class _Builder:
    """Puts events together; keeps a stack of its own, so depth costs nothing."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.keys: list[tuple[str, Mark] | None] = []
        self.repeated: list[tuple[str, Mark, Mark]] = []
        self.count = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._check(event)
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._check(event)
            if len(self.stack) >= DEPTH_MAX:
                raise _refuse(event, f"nested more than {DEPTH_MAX} levels deep")
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            if self._expects_key():
                raise _refuse(event, "a key must be plain text")
            start = _mark(event)
            node = Node({} if is_mapping else [], Mark(start.line, start.column))
            self._place(node)
            self.stack.append(node)
            self.keys.append(None)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end(event)
        elif isinstance(event, yaml.AliasEvent):
            raise _refuse(event, "aliases (*name) are not supported; write it out")
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _refuse(event, "only one document fits in a file; remove '---'")
            if event.tags:
                raise _refuse(event, "%TAG directives are not supported")

    def _check(self, event: yaml.NodeEvent) -> None:
        self.count += 1
        if self.count > NODES_MAX:
            raise _refuse(event, f"more than {NODES_MAX:,} values; split the file")
        if event.anchor is not None:
            raise _refuse(event, "anchors (&name) are not supported; write it out")
        if getattr(event, "tag", None) is not None:
            raise _refuse(event, "tags (!name) are not supported; remove it")

    def _expects_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].value, dict)
            and self.keys[-1] is None
        )

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        is_plain = event.implicit[0]
        text: str = event.value
        mark = _mark(event)
        if not self._expects_key():
            self._place(Node(scalar(text) if is_plain else text, mark, is_plain))
            return
        if text == "<<" and is_plain:
            raise _refuse(event, "merge keys (<<) are not supported; write them out")
        if text == "":
            raise _refuse(event, "a key is missing before ':'")
        container = self.stack[-1].value
        assert isinstance(container, dict)
        if text in container:
            self.repeated.append((text, mark, container[text].mark))
        self.keys[-1] = (text, mark)

    def _place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        container = self.stack[-1].value
        if isinstance(container, dict):
            key = self.keys[-1]
            assert key is not None
            if key[0] not in container:
                container[key[0]] = Entry(key[1], node)
            self.keys[-1] = None
        else:
            assert isinstance(container, list)
            container.append(node)

    def _end(self, event: yaml.Event) -> None:
        node = self.stack.pop()
        self.keys.pop()
        # A block collection ends where the next thing starts: only `{}` and `[]`
        # on one line have a width worth underlining.
        end = event.end_mark
        assert end is not None
        is_one_line = end.line + 1 == node.mark.line
        if is_one_line and end.column > node.mark.column:
            width = end.column + 1 - node.mark.column
            node.mark = Mark(node.mark.line, node.mark.column, width)


def parse(
    raw: bytes, file: str, guard: Callable[[str], str] = mask_unread_line
) -> Document:
    """Read one file's bytes; whatever is wrong becomes a finding, never an error."""
    document = Document(file, [], None, [], guard)
    builder = _Builder(file)
    try:
        text = _decode(raw)
        document.lines = [line.replace("\t", " ") for line in _BREAK.split(text)]
        for event in _events(text):
            builder.take(event)
    except _Unreadable as problem:
        mark = problem.mark
        document.findings.append(
            Finding(
                file=file,
                line=mark.line,
                column=mark.column,
                width=mark.width,
                message=problem.message,
                excerpt=document.excerpt(mark.line),
            )
        )
        return document
    document.root = builder.root
    for key, mark, first in builder.repeated:
        document.findings.append(
            Finding(
                file=file,
                line=mark.line,
                column=mark.column,
                width=mark.width,
                message=f"key '{key}' is given twice (first on line {first.line})",
                excerpt=document.excerpt(mark.line),
            )
        )
    return document
