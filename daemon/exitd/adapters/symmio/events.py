"""The trading contract's events about closes.

Nothing in them is indexed and several share a name, so that each is told by its first
topic alone, and which quote it is about by its data.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from eth_utils.crypto import keccak
from msgspec import Meta, Struct

_WORD = 32


class Happened(StrEnum):
    REQUESTED = "requested"
    CANCEL_REQUESTED = "cancel_requested"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CloseEvent(Struct, frozen=True, kw_only=True):
    """One event, where it stands in the chain, and what it says.

    `price` and `quantity` are the contract's whole numbers; of a request those asked
    for, of a fill those executed. `status` is the quote's own afterwards, where told.
    """

    happened: Happened
    quote_id: int
    topic: str
    block: int
    log_index: int
    transaction: str
    price: int = 0
    quantity: int = 0
    order_type: int = 0
    deadline_s: int = 0
    status: int | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.block, self.log_index


class _Shape(Struct, frozen=True):
    """Which word of the data holds what; None where the event does not say."""

    happened: Happened
    quote_id: int
    price: int | None = None
    quantity: int | None = None
    order_type: int | None = None
    deadline: int | None = None
    status: int | None = None


_H, _OPENED = Happened, 4
_REQUEST = _Shape(_H.REQUESTED, 2, 3, 4, 5, 6, 7)
_CANCEL = _Shape(_H.CANCEL_REQUESTED, 2, status=3)
_FILL = _Shape(_H.FILLED, 0, 4, 3, status=5)
_FREED = _Shape(_H.CANCELLED, 0, status=1)
_EXPIRED = _Shape(_H.EXPIRED, 1, status=0)
#: Each in the form with the close's own id and in the older one without it.
_BY_SIGNATURE = {
    "RequestToClosePosition(address,address,uint256,uint256,uint256,uint8,uint256,uint8,uint256)": _REQUEST,  # noqa: E501
    "RequestToClosePosition(address,address,uint256,uint256,uint256,uint8,uint256,uint8)": _REQUEST,  # noqa: E501
    "RequestToCancelCloseRequest(address,address,uint256,uint8,uint256)": _CANCEL,
    "RequestToCancelCloseRequest(address,address,uint256,uint8)": _CANCEL,
    "FillCloseRequest(uint256,address,address,uint256,uint256,uint8,uint256)": _FILL,
    "FillCloseRequest(uint256,address,address,uint256,uint256,uint8)": _FILL,
    "FillCloseRequest(uint256,address,address,uint256,uint256,uint8,uint256,(uint256,uint256,uint256,uint256))": _FILL,  # noqa: E501
    "ForceClosePosition(uint256,address,address,uint256,uint256,uint8,uint256)": _FILL,
    "ForceClosePosition(uint256,address,address,uint256,uint256,uint8)": _FILL,
    "EmergencyClosePosition(uint256,address,address,uint256,uint256,uint8,uint256)": _FILL,  # noqa: E501
    "EmergencyClosePosition(uint256,address,address,uint256,uint256,uint8)": _FILL,
    "AcceptCancelCloseRequest(uint256,uint8,uint256)": _FREED,
    "AcceptCancelCloseRequest(uint256,uint8)": _FREED,
    "ForceCancelCloseRequest(uint256,uint8,uint256)": _FREED,
    "ForceCancelCloseRequest(uint256,uint8)": _FREED,
    "ExpireQuoteClose(uint8,uint256,uint256)": _EXPIRED,
    "ExpireQuote(uint8,uint256)": _EXPIRED,
}
_SHAPES = MappingProxyType(
    {"0x" + keccak(text=signature).hex(): s for signature, s in _BY_SIGNATURE.items()}
)
CLOSE_TOPICS: tuple[str, ...] = tuple(_SHAPES)
REVOKE_PROPOSED = (
    "0x" + keccak(text="ProposeToRevokeAccesses(address,address,bytes4[])").hex()
)


#: What nodes write numbers and bytes as; anything else is not read.
HexNumber = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{1,64}$")]
HexBytes = Annotated[str, Meta(pattern=r"^0x([0-9a-fA-F]{2})*$")]


class Log(Struct, frozen=True, rename="camel"):
    """A log as a node tells it."""

    address: HexBytes
    topics: list[HexBytes]
    data: HexBytes
    block_number: HexNumber
    transaction_hash: HexBytes
    log_index: HexNumber
    removed: bool = False


def read_event(log: Log) -> CloseEvent | None:
    """Read a log; None where it is of no interest or cannot be what it says."""
    topic = log.topics[0].lower() if log.topics else ""
    shape = _SHAPES.get(topic)
    if shape is None or log.removed:
        return None
    data = bytes.fromhex(log.data.removeprefix("0x"))

    def at(place: int | None) -> int:
        if place is None:
            return 0
        return int.from_bytes(data[place * _WORD : (place + 1) * _WORD], "big")

    status = at(shape.status)
    if shape.happened is Happened.EXPIRED and status != _OPENED:
        # The older form is also that of an opening that expired.
        return None
    return CloseEvent(
        happened=shape.happened,
        quote_id=at(shape.quote_id),
        topic=topic,
        block=int(log.block_number, 16),
        log_index=int(log.log_index, 16),
        transaction=log.transaction_hash.lower(),
        price=at(shape.price),
        quantity=at(shape.quantity),
        order_type=at(shape.order_type),
        deadline_s=at(shape.deadline),
        status=status if shape.status is not None else None,
    )


def without_doubles(events: list[CloseEvent]) -> list[CloseEvent]:
    """Keep one of the two forms that some versions emit of every event.

    Both stand in one transaction, one right after the other, and say the same.
    """
    kept: list[CloseEvent] = []
    before: CloseEvent | None = None
    for event in sorted(events, key=lambda e: e.place):
        if before is None or not _is_again(before, event):
            kept.append(event)
        before = event
    return kept


def _is_again(before: CloseEvent, event: CloseEvent) -> bool:
    return (
        before.log_index + 1 == event.log_index
        and before.topic != event.topic
        and _same(before, event)
    )


def _same(one: CloseEvent, other: CloseEvent) -> bool:
    return (
        one.happened is other.happened
        and one.quote_id == other.quote_id
        and one.transaction == other.transaction
        and (one.price, one.quantity, one.status)
        == (other.price, other.quantity, other.status)
    )
