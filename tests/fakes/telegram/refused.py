"""What the Bot API says no with."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An answer that is no success; `parameters` as in ResponseParameters."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            made["parameters"] = self.parameters
        return made


def bad(what: str) -> Refused:
    return Refused(400, f"Bad Request: {what}")
