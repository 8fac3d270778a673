"""Write what is made from the catalogue: the page, the alert rules, the dashboard.

`python -m exitd.metrics.publish` in a checkout; tests compare the files.
"""

from collections.abc import Iterator
from pathlib import Path

from exitd.metrics import dashboard, page, rules


def published() -> Iterator[tuple[str, str]]:
    """Give the path in the checkout and the text of each file that is made."""
    yield page.PATH, page.page_markdown()
    yield rules.PATH, rules.rules_yaml()
    yield dashboard.PATH, dashboard.dashboard_json()


def publish(root: Path) -> None:
    for name, text in published():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    publish(Path.cwd())
