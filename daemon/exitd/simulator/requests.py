"""One REST request and its reply, below HTTP and above the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from exitd.simulator.refusal import Refused, invalid_request
from exitd.simulator.signature import Parameters, spelled

JSON = "application/json; charset=utf-8"
MARKET_TYPES = frozenset({"SPOT", "PERP", "IPERP", "DATED", "PREDICTION", "RFQ"})
TEXT = "text/plain; charset=utf-8"


@dataclass(slots=True, frozen=True)
class Reply:
    """
    What goes back.

    Attributes:
        body: Already encoded; empty for 202 and 204.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def json_reply(
    document: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    return Reply(status, msgspec.json.encode(document), JSON, headers)


def refused_reply(refused: Refused) -> Reply:
    return json_reply(
        {"code": refused.code, "message": refused.message}, refused.status
    )


@dataclass(slots=True)
class Request:
    """
    What came in.

    Attributes:
        query: Decoded pairs, in the order of the URL.
        headers: Names in lower case.
        payload: The JSON of the body; None without one.
        key: The API key, once its signature has been checked.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes = b""
    payload: Any = None
    key: str = ""
    now_us: int = 0
    _single: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._single = dict(self.query)

    def read_body(self) -> None:
        """
        Parse the body.

        Raises:
            Refused: It is not JSON.
        """
        if not self.body:
            return
        try:
            self.payload = json.loads(self.body, parse_float=Decimal)
        except ValueError as exc:
            raise invalid_request(f"parse request payload error: {exc}") from exc

    def groups(self) -> list[Parameters]:
        """The parameters that are signed: one group, or one for each batch order."""
        if self.method == "GET":
            return [self.query]
        items = self.payload if isinstance(self.payload, list) else [self.payload]
        return [
            [(name, spelled(value)) for name, value in item.items()]
            for item in items
            if isinstance(item, dict)
        ]

    def symbols(self) -> set[str]:
        """The markets that the request names, for matching faults."""
        found = {value for name, value in self.query if name == "symbol"}
        items = self.payload if isinstance(self.payload, list) else [self.payload]
        for item in items:
            if isinstance(item, dict) and isinstance(item.get("symbol"), str):
                found.add(item["symbol"])
        return found

    def parameter(self, name: str) -> str | None:
        """A query parameter; the last one of its name."""
        return self._single.get(name)

    def required(self, name: str) -> str:
        """
        A query parameter that must be there.

        Raises:
            Refused: It is not.
        """
        value = self._single.get(name)
        if value is None:
            raise invalid_request(
                f"failed to parse parameter `{name}`: "
                'Type "string" expects an input value.'
            )
        return value

    def several(self, name: str) -> list[str]:
        """A repeatable parameter, with or without brackets after its name."""
        return [value for key, value in self.query if key in (name, f"{name}[]")]

    def market_types(self) -> list[str]:
        """
        The kinds of market asked for; none means no restriction.

        Raises:
            Refused: One is not a kind.
        """
        kinds = self.several("marketType")
        if not MARKET_TYPES.issuperset(kinds):
            raise invalid_request(
                'failed to parse parameter `marketType`: failed to parse "MarketType": '
                "Expect a valid enumeration value."
            )
        return kinds

    def integer(self, name: str) -> int | None:
        """
        A whole number from the query; None when it is not there.

        Raises:
            Refused: It is something else.
        """
        value = self._single.get(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError as exc:
            raise invalid_request(
                f'failed to parse parameter `{name}`: failed to parse "integer": '
                "invalid digit found in string"
            ) from exc

    def document(self) -> dict[str, Any]:
        """
        The body as an object.

        Raises:
            Refused: It is none.
        """
        if not isinstance(self.payload, dict):
            raise invalid_request("parse request payload error: expected an object")
        return self.payload
