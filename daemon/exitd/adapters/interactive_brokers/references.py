"""The client order ids (cOID) of closes, and which texts are none of ours."""

from __future__ import annotations

_PREFIX = "exitd-"
_ID_MAX = 2**32 - 1


def reference_of(client_order_id: int) -> str:
    """Write the cOID of a close; the same close always has the same."""
    assert 0 <= client_order_id <= _ID_MAX
    return f"{_PREFIX}{client_order_id}"


def client_order_id_of(reference: str) -> int | None:
    """Read the cOID of a close; None for a text that `reference_of` never wrote."""
    digits = reference.removeprefix(_PREFIX)
    if digits == reference or not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits[:11])
    is_ours = number <= _ID_MAX and reference_of(number) == reference
    return number if is_ours else None
