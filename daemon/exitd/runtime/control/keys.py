"""Idempotency keys: whose one is, and what was asked for with it."""

import hashlib

import msgspec

from exitd.runtime.callers import Caller


def own_key(by: Caller, idempotency_key: str) -> str:
    """Keep the keys of different callers apart; empty stays empty."""
    return f"{by.name}/{idempotency_key}" if idempotency_key else ""


def digest(asked: object) -> str:
    """Give the SHA-256 of a request, the same for the same words."""
    return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).hexdigest()
