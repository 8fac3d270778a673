"""
Who sent a request: Ed25519 over the canonical string, and the request window.

The string is built from logical keys and values, not from the bytes of the body:
`instruction=<name>&<sorted parameters>&timestamp=<ms>&window=<ms>`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused, invalid_request

WINDOW_MS_DEFAULT = 5_000
WINDOW_MS_MAX = 60_000

Parameters = Sequence[tuple[str, str]]


@dataclass(slots=True, frozen=True)
class Signed:
    """A request whose signature is good: whose it is and how long it is."""

    key: str
    timestamp_ms: int
    window_ms: int

    def check_window(self, now_ms: int) -> None:
        """
        Refuse what is too old, or too far in the future.

        Raises:
            Refused: `Request has expired`.
        """
        if abs(now_ms - self.timestamp_ms) > self.window_ms:
            raise invalid_request("Request has expired")


def spelled(value: object) -> str:
    """A parameter's value as it is signed: JSON's spelling, strings unquoted."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return "null" if value is None else str(value)


def canonical(
    instruction: str, groups: Iterable[Parameters], timestamp: str, window: str
) -> str:
    """The string to sign; a batch has one group of parameters for each order."""
    parts = []
    for group in groups:
        parts.append(f"instruction={instruction}")
        parts.extend(f"{name}={value}" for name, value in sorted(group))
    if not parts:
        parts.append(f"instruction={instruction}")
    return "&".join([*parts, f"timestamp={timestamp}", f"window={window}"])


def encoded(groups: Iterable[Parameters]) -> list[Parameters]:
    """The same parameters with percent-encoded values, as some clients sign them."""
    return [[(name, quote(value, safe="")) for name, value in g] for g in groups]


@lru_cache(maxsize=4_096)
def _verify_key(key: str) -> VerifyKey | None:
    try:
        raw = base64.b64decode(key, validate=True)
        return VerifyKey(raw) if len(raw) == 32 else None
    except (binascii.Error, ValueError):
        return None


def verify_headers(
    headers: Mapping[str, str],
    instruction: str,
    groups: Sequence[Parameters],
    quirks: Quirks,
    now_ms: int,
) -> Signed:
    """
    Check the four headers of a signed request.

    Raises:
        Refused: One is missing or malformed, the signature does not match, or the
            request is outside its window on arrival.
    """
    missing = [
        name
        for name in ("X-API-Key", "X-Signature", "X-Timestamp")
        if not headers.get(name.lower())
    ]
    if missing:
        raise Refused(401, "UNAUTHORIZED", f"Missing {missing[0]} header")
    timestamp = headers["x-timestamp"]
    window = headers.get("x-window") or str(WINDOW_MS_DEFAULT)
    return verify(
        headers["x-api-key"],
        headers["x-signature"],
        timestamp,
        window,
        instruction,
        groups,
        quirks,
        now_ms,
    )


def verify(
    key: str,
    signature: str,
    timestamp: str,
    window: str,
    instruction: str,
    groups: Sequence[Parameters],
    quirks: Quirks,
    now_ms: int,
) -> Signed:
    """
    Check one signature, over raw or percent-encoded values as the quirks allow.

    Raises:
        Refused: See `verify_headers`.
    """
    verifying = _verify_key(key)
    if verifying is None:
        raise invalid_request("Invalid X-API-Key header")
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 64:
        raise invalid_request("Invalid X-Signature header")
    if not _is_digits(timestamp):
        raise invalid_request("Invalid X-Timestamp header")
    if not _is_digits(window) or not 0 < int(window) <= WINDOW_MS_MAX:
        raise invalid_request("Invalid X-Window header")
    spellings = _spellings(instruction, groups, timestamp, window, quirks)
    if not any(matches(verifying, raw, spelling) for spelling in spellings):
        raise Refused(
            quirks.bad_signature_status, quirks.bad_signature_code, "Invalid signature"
        )
    signed = Signed(key, int(timestamp), int(window))
    signed.check_window(now_ms)
    return signed


def _spellings(
    instruction: str,
    groups: Sequence[Parameters],
    timestamp: str,
    window: str,
    quirks: Quirks,
) -> Iterator[str]:
    """Give what may have been signed, the likelier first."""
    if quirks.raw_signature:
        yield canonical(instruction, groups, timestamp, window)
    if quirks.encoded_signature:
        yield canonical(instruction, encoded(groups), timestamp, window)


def _is_digits(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) <= 16


def matches(verifying: VerifyKey, signature: bytes, message: str) -> bool:
    """Whether a signature is that of this key for this text."""
    try:
        verifying.verify(message.encode(), signature)
    except BadSignatureError:
        return False
    return True
