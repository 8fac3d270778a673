"""What a contract gave as its reason, out of what each kind of node makes of it."""

from __future__ import annotations

import re

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

_ERROR = keccak(text="Error(string)")[:4]
_PANIC = keccak(text="Panic(uint256)")[:4]
#: geth and its kin, hardhat, anvil and eth-tester, in that order.
_SENTENCES = (
    re.compile(r"reverted with reason string ['\"](?P<reason>.*)['\"]", re.DOTALL),
    re.compile(r"execution reverted:?\s*(?:revert:?\s*)?(?P<reason>.*)", re.DOTALL),
    re.compile(r"VM Exception while processing transaction:\s*revert\s*(?P<reason>.*)"),
)
_HEX = re.compile(r"0x[0-9a-fA-F]{8,}")


def is_revert(code: int, message: str, data: object) -> bool:
    """Say whether a node's error is the contract's no, and not the node's own."""
    said = message.lower()
    return (
        code == 3
        or "revert" in said
        or "invalid opcode" in said
        or reason_in(data) is not None
    )


def reason_of(message: str, data: object) -> str:
    """Give the contract's own words; empty where it gave none.

    The returned bytes are believed first, the node's sentence after them.
    """
    by_data = reason_in(data)
    if by_data is not None:
        return by_data
    for sentence in _SENTENCES:
        found = sentence.search(message)
        if found is not None:
            reason = found["reason"].strip().strip("\"'").removeprefix("0x")
            return "" if _is_hex(reason) else reason
    return "" if _HEX.search(message) else message.strip()


def reason_in(data: object) -> str | None:
    """Read `Error(string)` or a panic out of returned bytes, wherever they stand."""
    if isinstance(data, dict):
        for value in data.values():
            found = reason_in(value)
            if found is not None:
                return found
        return None
    if not isinstance(data, str):
        return None
    match = _HEX.search(data)
    if match is None or len(match[0]) % 2:
        return None
    returned = bytes.fromhex(match[0][2:])
    try:
        if returned[:4] == _ERROR:
            (reason,) = decode(["string"], returned[4:])
            return str(reason)
        if returned[:4] == _PANIC:
            (number,) = decode(["uint256"], returned[4:])
            return f"Panic(0x{number:02x})"
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None
    return None


def _is_hex(text: str) -> bool:
    return bool(text) and re.fullmatch(r"[0-9a-fA-F]+", text) is not None
