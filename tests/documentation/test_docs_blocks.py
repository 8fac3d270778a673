"""Every block of the pages is of a kind that something checks, or says why not."""

from __future__ import annotations

from documentation.blocks import DOCS, PAGES, ROOT, Block, blocks, tokens

#: What checks each kind, beside this file.
CHECKED = {
    "sh": "test_docs_commands.py, and test_docs_requests.py what curl asks for",
    "yaml": "test_docs_yaml.py",
    "json": "test_docs_json.py",
    "http": "test_docs_requests.py",
    "python": "test_docs_programs.py",
    "ini": "test_docs_programs.py",
    "nginx": "test_docs_programs.py",
    "mermaid": "core/test_lifecycle_page.py: made from the tables, and equal to them",
}
#: Pages whose commands are run, and compared with what they show.
WALKS = (ROOT / "README.md", DOCS / "start.md", DOCS / "walk.md")
#: Blocks of what is printed that a test compares with what prints it.
COMPARED = {
    "docs/operating.md: ok      configuration": "test_docs_programs.py",
    "docs/operating.md: a request that has expired": "test_docs_programs.py",
    "docs/rehearsing.md: config/tests/sol.yaml": "test_docs_programs.py",
}
#: What nothing can check, by its first line, and why.
UNCHECKED = {
    "docs/architecture.md: frame ─▶ adapter parses": "a drawing",
    "docs/architecture.md: __main__ → cli → app": "a drawing",
    "docs/analytics.md: market price ──setup cost──▶": "a drawing",
    "docs/analytics.md: setup cost = s × (intended − market)": "formulas",
    "docs/telegram.md: you     /pause": "a conversation",
    "docs/webhook.md: //@version=5": "Pine runs at TradingView only",
}


def of_walk(block: Block) -> bool:
    """Whether it shows what a walk has printed, which the walk itself compares."""
    return block.kind == "text" and block.page in WALKS


def reason(block: Block) -> str:
    return next(
        (
            why
            for name, why in {**COMPARED, **UNCHECKED}.items()
            if block.name.startswith(name)
        ),
        "",
    )


def test_given_the_pages_when_read_then_each_block_is_checked_or_says_why_not():
    lost = [
        f"{block} ({block.kind or 'no kind'}): {block.name}"
        for block in blocks()
        if block.kind not in CHECKED and not of_walk(block) and not reason(block)
    ]

    assert lost == []


def test_given_the_exceptions_when_looked_up_then_each_is_still_there():
    names = [block.name for block in blocks()]

    assert [
        name
        for name in (*COMPARED, *UNCHECKED)
        if not any(seen.startswith(name) for seen in names)
    ] == []


def test_given_code_when_looked_at_then_it_stands_between_fences():
    # What is only indented says nothing of its kind.
    assert [
        f"{page.relative_to(ROOT)}:{token.map[0] + 1}"
        for page in PAGES
        for token in tokens(page)
        if token.type == "code_block" and token.map is not None
    ] == []


def test_given_lists_when_they_hold_more_than_words_then_by_four_spaces():
    """The Markdown of the site takes a block for a list's own from there on only."""
    wrong = []
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        depth = 0
        for token in tokens(page):
            depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
            if token.type in ("fence", "table_open") and depth and token.map:
                line = lines[token.map[0]]
                if (len(line) - len(line.lstrip())) % 4:
                    wrong.append(f"{page.relative_to(ROOT)}:{token.map[0] + 1}")
    assert wrong == []
