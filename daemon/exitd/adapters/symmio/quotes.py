"""Quotes and symbols as the contract returns them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from msgspec import Struct

from exitd.adapters.symmio.amounts import from_chain
from exitd.core.position import Side
from exitd.core.units import ZERO
from exitd.errors import VenueUnavailable
from exitd.ports.chain import Quote, QuoteStatus

_LOCKED = "(uint256,uint256,uint256,uint256)"
#: The struct of 0.8.2. Later ones only append, so that this reads them all.
_QUOTE = (
    "(uint256,address[],uint256,uint8,uint8,uint256,uint256,uint256,uint256,uint256,"
    f"uint256,{_LOCKED},{_LOCKED},uint256,address,address,uint8,uint256,uint256,"
    "uint256,uint256,uint256,uint256,uint256,uint256,uint256)"
)
_SYMBOL = "(uint256,string,bool,uint256,uint256,uint256,uint256,uint256,uint256)"
_STATUSES = tuple(QuoteStatus)
#: Answers whose meaning is kept; one has a kilobyte.
_READ_MAX = 2_048
_SIDES = (Side.LONG, Side.SHORT)

CLOSING = frozenset({QuoteStatus.CLOSE_PENDING, QuoteStatus.CANCEL_CLOSE_PENDING})
#: A quote never comes back from these.
ENDED = frozenset(
    {
        QuoteStatus.CANCELED,
        QuoteStatus.CLOSED,
        QuoteStatus.LIQUIDATED,
        QuoteStatus.EXPIRED,
    }
)
#: Something can be left to close in these only.
_HELD = CLOSING | {QuoteStatus.OPENED}


class QuoteState(Struct, frozen=True):
    """A quote, and what only this adapter needs of it.

    `changed_s` is when its status last changed, on the chain's clock; `locked` the
    collateral value that a partial close must leave enough of; `is_limit` the kind of
    the pending close request, or of the opening.
    """

    quote: Quote
    changed_s: int
    locked: Decimal
    is_limit: bool

    @property
    def held(self) -> Decimal:
        """What is open and can still be closed, in base units."""
        return self.quote.open_quantity if self.quote.status in _HELD else ZERO

    def least_left(self, min_value: Decimal) -> Decimal:
        """The least quantity that a partial close must leave open."""
        if self.locked <= ZERO:
            return ZERO
        return min_value * self.quote.open_quantity / self.locked


class SymbolState(Struct, frozen=True):
    """A symbol on the contract; `min_value` is the floor of what stays locked."""

    symbol_id: int
    name: str
    min_value: Decimal


def _decoded(kind: str, data: bytes) -> tuple[object, ...]:
    try:
        (fields,) = decode([kind], data)
    except (DecodingError, OverflowError, ValueError) as exc:
        raise VenueUnavailable(
            f"an answer of the contract cannot be read: {exc};"
            " is its address the right one?"
        ) from exc
    assert isinstance(fields, tuple)
    return fields


@lru_cache(_READ_MAX)
def read_quote(data: bytes) -> QuoteState | None:
    """Read what `getQuote` returned; None for a number that nobody has used.

    Decoding takes a millisecond, and every look reads every quote: what has not changed
    since is not decoded again.

    Raises:
        VenueUnavailable: It is not such an answer.
    """
    fields = _decoded(_QUOTE, data)
    number, amount = fields, _amount
    if _int(number[0]) == 0:
        return None
    status = _int(fields[16])
    if status >= len(_STATUSES) or _int(fields[3]) >= len(_SIDES):
        raise VenueUnavailable(
            f"quote {fields[0]} is in a state unknown here: {status}"
        )
    locked = fields[12]
    assert isinstance(locked, tuple)
    is_closing = _STATUSES[status] in CLOSING
    return QuoteState(
        quote=Quote(
            quote_id=_int(fields[0]),
            symbol_id=_int(fields[2]),
            side=_SIDES[_int(fields[3])],
            status=_STATUSES[status],
            quantity=amount(fields[9]),
            closed=amount(fields[10]),
            opened_price=amount(fields[5]),
            average_closed_price=amount(fields[17]),
            requested_price=amount(fields[18]) if is_closing else ZERO,
            requested_quantity=amount(fields[19]) if is_closing else ZERO,
            deadline_s=_int(fields[24]) if is_closing else 0,
            sub_account=to_checksum_address(str(fields[14])),
            solver=to_checksum_address(str(fields[15])),
        ),
        changed_s=_int(fields[22]),
        locked=amount(sum(_int(part) for part in locked[:3])),
        is_limit=_int(fields[4]) == 0,
    )


def read_symbol(data: bytes) -> SymbolState | None:
    """Read what `getSymbol` returned; None for a number that nobody has used.

    Raises:
        VenueUnavailable: It is not such an answer.
    """
    fields = _decoded(_SYMBOL, data)
    if _int(fields[0]) == 0:
        return None
    return SymbolState(_int(fields[0]), str(fields[1]), _amount(fields[3]))


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _amount(value: object) -> Decimal:
    return from_chain(_int(value))


def symbol_of(name: str, quote_id: int) -> str:
    """Name a quote as a market: the watched contract and its number."""
    return f"{name}#{quote_id}"


def quote_id_of(symbol: str) -> int:
    """Read the quote's number off its market's name.

    Raises:
        ValueError: It is not such a name.
    """
    name, mark, number = symbol.rpartition("#")
    if not (name and mark and number.isascii() and number.isdigit()):
        raise ValueError(f"{symbol} is no quote: write it like XRPUSDT#179921")
    return int(number)
