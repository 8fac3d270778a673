"""The one place where concrete parts meet: from settings to a running daemon."""

from exitd.app.application import Application, run_daemon

__all__ = ["Application", "run_daemon"]
