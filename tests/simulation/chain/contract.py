"""The trading contract and its MultiAccount, at the level of the calls that are made.

Written from what was executed on the real contracts; it shares nothing with the
adapter, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from typing import Literal

from eth_utils.crypto import keccak
from msgspec import Struct
from msgspec.structs import replace

WORD = 32
WEI = 10**18

SYMMIO = "0x5151515151515151515151515151515151515151"
MULTI = "0x2222222222222222222222222222222222222222"
SUB = "0x3333333333333333333333333333333333333333"
OWNER = "0x4444444444444444444444444444444444444444"
SOLVER = "0x5555555555555555555555555555555555555555"

OPENED, CLOSE_PENDING, CANCEL_CLOSE_PENDING, CLOSED, LIQUIDATED = 4, 5, 6, 7, 8
LIMIT, MARKET = 0, 1
#: What a partial close must leave in collateral.
LEAST_LEFT = 5 * WEI
SYMBOL_ID, SYMBOL_NAME = 340, "XRPUSDT"

#: Which of the two forms of each event a contract emits.
Forms = Literal["older", "both", "newer"]


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


CLOSE = selector("requestToClosePosition(uint256,uint256,uint256,uint8,uint256)")
CANCEL = selector("requestToCancelCloseRequest(uint256)")
EXPIRE = selector("expireQuote(uint256[])")
THROUGH = selector("_call(address,bytes[])")


class Revert(Exception):
    """The contract's own no."""


class Row(Struct, frozen=True):
    """A quote as it is stored; amounts are whole numbers of 10^-18."""

    quote_id: int
    side: int
    quantity: int
    price: int
    locked: int
    closed: int = 0
    status: int = OPENED
    average: int = 0
    wanted_price: int = 0
    wanted: int = 0
    order_type: int = LIMIT
    deadline_s: int = 0
    changed_s: int = 0

    @property
    def open(self) -> int:
        return self.quantity - self.closed


class Emitted(Struct, frozen=True):
    """One event: its name, and the words of its data without the close's own id."""

    name: str
    words: tuple[int, ...]


class State(Struct, frozen=True):
    """All that a block leaves behind; `nonce` is that of our key."""

    quotes: dict[int, Row]
    nonce: int = 0

    def put(self, row: Row) -> State:
        return replace(self, quotes={**self.quotes, row.quote_id: row})


Done = tuple[State, tuple[Emitted, ...]]


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD], "big")


def address(word: int) -> str:
    return f"0x{word:040x}"


def inner_of(data: bytes) -> tuple[str, bytes]:
    """Read the sub-account and the one call that goes through a MultiAccount."""
    arguments = data[4:]
    listed = _word(arguments, WORD)
    at = listed + WORD + _word(arguments, listed + WORD)
    size = _word(arguments, at)
    begin = at + WORD
    return address(_word(arguments, 0)), arguments[begin : begin + size]


def execute(state: State, sender: str, to: str, data: bytes, ts_s: int) -> Done:
    """Carry out a transaction's call.

    Raises:
        Revert: With the contract's words.
    """
    if to.lower() == MULTI and data[:4] == THROUGH:
        sub, inner = inner_of(data)
        if sub != SUB:
            raise Revert("MultiAccount: Unauthorized access")
        return _traded(state, inner, ts_s, is_party_a=True)
    if to.lower() == SYMMIO:
        return _traded(state, data, ts_s, is_party_a=sender.lower() == SUB)
    return state, ()


def _traded(state: State, data: bytes, ts_s: int, *, is_party_a: bool) -> Done:
    words = [_word(data, at) for at in range(4, len(data), WORD)]
    kind = data[:4]
    if kind == EXPIRE:
        return expired(state, words[2], ts_s)
    row = state.quotes.get(words[0])
    if row is None or not is_party_a:
        raise Revert("Accessibility: Should be partyA of quote")
    if kind == CLOSE:
        price, quantity, order_type, deadline_s = words[1:5]
        return asked(state, row, price, quantity, order_type, deadline_s, ts_s)
    assert kind == CANCEL, kind.hex()
    return cancel_asked(state, row, ts_s)


