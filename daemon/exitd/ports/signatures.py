"""Who signed something with the key of a wallet: personal messages and typed data.

Addresses are hex with `0x`; those that are given back are in their EIP-55 spelling.
Nothing here asks a network: a smart wallet is asked by `Chain.accepts_signature`.
"""

from collections.abc import Mapping
from typing import Any, Protocol


class Signatures(Protocol):
    """Recovers signers; may take milliseconds of processor time for each."""

    def checksum(self, address: str) -> str:
        """Spell an address as EIP-55 does."""
        ...

    def hash_of(self, text: str) -> bytes:
        """Give the 32 bytes that a wallet signs for a personal message (EIP-191)."""
        ...

    def signer_of(self, text: str, signature: bytes) -> str | None:
        """Say who signed a personal message; None where nobody can have."""
        ...

    def typed_signer_of(
        self, typed_data: Mapping[str, Any], signature: bytes
    ) -> str | None:
        """Say who signed typed data (EIP-712) with domain, types and message.

        None where nobody can have, or where the data does not fit its types.
        """
        ...
