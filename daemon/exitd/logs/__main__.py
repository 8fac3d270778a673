"""Writes the page docs/log-events.md to standard output."""

from __future__ import annotations

import sys

from exitd.logs.catalogue import catalogue_markdown

if __name__ == "__main__":
    sys.stdout.write(catalogue_markdown())
