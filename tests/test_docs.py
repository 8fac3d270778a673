"""The pages of the documentation: all are listed, links lead somewhere, alerts told."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from documentation.blocks import PAGES as TELLING
from documentation.blocks import tokens
from exitd.logs import Event
from exitd.runtime.telling import LEVELS, NOTICE_LEVELS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*TELLING, ROOT / "CHANGELOG.md"]
# Told by the runtime itself, besides what the engine concludes.
TOLD = (
    Event.POSITION_UNPROTECTED,
    Event.FEED_STALE,
    Event.SESSIONS_UNKNOWN,
    Event.VENUE_FAILED,
    Event.CONFIG_REJECTED,
    Event.CONFIG_HELD,
    Event.STORE_FULL,
    Event.STORE_ROW_SET_ASIDE,
    Event.WEBHOOK_REFUSED,
    Event.WEBHOOK_DELAYED,
)


def test_given_the_pages_when_looked_up_then_the_index_names_each():
    index = (DOCS / "README.md").read_text()

    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert sorted(pages) == sorted(page for page in pages if f"]({page})" in index)


def test_given_the_decisions_when_looked_up_then_their_index_names_each():
    index = (DOCS / "adr" / "README.md").read_text()

    pages = {path.name for path in (DOCS / "adr").glob("0*.md")}
    assert sorted(pages) == sorted(page for page in pages if f"]({page})" in index)


@cache
def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    found: list[str] = []
    inside = False
    for token in tokens(page):
        if inside:
            words = "".join(
                inner.content
                for inner in token.children or ()
                if inner.type in ("text", "code_inline")
            )
            found.append(re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"))
        inside = token.type == "heading_open"
    return {
        name if not (count := found[:place].count(name)) else f"{name}-{count}"
        for place, name in enumerate(found)
    }


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Give each link that leads to a file here: as written, whereto, and its anchor."""
    for token in tokens(page):
        for inner in token.children or ():
            written = str(inner.attrs.get("href") or inner.attrs.get("src") or "")
            if written and not re.match(r"https?:|mailto:", written):
                path, _, anchor = written.partition("#")
                yield written, (page.parent / path if path else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_given_a_page_when_its_links_are_followed_then_each_leads_somewhere(page: Path):
    lost = [
        written
        for written, path, anchor in links(page)
        if not path.is_file() or (anchor and anchor not in anchors(path))
    ]

    assert lost == []


def test_given_the_alerts_when_looked_up_then_each_says_what_to_do():
    page = (DOCS / "operating.md").read_text()

    topics = [kind.value for kind in (*LEVELS, *NOTICE_LEVELS, *TOLD)]
    assert [topic for topic in topics if f"| `{topic}` |" not in page] == []


def test_given_the_makefile_when_looked_up_then_each_target_is_told():
    text = (ROOT / "Makefile").read_text()
    index = (DOCS / "README.md").read_text()

    targets = re.findall(r"^([a-z-]+):", text, re.MULTILINE)
    assert targets
    assert [name for name in targets if f"`make {name}`" not in index] == []
