"""
Faults: what goes wrong on purpose, how often, and for which requests.

A fault waits until a request or frame matches it. Most count down and go; one
without a count stays until it is cleared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import msgspec

from exitd.errors import ConfigurationError

RequestFault = Literal[
    "lost_request",
    "lost_reply",
    "delay",
    "slow_reply",
    "too_many_requests",
    "error_before",
    "error_after",
    "unavailable",
    "refuse",
    "accepted_202",
    "history_lag",
    "position_lag",
]
StreamFault = Literal["silence", "late", "duplicate", "out_of_order", "garbage"]

REQUEST_FAULTS = frozenset(get_args(RequestFault))
STREAM_FAULTS = frozenset(get_args(StreamFault))

#: What stays until it is cleared, unless a count is given.
_LASTING = ("history_lag", "position_lag", "silence", "late")


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    One thing to go wrong.

    Attributes:
        method, path, symbol, api_key: What a request must have to match; None for
            any.
        stream: For stream faults, the beginning of the stream's name.
        count: How many matches it lasts; None until cleared.
        delay_ms: For `delay` before the matching, for `slow_reply` after it, for
            the lags the age that rows need before they are shown, for `late` how
            much later a frame leaves.
        status, code, message: The body of `refuse`, and of others that have one.
        retry_after_s: The header of `too_many_requests`; None for no header.
    """

    kind: RequestFault | StreamFault
    id: int = 0
    method: str | None = None
    path: str | None = None
    symbol: str | None = None
    api_key: str | None = None
    stream: str | None = None
    count: int | None = 1
    delay_ms: int = 0
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after_s: int | None = None
    hits: int = 0

    def matches_request(
        self, method: str, path: str, symbols: Iterable[str], key: str | None
    ) -> bool:
        return (
            (self.method is None or self.method == method)
            and (self.path is None or self.path == path)
            and (self.symbol is None or self.symbol in symbols)
            and (self.api_key is None or self.api_key == key)
        )

    def matches_stream(self, stream: str) -> bool:
        return (self.stream is None or stream.startswith(self.stream)) and (
            self.symbol is None or stream.endswith(self.symbol)
        )


class FaultBoard:
    """The faults that wait."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last_id = 0
        self.has_stream_faults = False

    def add(self, raw: dict[str, Any], where: str = "fault") -> Fault:
        """
        Put up one fault.

        Raises:
            ConfigurationError: *raw* is none.
        """
        try:
            fault = msgspec.convert(raw, Fault, strict=False)
        except msgspec.ValidationError as exc:
            raise ConfigurationError(
                f"{where}: {exc}; docs/simulator.md lists every fault and its fields"
            ) from exc
        self._last_id += 1
        fault.id = self._last_id
        if fault.kind in _LASTING and "count" not in raw:
            fault.count = None
        self._faults[fault.id] = fault
        self._refresh()
        return fault

    @property
    def is_empty(self) -> bool:
        return not self._faults

    def waiting(self) -> list[Fault]:
        return list(self._faults.values())

    def clear(self, number: int | None = None) -> int:
        """Take down one fault, or all; returns how many there were."""
        gone = [number] if number is not None else list(self._faults)
        count = sum(self._faults.pop(i, None) is not None for i in gone)
        self._refresh()
        return count

    def take_request(
        self,
        kinds: Iterable[str],
        method: str,
        path: str,
        symbols: Iterable[str],
        key: str | None,
    ) -> Fault | None:
        """The oldest fault of one of *kinds* that matches, counted down."""
        for fault in self._faults.values():
            if fault.kind in kinds and fault.matches_request(
                method, path, symbols, key
            ):
                return self._count_down(fault)
        return None

    def take_stream(self, stream: str) -> Fault | None:
        """The oldest stream fault that matches, counted down."""
        for fault in self._faults.values():
            if fault.kind in STREAM_FAULTS and fault.matches_stream(stream):
                return self._count_down(fault)
        return None

    def _count_down(self, fault: Fault) -> Fault:
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._faults.pop(fault.id, None)
                self._refresh()
        return fault

    def _refresh(self) -> None:
        self.has_stream_faults = any(
            fault.kind in STREAM_FAULTS for fault in self._faults.values()
        )
