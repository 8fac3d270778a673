"""The values that callers send, each in the text that a file has it in.

Prices and quantities are JSON strings. A JSON number would have gone through a
float somewhere on its way, so it is refused with a sentence that says so.
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from exitd.configuration.levels import (
    read_level,
    read_leverage,
    read_offset,
    read_watched_level,
)
from exitd.configuration.position_file import read_move_target
from exitd.configuration.values import (
    read_bound,
    read_client_order_id,
    read_expiry,
    read_name,
    read_number,
    read_price,
    read_quantity,
)
from exitd.core.condition import Level, Offset
from exitd.core.trigger import Quantity
from exitd.core.units import ZERO

_NOTE_MAX = 200
_TEXT_MAX = 140


def exact(read: Callable[[object], Any], example: str) -> PlainValidator:
    """Let a reader see strings only."""

    def checked(written: object) -> Any:
        if not isinstance(written, str):
            raise ValueError(
                f'write it as a JSON string, such as "{example}"; a JSON number is '
                "not exact"
            )
        return read(written)

    return PlainValidator(checked)


def _texts(*examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": list(examples)})


def _read_amount(written: object) -> Any:
    amount = read_number(written)
    if amount <= ZERO:
        raise ValueError("a quantity is above zero")
    return amount


def read_text(written: object) -> str:
    """Read a short text of printable characters."""
    if not isinstance(written, str) or len(written) > _NOTE_MAX:
        raise ValueError(f"write a text of at most {_NOTE_MAX} characters")
    if not written.isprintable():
        raise ValueError("write printable characters only")
    return written


def read_word(written: object) -> str:
    """Read the name of something: an account, a symbol, a position key."""
    if not isinstance(written, str) or not 0 < len(written) <= _TEXT_MAX:
        raise ValueError(f"write a name of at most {_TEXT_MAX} characters")
    if not written.isascii() or not written.isprintable() or " " in written:
        raise ValueError("a name has no spaces and only plain letters and signs")
    return written


def _read_move_target(written: object) -> Level | str:
    """Read where a move sets a stop: `entry`, a level, or a trigger, by its id."""
    is_id = isinstance(written, str) and ("/" in written or written.startswith("trg_"))
    return read_word(written) if is_id else read_move_target(written)


Price = Annotated[Any, exact(read_price, "131.25"), _texts("131.25")]
LevelText = Annotated[
    Level,
    exact(read_level, "131.25"),
    _texts("131.25", "+12%", "-3%", "+25% roi", "-500 pnl"),
]
WatchedLevelText = Annotated[
    Level,
    exact(read_watched_level, "131.25"),
    _texts("131.25", "+12%", "-3%", "+25% roi", "-500 pnl"),
]
OffsetText = Annotated[Offset, exact(read_offset, "2.5%"), _texts("2.5%", "5")]
Leverage = Annotated[Any, exact(read_leverage, "5"), _texts("5")]
MoveTarget = Annotated[
    Level | str,
    exact(_read_move_target, "entry"),
    _texts("entry", "133.50", "+2%", "sol-core/tp1"),
]
Amount = Annotated[Any, exact(_read_amount, "2.5"), _texts("2.5")]
Size = Annotated[
    Quantity,
    exact(read_quantity, "50%"),
    _texts("50%", "50% initial", "2.5", "500 USDC", "rest"),
]
Limit = Annotated[Any, exact(read_bound, "0.5%"), _texts("0.5%")]
Expires = Annotated[Any, exact(read_expiry, "8h"), _texts("8h", "2030-01-01T00:00:00Z")]
Orders = Annotated[
    str, exact(read_client_order_id, "all"), _texts("all", "limit", "trigger", "4242")
]
Name = Annotated[str, PlainValidator(read_name), _texts("sl")]
Word = Annotated[str, PlainValidator(read_word), _texts("SOL_USDC_PERP")]
Note = Annotated[str, PlainValidator(read_text), _texts("before the announcement")]
