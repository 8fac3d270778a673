"""The `Signatures` port by eth-account, which comes with the extra `symmio`."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from exitd.errors import ConfigurationError
from exitd.extras import how_to_install

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage

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
    """Recovers signers of personal messages and of typed data.

    Raises:
        ConfigurationError: The library is not installed.
    """

    def __init__(self) -> None:
        if find_spec("eth_account") is None:
            raise ConfigurationError(
                "http.rasa of an account on a chain needs eth-account, which is not "
                f"installed; run {how_to_install('symmio')}"
            )

    def checksum(self, address: str) -> str:
        from eth_utils.address import to_checksum_address

        return str(to_checksum_address(address))

    def hash_of(self, text: str) -> bytes:
        from eth_account.messages import encode_defunct
        from eth_utils.crypto import keccak

        message = encode_defunct(text=text)
        joined = b"\x19" + message.version + message.header + message.body
        return bytes(keccak(primitive=joined))

    def signer_of(self, text: str, signature: bytes) -> str | None:
        from eth_account.messages import encode_defunct

        return _recovered(encode_defunct(text=text), signature)

    def typed_signer_of(
        self, typed_data: Mapping[str, Any], signature: bytes
    ) -> str | None:
        message = _encoded(typed_data)
        return None if message is None else _recovered(message, signature)


def _encoded(typed_data: Mapping[str, Any]) -> "SignableMessage | None":
    """Encode typed data; None where a value does not fit its type."""
    from eth_abi.exceptions import ABITypeError, EncodingError, ParseError
    from eth_account.messages import encode_typed_data
    from eth_utils.exceptions import ValidationError

    # The library says with all of these that a value does not fit its type.
    unfit = (
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
    )
    try:
        return encode_typed_data(full_message=_with_domain_type(typed_data))
    except unfit:
        return None


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


def _recovered(message: "SignableMessage", signature: bytes) -> str | None:
    from eth_account import Account
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != _SIGNATURE_BYTES:
        return None
    try:
        return str(Account.recover_message(message, signature=signature))
    except (BadSignature, ValidationError, ValueError):
        return None
