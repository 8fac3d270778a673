"""Write what is made from the models: the schemas and the page of the docs.

`python -m exitd.configuration.publish` in a checkout; tests compare the files.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from exitd.configuration.reference import reference
from exitd.configuration.schema import SCHEMA_FILES, schema


def published() -> Iterator[tuple[str, str]]:
    """Give the path in the checkout and the text of each file that is made."""
    for kind, name in SCHEMA_FILES.items():
        yield f"config/{name}", json.dumps(schema(kind), indent=2) + "\n"
    yield "docs/configuration.md", reference()


def write(root: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write files that are made into a checkout, each by its path there."""
    for name, text in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path.cwd(), published())
