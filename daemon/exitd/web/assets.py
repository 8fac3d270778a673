"""The page's own files, kept in memory, under a name that changes with what is in them.

Nothing of them comes from elsewhere, and nothing has to be built.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

STATIC = Path(__file__).parent / "static"
SHELL = "page.html"
#: Written into the shell: nothing is painted before they are there.
STYLES = ("colours.css", "page.css")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain; charset=utf-8",
    ".NOTICE": "text/plain; charset=utf-8",
}
_VERSION_LENGTH = 12


class Asset(Struct, frozen=True):
    """One file, as it is and compressed."""

    media_type: str
    body: bytes
    zipped: bytes


class Assets:
    """Every file that the page may ask for; `version` is a digest of them all.

    `styles_source` is what the page's policy has to call the styles in its shell
    (CSP, a hash-source): no others are taken there.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        digest = hashlib.sha256()
        files: dict[str, Asset] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix not in _TYPES or path.name in STYLES:
                continue
            body, name = path.read_bytes(), path.relative_to(folder).as_posix()
            digest.update(b"%s\0%d\0%s" % (name.encode(), len(body), body))
            zipped = gzip.compress(body, mtime=0)
            files[name] = Asset(_TYPES[path.suffix], body, zipped)
        self.files: Mapping[str, Asset] = files
        self.version = digest.hexdigest()[:_VERSION_LENGTH]
        styles = "".join((folder / name).read_text("utf-8") for name in STYLES)
        hashed = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
        self.styles_source = f"'sha256-{hashed}'"
        shell = (folder / SHELL).read_text(encoding="utf-8")
        self.shell = shell.replace("{{styles}}", styles)
