"""What nodes answer of the contracts, in the words of the chain."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from simulation.chain.contract import (
    LEAST_LEFT,
    OWNER,
    SOLVER,
    SUB,
    SYMBOL_ID,
    SYMBOL_NAME,
    SYMMIO,
    WORD,
    Emitted,
    Forms,
    Row,
    selector,
)

_FOUR = "(uint256,uint256,uint256,uint256)"
_QUOTE = (
    "(uint256,address[],uint256,uint8,uint8,uint256,uint256,uint256,uint256,uint256,"
    f"uint256,{_FOUR},{_FOUR},uint256,address,address,uint8,uint256,uint256,uint256,"
    "uint256,uint256,uint256,uint256,uint256,uint256)"
)
_SYMBOL = "(uint256,string,bool,uint256,uint256,uint256,uint256,uint256,uint256)"

GET_QUOTE = selector("getQuote(uint256)")
GET_SYMBOL = selector("getSymbol(uint256)")
_SYMMIO_OF = selector("symmioAddress()")
_OWNERS = selector("owners(address)")
_ACCESS = selector("delegatedAccesses(address,address,bytes4)")
_COOLDOWN = selector("revokeCooldown()")

#: The data of each event as its signature has it; the newer form has a close id more.
_EVENTS = {
    "RequestToClosePosition": (
        "address,address,uint256,uint256,uint256,uint8,uint256,uint8"
    ),
    "RequestToCancelCloseRequest": "address,address,uint256,uint8",
    "FillCloseRequest": "uint256,address,address,uint256,uint256,uint8",
    "AcceptCancelCloseRequest": "uint256,uint8",
    "ExpireQuoteClose": "uint8,uint256",
    "LiquidatePositionsPartyA": "uint256",
}
_OLDER_NAMES = {"ExpireQuoteClose": "ExpireQuote"}
_CLOSE_ID = 7


def _hex(*words: int) -> str:
    return "0x" + b"".join(word.to_bytes(WORD, "big") for word in words).hex()


@cache
def _topic(name: str, arguments: str) -> str:
    return "0x" + keccak(text=f"{name}({arguments})").hex()


def logs_of(event: Emitted, forms: Forms) -> list[tuple[str, str]]:
    """Give topic and data of the logs of one event, in the forms of a version."""
    arguments = _EVENTS[event.name]
    older_name = _OLDER_NAMES.get(event.name, event.name)
    newer = (_topic(event.name, f"{arguments},uint256"), _hex(*event.words, _CLOSE_ID))
    older = (_topic(older_name, arguments), _hex(*event.words))
    return {"older": [older], "newer": [newer], "both": [newer, older]}[forms]


@lru_cache(512)
def quote_answer(row: Row | None) -> str:
    if row is None:
        row = Row(0, 0, 0, 0, 0)
    parts = row.locked // 4
    locked = (parts, parts, row.locked - 2 * parts, parts)
    parties = (SUB, SOLVER) if row.quote_id else ("0x" + "00" * 20,) * 2
    fields: tuple[Any, ...] = (
        row.quote_id,
        [],
        SYMBOL_ID,
        row.side,
        row.order_type,
        row.price,
        row.price,
        row.price,
        row.price,
        row.quantity,
        row.closed,
        locked,
        locked,
        0,
        *parties,
        row.status,
        row.average,
        row.wanted_price,
        row.wanted,
        0,
        0,
        row.changed_s,
        0,
        row.deadline_s,
        0,
    )
    return "0x" + encode([_QUOTE], [fields]).hex()


@cache
def symbol_answer() -> str:
    fields = (SYMBOL_ID, SYMBOL_NAME, True, LEAST_LEFT, 0, 0, 0, 0, 0)
    return "0x" + encode([_SYMBOL], [fields]).hex()


def account_answer(data: bytes) -> str | None:
    """What the MultiAccount says without a transaction; None where it does more."""
    asked = data[:4]
    if asked == _SYMMIO_OF:
        return _hex(int(SYMMIO, 16))
    if asked == _OWNERS:
        sub = int.from_bytes(data[4 : 4 + WORD], "big")
        return _hex(int(OWNER, 16) if sub == int(SUB, 16) else 0)
    if asked == _ACCESS:
        return _hex(1)
    if asked == _COOLDOWN:
        return _hex(300)
    return None
