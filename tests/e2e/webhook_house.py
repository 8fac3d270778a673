"""A house whose daemon takes alerts, and those who send them."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any

from e2e.house import SYMBOL, House
from e2e.ports import free_port

KEY = "the auth_key of the route tv, for tests only"

SECTION = """\
webhook:
  bind: 127.0.0.1:{port}
  {settings}
  routes:
    tv:
      auth_key: {{file: {folder}/tv_key}}
      mode: {mode}
      venues: [backpack]
      allow: [open, close]
      requests_per_minute: 60000
"""


def add_webhook(home: House, *, settings: str = "", mode: str = "paper") -> int:
    """Give the files of a house a route `tv`; returns the port that it is served on."""
    port = free_port()
    key = home.folder / "tv_key"
    key.touch(mode=0o600)
    key.write_text(KEY)
    section = SECTION.format(
        port=port, folder=home.folder, mode=mode, settings=settings
    )
    home.config.write_text(home.config.read_text() + section)
    return port


def alert(number: int, **fields: Any) -> bytes:
    """Make an alert that closes; *number* tells it from others."""
    body = {
        "ticker": SYMBOL,
        "direction": "short",
        "auth_key": KEY,
        "orderType": "market",
        "qty": 1,
        "marketPrice": 141,
        "positionIntent": "sell_to_close",
        "clientOrderId": f"alert-{number}",
        **fields,
    }
    return json.dumps(body).encode()


def post(port: int, body: bytes, *, timeout_s: float = 3.0) -> tuple[int, Any]:
    """Send an alert as TradingView does: one connection each, and 3 s for the answer.

    Status 0 stands for no answer.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request("POST", "/webhook/tv", body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, HTTPException):
        return 0, None
    finally:
        connection.close()
