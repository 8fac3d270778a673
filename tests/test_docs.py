"""The pages of the documentation: all are listed, links lead somewhere, alerts told."""

import re
from pathlib import Path

import pytest

from exitd.logs import Event
from exitd.runtime.telling import LEVELS, NOTICE_LEVELS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
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


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_given_a_page_when_its_links_are_followed_then_each_leads_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


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
