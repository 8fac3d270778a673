"""What Python says when nobody caught an exception, with every secret masked."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from types import TracebackType

from exitd.logs.redaction import Redactor

STDERR_FD = 2


class CrashPrinter:
    """
    Stands in for `sys.excepthook` and `threading.excepthook`.

    An exception that ends the process passes the log by: its text goes to standard
    error, which is the journal too.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        sys.excepthook = self.on_exception
        threading.excepthook = self.on_thread_exception

    def uninstall(self) -> None:
        """Not while an exception is on its way out: it is printed after the close."""
        if sys.exception() is None:
            sys.excepthook, threading.excepthook = self._before

    def on_exception(
        self,
        kind: type[BaseException],
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        text = "".join(traceback.format_exception(kind, exception, trace))
        os.write(STDERR_FD, self._redactor.mask(text.encode("utf-8", "replace")))

    def on_thread_exception(self, hook: threading.ExceptHookArgs) -> None:
        self.on_exception(hook.exc_type, hook.exc_value, hook.exc_traceback)
