"""What a firing cost and earned, from its fills and the entry price at its hit."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from exitd.core.position import Side
from exitd.core.units import ZERO

_HUNDREDTH = Decimal("0.01")


class Fee(Struct, frozen=True, gc=False):
    """What was paid in one asset; below zero for a rebate."""

    asset: str
    amount: Decimal


def add_fee(fees: tuple[Fee, ...], asset: str, amount: Decimal) -> tuple[Fee, ...]:
    """Add to the sum of one asset; amounts of different assets never mix."""
    if not asset:
        return fees
    total = amount + sum((fee.amount for fee in fees if fee.asset == asset), ZERO)
    others = tuple(fee for fee in fees if fee.asset != asset)
    return (*others, Fee(asset, total))


def slippage_bps(
    side: Side, level: Decimal | None, average: Decimal | None
) -> Decimal | None:
    """Give how far a fill was from the level, in basis points of it, to two places.

    Above zero where it cost us: a long sold below its level, a short bought above.
    None without a level of the same market (above zero), or without a fill.
    """
    if level is None or average is None:
        return None
    worse = level - average if side is Side.LONG else average - level
    return (worse / level * 10_000).quantize(_HUNDREDTH)


def realised_pnl(
    side: Side | None,
    entry_price: Decimal | None,
    filled: Decimal,
    filled_quote: Decimal,
    fees: Iterable[Fee],
    quote: str,
) -> Decimal | None:
    """Give the profit that a close took, below zero for a loss.

    In it: (average fill - entry) x filled, for a short the other way round, less
    the fees that were paid in the quote currency. Not in it: fees in any other
    asset, which nobody has converted; fees of the entry; funding.

    Args:
        side: The position's; None for a trigger about the market.
        entry_price: The position's when the trigger hit, quote per base unit.
        filled: Base units.
        filled_quote: What they brought or cost, in the quote currency.
        fees: Summed per asset.
        quote: The currency that prices are in.

    Returns:
        None where nothing was filled, or the entry price is not known.
    """
    if side is None or entry_price is None or filled == ZERO:
        return None
    gained = filled_quote - entry_price * filled
    if side is Side.SHORT:
        gained = -gained
    return gained - sum((fee.amount for fee in fees if fee.asset == quote), ZERO)
