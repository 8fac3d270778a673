"""Signatures of worlds: in most of them a keyed hash stands for Ed25519.

Signing and checking are a tenth of what such a world costs, and no fault reaches into
them. What is signed, and that the exchange reads the same text, stays as it is. One
world of so many signs in earnest.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from nacl.signing import VerifyKey

from exitd.adapters.backpack.signing import Signer
from exitd.simulator import signature

IN_EARNEST_EVERY = 16


@contextmanager
def sealed(seed: int) -> Iterator[None]:
    """Let signatures be cheap while one world is lived through."""
    if seed % IN_EARNEST_EVERY == 0:
        yield
        return
    sign, matches = Signer.sign, signature.matches
    Signer.sign = _sign  # type: ignore[method-assign]
    signature.matches = _matches
    try:
        yield
    finally:
        Signer.sign = sign  # type: ignore[method-assign]
        signature.matches = matches


def _sign(signer: Signer, text: str) -> str:
    return base64.b64encode(_seal(base64.b64decode(signer.key), text)).decode()


def _matches(verifying: VerifyKey, signed: bytes, message: str) -> bool:
    return signed == _seal(bytes(verifying), message)


def _seal(key: bytes, text: str) -> bytes:
    return blake2b(text.encode(), key=key, digest_size=64).digest()
