"""The store: one file, one writer thread, group commit."""

from exitd.adapters.sqlite.opening import open_store
from exitd.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "open_store"]
