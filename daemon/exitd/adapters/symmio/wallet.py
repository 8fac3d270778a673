"""The key, and transactions signed with it.

Written out because signing stands between a hit and its send: the general library
takes some milliseconds for what needs a tenth of one. Tests hold it to that library.
"""

from __future__ import annotations

from functools import lru_cache

import rlp
from coincurve import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from msgspec import Struct
from rlp.exceptions import DecodingError

from exitd.errors import ConfigurationError
from exitd.secret import Secret

_KIND = b"\x02"
_KEY_BYTES = 32
_SHORT, _STRING, _LIST = 55, 0x80, 0xC0


class Transaction(Struct, frozen=True, kw_only=True):
    """A transaction of type 2 (EIP-1559); fees in wei for each unit of gas."""

    chain_id: int
    nonce: int
    priority_fee: int
    max_fee: int
    gas: int
    to: str
    data: bytes
    value: int = 0


class Signed(Struct, frozen=True):
    """The bytes as they are sent, and the hash that they will be known by."""

    raw: bytes
    hash: str


class Wallet:
    """One key; its address is what sub-accounts delegate to.

    Raises:
        ConfigurationError: The secret is no private key.
    """

    def __init__(self, secret: Secret) -> None:
        try:
            key = bytes.fromhex(secret.reveal().removeprefix("0x"))
            # The library fills up what is too short, and so signs with another key.
            self._key = PrivateKey(key if len(key) == _KEY_BYTES else b"")
        except ValueError:
            # Without the cause: its message could hold the key.
            raise ConfigurationError(
                "the key of a SYMMIO account is not 32 bytes in hex"
            ) from None
        point = self._key.public_key.format(compressed=False)[1:]
        self.address: str = to_checksum_address(keccak(point)[-20:])

    def sign(self, transaction: Transaction) -> Signed:
        fields = _fields(transaction)
        digest = keccak(_KIND + _listed(fields))
        signature = self._key.sign_recoverable(digest, hasher=None)
        signed = (signature[64:].lstrip(b"\0"), signature[:32], signature[32:64])
        parts = [*fields, *(_string(part.lstrip(b"\0")) for part in signed)]
        raw = _KIND + _listed(parts)
        return Signed(raw, hash_of(raw))


@lru_cache(256)
def hash_of(raw: bytes) -> str:
    return "0x" + keccak(raw).hex()


def read_transaction(raw: bytes) -> Transaction:
    """Read signed bytes again, as they come back from the store after a start.

    Raises:
        ValueError: They are no transaction of type 2.
    """
    try:
        if raw[:1] != _KIND:
            raise ValueError("its type is not 2")
        fields = rlp.decode(raw[1:])
        chain_id, nonce, priority, most, gas, to, value, data = fields[:8]
        number = int.from_bytes
        return Transaction(
            chain_id=number(chain_id, "big"),
            nonce=number(nonce, "big"),
            priority_fee=number(priority, "big"),
            max_fee=number(most, "big"),
            gas=number(gas, "big"),
            to=to_checksum_address(to),
            data=bytes(data),
            value=number(value, "big"),
        )
    except (DecodingError, TypeError, ValueError, ValidationError) as exc:
        raise ValueError(f"not a signed transaction: {exc}") from exc


def _fields(transaction: Transaction) -> list[bytes]:
    return [
        _number(transaction.chain_id),
        _number(transaction.nonce),
        _number(transaction.priority_fee),
        _number(transaction.max_fee),
        _number(transaction.gas),
        _string(bytes.fromhex(transaction.to.removeprefix("0x"))),
        _number(transaction.value),
        _string(transaction.data),
        _listed([]),
    ]


def _number(number: int) -> bytes:
    return _string(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _string(data: bytes) -> bytes:
    if len(data) == 1 and data[0] < _STRING:
        return data
    return _head(len(data), _STRING) + data


def _listed(parts: list[bytes]) -> bytes:
    body = b"".join(parts)
    return _head(len(body), _LIST) + body


def _head(size: int, kind: int) -> bytes:
    if size <= _SHORT:
        return bytes([kind + size])
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([kind + _SHORT + len(length)]) + length
