"""Signatures of Backpack requests: Ed25519 over a canonical text.

    instruction=<name>[&k1=v1&k2=v2…]&timestamp=<ms>&window=<ms>

Parameters are sorted by key, and values are signed as they are, never percent-encoded
(docs.backpack.exchange; the official client does the same). The text covers the values,
not the bytes of a body, so a body's spacing and order of keys do not matter.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from nacl.signing import SigningKey

from exitd.errors import ConfigurationError
from exitd.secret import Secret

Parameter = str | int | bool
Parameters = Mapping[str, Parameter]

SEED_BYTES = 32
WINDOW_MS_MAX = 60_000


def canonical(
    instruction: str, parameters: Parameters, timestamp_ms: int, window_ms: int
) -> str:
    """Write the text that one request signs."""
    return _stamped(_instructed(instruction, parameters), timestamp_ms, window_ms)


def canonical_batch(
    instruction: str,
    parameters: Iterable[Parameters],
    timestamp_ms: int,
    window_ms: int,
) -> str:
    """Write the text that a batch signs: each element instructed, one stamp."""
    elements = "&".join(_instructed(instruction, element) for element in parameters)
    return _stamped(elements, timestamp_ms, window_ms)


def _instructed(instruction: str, parameters: Parameters) -> str:
    pairs = [f"instruction={instruction}"]
    pairs += [f"{key}={_plain(parameters[key])}" for key in sorted(parameters)]
    return "&".join(pairs)


def _stamped(text: str, timestamp_ms: int, window_ms: int) -> str:
    return f"{text}&timestamp={timestamp_ms}&window={window_ms}"


def _plain(value: Parameter) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Signer:
    """One API key: `secret` is the base64 of the 32-byte Ed25519 seed.

    A 64-byte secret (seed and public key, as some tools export it) is taken too.

    Raises:
        ConfigurationError: The secret is not one, or does not belong to `key`.
    """

    __slots__ = ("_signing_key", "key")

    def __init__(self, key: str, secret: Secret) -> None:
        try:
            seed = base64.b64decode(secret.reveal().strip(), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise ConfigurationError(
                "the Backpack secret is not base64; copy it again as it was shown"
            ) from exc
        if len(seed) not in (SEED_BYTES, 2 * SEED_BYTES):
            raise ConfigurationError(
                f"the Backpack secret holds {len(seed)} bytes instead of {SEED_BYTES};"
                " copy it again as it was shown"
            )
        self._signing_key = SigningKey(seed[:SEED_BYTES])
        self.key = base64.b64encode(bytes(self._signing_key.verify_key)).decode()
        if key.strip() != self.key:
            raise ConfigurationError(
                "the Backpack key and secret do not belong together; copy both again"
            )

    def __repr__(self) -> str:
        return f"Signer(key={self.key[:6]}…)"

    def sign(self, text: str) -> str:
        """Sign, as 88 characters of base64."""
        signature = self._signing_key.sign(text.encode()).signature
        return base64.b64encode(signature).decode()

    def headers(
        self,
        instruction: str,
        parameters: Parameters,
        timestamp_ms: int,
        window_ms: int,
    ) -> dict[str, str]:
        """Give the four headers of a signed request."""
        text = canonical(instruction, parameters, timestamp_ms, window_ms)
        return {
            "X-API-Key": self.key,
            "X-Signature": self.sign(text),
            "X-Timestamp": str(timestamp_ms),
            "X-Window": str(window_ms),
        }

    def subscription(self, timestamp_ms: int, window_ms: int) -> list[str]:
        """Give the `signature` array of a private WebSocket subscription."""
        # The names of the streams are not part of what is signed.
        text = canonical("subscribe", {}, timestamp_ms, window_ms)
        return [self.key, self.sign(text), str(timestamp_ms), str(window_ms)]


def throwaway_keys() -> tuple[Secret, Secret]:
    """Make a key pair that no account has: for reading public data only."""
    key = SigningKey.generate()
    return (
        Secret(base64.b64encode(bytes(key.verify_key)).decode()),
        Secret(base64.b64encode(bytes(key)).decode()),
    )
