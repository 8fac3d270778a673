"""What stands between fences, and in backticks, on the pages that people read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: All that tells somebody what to type; the changelog tells what was.
PAGES = (
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "systemd" / "README.md",
    *sorted(DOCS.rglob("*.md")),
)
_MARKDOWN = MarkdownIt("commonmark").enable("table")


class Block(NamedTuple):
    """A block of code, or a span of it, and where it stands."""

    page: Path
    line: int
    #: What stands behind the fence; empty where it has none.
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def name(self) -> str:
        """Its page and its first line: what stays when lines above it change."""
        return f"{self.page.relative_to(ROOT)}: {self.text.splitlines()[0].strip()}"


@cache
def tokens(page: Path) -> list[Token]:
    return _MARKDOWN.parse(page.read_text(encoding="utf-8"))


@cache
def blocks(kind: str | None = None) -> tuple[Block, ...]:
    """Give every block of all pages, or those of one kind."""
    found = (
        Block(page, token.map[0] + 1, token.info.strip(), token.content)
        for page in PAGES
        for token in tokens(page)
        if token.type in ("fence", "code_block") and token.map is not None
    )
    return tuple(block for block in found if kind is None or block.kind == kind)


@cache
def spans() -> tuple[Block, ...]:
    """Give what stands in backticks within a sentence or a table."""
    return tuple(
        Block(page, token.map[0] + 1 if token.map else 0, "span", inner.content)
        for page in PAGES
        for token in tokens(page)
        for inner in token.children or ()
        if inner.type == "code_inline"
    )
