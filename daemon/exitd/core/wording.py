"""Values of a trigger as the files write them, for plans, views and sentences."""

from exitd.core.condition import Basis, Level, Offset, Relative
from exitd.core.trigger import Quantity, QuantityKind
from exitd.core.units import ZERO, text


def quantity_text(quantity: Quantity) -> str:
    """Write a quantity: `50%`, `50% initial`, `2.5`, `500 USDC` or `rest`."""
    number = text(quantity.value)
    match quantity.kind:
        case QuantityKind.REST:
            return "rest"
        case QuantityKind.SHARE:
            return f"{number}%"
        case QuantityKind.INITIAL:
            return f"{number}% initial"
        case QuantityKind.QUOTE:
            return f"{number} {quantity.currency}"
        case QuantityKind.ABSOLUTE:
            return number


def level_text(level: Level) -> str:
    """Write a level: `131.25`, `+12%`, `-20% roi` or `+500 pnl`."""
    if not isinstance(level, Relative):
        return text(level)
    number = f"+{text(level.value)}" if level.value > ZERO else text(level.value)
    match level.basis:
        case Basis.ENTRY:
            return f"{number}%"
        case Basis.ROI:
            return f"{number}% roi"
        case Basis.PNL:
            return f"{number} pnl"


def offset_text(offset: Offset) -> str:
    """Write how far a trail is behind: `2.5%` or `5`."""
    return f"{text(offset.value)}%" if offset.is_percent else text(offset.value)
