"""Write what is made from the catalogue: the page, the alert rules, the dashboard.

`python -m exitd.metrics.publish` in a checkout; tests compare the files.
"""

from collections.abc import Iterator
from pathlib import Path

from exitd.configuration.publish import write
from exitd.metrics import dashboard, page, rules


def published() -> Iterator[tuple[str, str]]:
    """Give the path in the checkout and the text of each file that is made."""
    yield page.PATH, page.page_markdown()
    yield rules.PATH, rules.rules_yaml()
    yield dashboard.PATH, dashboard.dashboard_json()


if __name__ == "__main__":
    write(Path.cwd(), published())
