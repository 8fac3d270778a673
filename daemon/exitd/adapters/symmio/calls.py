"""What is asked of the contracts, as bytes.

Selectors and arguments as in the contracts' 0.8.2 to 0.8.5, where they are the same.
Written out by hand, because a close must be signed in less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

#: Stands after the arguments of a transaction of ours, where contracts do not look.
MARK = b"exitd"
_TAG_BYTES = 4
_WORD = 32


def selector(signature: str) -> bytes:
    """Give the four bytes by which a function is called."""
    return keccak(text=signature)[:4]


CLOSE = selector("requestToClosePosition(uint256,uint256,uint256,uint8,uint256)")
CANCEL_CLOSE = selector("requestToCancelCloseRequest(uint256)")
EXPIRE = selector("expireQuote(uint256[])")
GET_QUOTE = selector("getQuote(uint256)")
GET_SYMBOL = selector("getSymbol(uint256)")
THROUGH = selector("_call(address,bytes[])")
ACCESS = selector("delegatedAccesses(address,address,bytes4)")
OWNERS = selector("owners(address)")
SYMMIO_ADDRESS = selector("symmioAddress()")
REVOKE_COOLDOWN = selector("revokeCooldown()")
IS_VALID_SIGNATURE = selector("isValidSignature(bytes32,bytes)")
DELEGATE_WITH_STATE = selector("delegateAccesses(address,address,bytes4[],bool)")
DELEGATE = selector("delegateAccesses(address,address,bytes4[])")

#: The contract's numbers of the two kinds of close. There is a 2 on the wire of some
#: front-ends, and in later contracts; it is never sent.
OrderKind = Literal[0, 1]
LIMIT: Final = 0
MARKET: Final = 1

#: What a close needs that is not the owner's own, and what people call it.
NEEDED_ACCESS = {
    CLOSE: "requestToClosePosition",
    CANCEL_CLOSE: "requestToCancelCloseRequest",
}


def word(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")


def address_word(address: str) -> bytes:
    """Write an address of 20 bytes, `0x` and hex.

    Raises:
        ValueError: It is none.
    """
    written = bytes.fromhex(address.removeprefix("0x"))
    if len(written) != 20:
        raise ValueError(f"{address} is not an address")
    return bytes(12) + written


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _WORD)


def close_call(
    quote_id: int, price: int, quantity: int, kind: OrderKind, deadline_s: int
) -> bytes:
    """Ask for a close; price and quantity in the contract's whole numbers."""
    return CLOSE + b"".join(map(word, (quote_id, price, quantity, kind, deadline_s)))


def cancel_call(quote_id: int) -> bytes:
    return CANCEL_CLOSE + word(quote_id)


def expire_call(quote_ids: Sequence[int]) -> bytes:
    """Free quotes whose close request has passed its deadline; anybody may."""
    return EXPIRE + word(_WORD) + word(len(quote_ids)) + b"".join(map(word, quote_ids))


def through(sub_account: str, calls: Sequence[bytes]) -> bytes:
    """Have a MultiAccount call the trading contract as a sub-account."""
    heads, bodies = b"", b""
    offset = _WORD * len(calls)
    for call in calls:
        heads += word(offset)
        body = word(len(call)) + _padded(call)
        bodies += body
        offset += len(body)
    listed = word(len(calls)) + heads + bodies
    return THROUGH + address_word(sub_account) + word(2 * _WORD) + listed


def first_call_in(data: bytes) -> tuple[str, bytes]:
    """Read the sub-account and the first of the calls that are made through it.

    Raises:
        ValueError: It is not such a transaction's data.
    """
    try:
        sub_account, listed = decode(["address", "bytes[]"], data[len(THROUGH) :])
    except (DecodingError, OverflowError) as exc:
        raise ValueError(f"not a call through a MultiAccount: {exc}") from exc
    if data[: len(THROUGH)] != THROUGH or not listed:
        raise ValueError("not a call through a MultiAccount")
    return str(sub_account), bytes(listed[0])


def tagged(data: bytes, client_order_id: int) -> bytes:
    """Put our order's id where only who looks for it sees it."""
    return data + MARK + client_order_id.to_bytes(_TAG_BYTES, "big")


def tag_of(data: bytes) -> int | None:
    """Read the order id off a transaction's data; None where there is none."""
    tag = data[-_TAG_BYTES:]
    if len(tag) < _TAG_BYTES or data[: -len(tag)][-len(MARK) :] != MARK:
        return None
    return int.from_bytes(tag, "big")


def access_call(sub_account: str, target: str, function: bytes) -> bytes:
    return ACCESS + address_word(sub_account) + address_word(target) + _padded(function)


def owner_call(sub_account: str) -> bytes:
    return OWNERS + address_word(sub_account)


def signature_call(message_hash: bytes, signature: bytes) -> bytes:
    """Ask a smart wallet about a signature (EIP-1271)."""
    assert len(message_hash) == _WORD
    head = message_hash + word(2 * _WORD) + word(len(signature))
    return IS_VALID_SIGNATURE + head + _padded(signature)


def delegate_call(sub_account: str, target: str, *, with_state: bool) -> bytes:
    """Let *target* close and cancel closes; for the owner to sign.

    Contracts up to 0.8.4 take a state with it, those from 0.8.5 on do not.
    """
    listed = word(len(NEEDED_ACCESS)) + b"".join(map(_padded, NEEDED_ACCESS))
    to_whom = address_word(sub_account) + address_word(target)
    if with_state:
        return DELEGATE_WITH_STATE + to_whom + word(4 * _WORD) + word(1) + listed
    return DELEGATE + to_whom + word(3 * _WORD) + listed