def asked(
    state: State,
    row: Row,
    price: int,
    quantity: int,
    order_type: int,
    deadline_s: int,
    ts_s: int,
) -> Done:
    if row.status in (CLOSED, LIQUIDATED):
        raise Revert("Accessibility: Invalid state")
    if row.status != OPENED:
        raise Revert("PartyAFacet: Invalid state")
    if deadline_s < ts_s:
        raise Revert("PartyAFacet: Low deadline")
    if quantity > row.open:
        raise Revert("PartyAFacet: Invalid quantityToClose")
    left = row.open - quantity
    if left and left * row.locked // row.open < LEAST_LEFT:
        raise Revert("PartyAFacet: Remaining quote value is low")
    after = replace(
        row,
        status=CLOSE_PENDING,
        wanted_price=price,
        wanted=quantity,
        order_type=order_type,
        deadline_s=deadline_s,
        changed_s=ts_s,
    )
    words = (price, quantity, order_type, deadline_s, after.status)
    parties = (int(SUB, 16), int(SOLVER, 16))
    event = Emitted("RequestToClosePosition", (*parties, row.quote_id, *words))
    return state.put(after), (event,)


def cancel_asked(state: State, row: Row, ts_s: int) -> Done:
    if row.status != CLOSE_PENDING:
        raise Revert("PartyAFacet: Invalid state")
    if row.deadline_s < ts_s:
        return expired(state, row.quote_id, ts_s)
    after = replace(row, status=CANCEL_CLOSE_PENDING, changed_s=ts_s)
    parties = (int(SUB, 16), int(SOLVER, 16))
    words = (*parties, row.quote_id, after.status)
    return state.put(after), (Emitted("RequestToCancelCloseRequest", words),)


def cancel_granted(state: State, quote_id: int, ts_s: int) -> Done:
    row = state.quotes[quote_id]
    if row.status != CANCEL_CLOSE_PENDING:
        raise Revert("PartyBFacet: Invalid state")
    after = _freed(row, ts_s)
    event = Emitted("AcceptCancelCloseRequest", (quote_id, after.status))
    return state.put(after), (event,)


def expired(state: State, quote_id: int, ts_s: int) -> Done:
    row = state.quotes.get(quote_id)
    if row is None or row.status not in (CLOSE_PENDING, CANCEL_CLOSE_PENDING):
        raise Revert("LibQuote: Invalid state")
    if ts_s <= row.deadline_s:
        raise Revert("LibQuote: Quote isn't expired")
    event = Emitted("ExpireQuoteClose", (OPENED, quote_id))
    return state.put(_freed(row, ts_s)), (event,)


def _freed(row: Row, ts_s: int) -> Row:
    return replace(row, status=OPENED, wanted=0, wanted_price=0, changed_s=ts_s)


def filled(state: State, quote_id: int, quantity: int, price: int, ts_s: int) -> Done:
    """Fill a close request: all of a market one, any part of a limit one."""
    row = state.quotes[quote_id]
    if row.status not in (CLOSE_PENDING, CANCEL_CLOSE_PENDING):
        raise Revert("PartyBFacet: Invalid state")
    if ts_s > row.deadline_s:
        raise Revert("PartyBFacet: Quote is expired")
    is_met = price >= row.wanted_price if row.side == 0 else price <= row.wanted_price
    if not is_met:
        raise Revert("PartyBFacet: Closed price isn't valid")
    if quantity > row.wanted or (row.order_type == MARKET and quantity != row.wanted):
        raise Revert("PartyBFacet: Invalid filledAmount")
    closed = row.closed + quantity
    spent = row.average * row.closed + price * quantity
    after = replace(
        row,
        closed=closed,
        average=spent // closed,
        wanted=row.wanted - quantity,
        locked=row.locked * (row.open - quantity) // row.open,
    )
    if after.open == 0:
        after = replace(_freed(after, ts_s), status=CLOSED)
    elif after.wanted == 0 or row.status == CANCEL_CLOSE_PENDING:
        after = _freed(after, ts_s)
    parties = (int(SUB, 16), int(SOLVER, 16))
    words = (quote_id, *parties, quantity, price, after.status)
    return state.put(after), (Emitted("FillCloseRequest", words),)


def liquidated(state: State, quote_id: int, ts_s: int) -> Done:
    row = state.quotes[quote_id]
    if row.status in (CLOSED, LIQUIDATED):
        raise Revert("LiquidationFacet: Invalid state")
    after = replace(row, status=LIQUIDATED, changed_s=ts_s)
    return state.put(after), (Emitted("LiquidatePositionsPartyA", (quote_id,)),)
