"""
Builds these pages as a site; whatever is wrong with one of them ends it.

    python docs/site/build.py FOLDER [--mermaid mermaid.min.js]

Needs zensical, and nothing of exitd; `make docs` brings it. The pages lie in the site
as they lie in the repository, so that a link works on both. The navigation is what
docs/README.md lists, group by group: a page that it does not list is an error, as is a
link or an anchor that leads nowhere, or anything that a reader's browser would fetch
from elsewhere. Diagrams are drawn in the browser by the mermaid that is given; without
one they stay text.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INDEX = ROOT / "docs" / "README.md"
#: What is on the site beside docs/, with what these pages link to.
BESIDE = ("README.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "config", "systemd")
#: Lines that GitHub takes for a list, a table, a heading or a fence.
_LEFT = re.compile(r"- |\d+\. |\| |#+ |```|.*\]\(|.*\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)\)")


def navigation() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the groups of the index, each with titles and paths from the root."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            groups.append((line[3:], []))
        elif line.startswith("- ") and (found := _LINK.match(line, 2)):
            groups[-1][1].append((found[1], inside(INDEX.parent / found[2])))
    decisions = ROOT / "docs" / "adr" / "README.md"
    listed = [
        (title, inside(decisions.parent / path))
        for title, path in _LINK.findall(decisions.read_text(encoding="utf-8"))
    ]
    return [(name, pages) for name, pages in groups if pages] + [("Decisions", listed)]


def inside(path: Path) -> str:
    return str(path.resolve().relative_to(ROOT))


def stage(folder: Path, mermaid: Path | None) -> None:
    """Lay the pages out, with the settings beside them."""
    pages = folder / "pages"
    left_out = shutil.ignore_patterns("site", "deb", "__pycache__", "*.py")
    shutil.copytree(ROOT / "docs", pages / "docs", ignore=left_out)
    for name in BESIDE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, pages / name, ignore=left_out)
        else:
            shutil.copy(source, pages / name)
    first = [{"exitd": "README.md"}]
    groups = [
        {name: [{title: path} for title, path in listed]}
        for name, listed in navigation()
    ]
    settings = (HERE / "zensical.toml").read_text(encoding="utf-8")
    added = "nav = " + toml_of([*first, *groups]) + "\n"
    if mermaid is not None:
        shutil.copy(mermaid, pages / "mermaid.min.js")
        added += 'extra_javascript = ["mermaid.min.js"]\n'
    else:
        # A diagram would fetch what draws it.
        head, _, tail = settings.partition("custom_fences = [")
        settings = head + tail.partition("\n]\n")[2]
    head, place, tail = settings.partition("\n[project.theme]")
    (folder / "zensical.toml").write_text(f"{head}\n{added}{place}{tail}")


def toml_of(value: object) -> str:
    """Write lists of tables with one key each, on one line."""
    match value:
        case list():
            return "[" + ", ".join(map(toml_of, value)) + "]"
        case dict():
            pairs = (f"{json.dumps(key)} = {toml_of(v)}" for key, v in value.items())
            return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)


class Drawn(HTMLParser):
    """What a browser fetches for a page, and what in it is Markdown still."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.left: list[str] = []
        self._inside: list[str] = []

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] == ["code"]:
            # In a table, a | of code is written so; not all take the \\ away.
            self.left += [data] if "\\|" in data and "td" in self._inside else []
        elif self._inside[-1:] == ["p"]:
            self.left += [line for line in data.splitlines() if _LEFT.match(line)]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        said = dict(attrs)
        if tag == "link" and said.get("rel") not in ("canonical", "next", "prev"):
            self.urls.append(said.get("href") or "")
        if tag in ("script", "img", "iframe", "source", "video"):
            self.urls.append(said.get("src") or "")


def faults(folder: Path) -> Iterator[str]:
    """Say what is wrong with the site that zensical does not look at."""
    pages, site = folder / "pages", folder / "site"
    listed = {path for _, group in navigation() for _, path in group}
    listed |= {"README.md", "docs/README.md"}
    for page in sorted(pages.rglob("*.md")):
        name = str(page.relative_to(pages))
        if name not in listed:
            yield f"{name} is in no group of docs/README.md"
    for page in sorted(site.rglob("*.html")):
        read = Drawn()
        read.feed(page.read_text(encoding="utf-8"))
        name = page.relative_to(site)
        yield from (f"{name} fetches {url}" for url in read.urls if "//" in url)
        yield from (f"{name} shows what should be drawn: {text}" for text in read.left)


def build(target: Path, mermaid: Path | None) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage(folder, mermaid)
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        built = subprocess.run(command, cwd=folder, check=False)
        wrong = list(faults(folder))
        for line in wrong:
            print(line, file=sys.stderr)
        if built.returncode or wrong:
            return 1
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder / "site", target)
    print(f"{len(list(target.rglob('*.html')))} pages are in {target}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("folder", type=Path, help="where to; it is replaced")
    parser.add_argument("--mermaid", type=Path, help="what draws diagrams")
    chosen = parser.parse_args()
    return build(chosen.folder, chosen.mermaid)


if __name__ == "__main__":
    sys.exit(main())
