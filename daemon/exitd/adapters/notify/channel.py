"""One target as Apprise reaches it.

Apprise takes half a second to import with its plugins, so it is imported when a
configuration names a target, and not before.
"""

from __future__ import annotations

import importlib
import logging
import re
import warnings
from typing import Any
from urllib.parse import unquote

from exitd.adapters.notify.messages import Message
from exitd.errors import ConfigurationError
from exitd.ports.alerts import AlertLevel
from exitd.secret import MASK, Secret

DEADLINE_S = 15.0
SECRET_CHARACTERS_MIN = 4

# How each service is asked not to make a sound; the others know no such thing and
# get the message as any other.
_SILENT = {
    "tgram": "silent=yes",
    "ntfy": "priority=low",
    "ntfys": "priority=low",
    "pover": "priority=low",
    "gotify": "priority=low",
    "gotifys": "priority=low",
}
_TYPES = {
    AlertLevel.INFO: "info",
    AlertLevel.WARNING: "warning",
    AlertLevel.CRITICAL: "failure",
}


class Channel:
    """Sends messages to one Apprise URL; blocks, so it belongs on a thread.

    Args:
        name: The target's name in the configuration.
        url: Its Apprise URL, which nobody gets to see.
        deadline_s: How long one delivery may take.

    Raises:
        ConfigurationError: Apprise knows no service of this URL.
    """

    def __init__(self, name: str, url: Secret, *, deadline_s: float = DEADLINE_S):
        self.name = name
        self._deadline_s = deadline_s
        self._parts = secret_parts(url.reveal())
        # Its own log names URLs; what it has to say comes back as the reason.
        _quiet_apprise()
        self._apprise: Any = importlib.import_module("apprise")
        self._loud = self._service(url.reveal())
        quiet = silent_url(url.reveal())
        self._quiet = self._loud if quiet is None else self._service(quiet)

    def __repr__(self) -> str:
        return f"Channel({self.name})"

    def deliver(self, message: Message) -> str:
        """Send one message; returns why it did not arrive, empty when it did."""
        service = self._quiet if message.is_silent else self._loud
        result = service.notify(
            title=message.title,
            body=message.body,
            notify_type=_TYPES[message.level],
            timeout=self._deadline_s,
        )
        return "" if result else self._reason(result)

    def _service(self, url: str) -> Any:
        service = self._apprise.Apprise()
        with warnings.catch_warnings():
            # Its plugins import modules of Python's that are about to go.
            warnings.simplefilter("ignore", DeprecationWarning)
            is_known = service.add(url)
        if not is_known:
            raise ConfigurationError(
                f"notify target {self.name}: its secret is no URL that Apprise knows;"
                " write one such as ntfys://host/topic or tgram://token/chat"
            )
        return service

    def _reason(self, result: Any) -> str:
        """Say why in one line, nothing of the URL in it."""
        if result.status.name == "TIMEOUT":
            return f"no answer within {self._deadline_s:g} s"
        for entry in result.logs():
            text = str(getattr(entry, "message", entry)).strip()
            if text:
                return self.masked(" ".join(text.split()))[:200]
        return "the service did not take it"

    def masked(self, text: str) -> str:
        for part in self._parts:
            text = text.replace(part, MASK)
        return text


def silent_url(url: str) -> str | None:
    """Give the URL that delivers without a sound, None where there is no such thing."""
    wish = _SILENT.get(url.partition("://")[0].lower())
    if wish is None or f"{wish.partition('=')[0]}=" in url:
        return None
    return f"{url}{'&' if '?' in url else '?'}{wish}"


def secret_parts(url: str) -> list[str]:
    """Split a URL into what must not be shown, the longest first."""
    rest = url.partition("://")[2]
    parts = {url, rest}
    for piece in re.split(r"[/:@?&=]", rest):
        parts |= {piece, unquote(piece)}
    return sorted(
        (part for part in parts if len(part) >= SECRET_CHARACTERS_MIN),
        key=len,
        reverse=True,
    )


def _quiet_apprise() -> None:
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        # Without a handler of its own its warnings would go to standard error.
        logger.addHandler(logging.NullHandler())
