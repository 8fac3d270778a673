"""The `Signatures` port by eth-account, which comes with the extra `symmio`."""

from collections.abc import Mapping
from typing import Any

from eth_abi.exceptions import ABITypeError, EncodingError, ParseError
from eth_account import Account
from eth_account.messages import (
    SignableMessage,
    encode_defunct,
    encode_typed_data,
)
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

_SIGNATURE_BYTES = 65
_DOMAIN = "EIP712Domain"
_DOMAIN_TYPES = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}


class EthereumSignatures:
    """Recovers signers of personal messages and of typed data."""

    def checksum(self, address: str) -> str:
        return str(to_checksum_address(address))

    def hash_of(self, text: str) -> bytes:
        message = encode_defunct(text=text)
        joined = b"\x19" + message.version + message.header + message.body
        return bytes(keccak(primitive=joined))

    def signer_of(self, text: str, signature: bytes) -> str | None:
        return _recovered(encode_defunct(text=text), signature)

    def typed_signer_of(
        self, typed_data: Mapping[str, Any], signature: bytes
    ) -> str | None:
        try:
            message = encode_typed_data(full_message=_with_domain_type(typed_data))
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            OverflowError,
            RecursionError,
            ABITypeError,
            EncodingError,
            ParseError,
            ValidationError,
        ):
            # The library says with all of these that a value does not fit its type.
            return None
        return _recovered(message, signature)


def _with_domain_type(typed_data: Mapping[str, Any]) -> dict[str, Any]:
    """Say what the domain is made of, where a wallet has left that out."""
    types = dict(typed_data["types"])
    domain = typed_data["domain"]
    types.setdefault(
        _DOMAIN,
        [
            {"name": name, "type": kind}
            for name, kind in _DOMAIN_TYPES.items()
            if name in domain
        ],
    )
    return {**typed_data, "types": types}


def _recovered(message: SignableMessage, signature: bytes) -> str | None:
    if len(signature) != _SIGNATURE_BYTES:
        return None
    try:
        return str(Account.recover_message(message, signature=signature))
    except (BadSignature, ValidationError, ValueError):
        return None
