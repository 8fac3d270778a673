"""What a transaction may cost, and how much more its replacement must offer."""

from __future__ import annotations

from msgspec import Struct


class FeePolicy(Struct, frozen=True, kw_only=True):
    """In wei for each unit of gas.

    A replacement offers an eighth more, 12.5 %: nodes want a tenth at the least, and
    of both fees.
    """

    most: int = 100 * 10**9
    least_tip: int = 10**6
    bump_by: int = 8


class Market(Struct, frozen=True):
    """What the chain asks now: the base fee of its newest block, and a usual tip."""

    base_fee: int
    tip: int


class Fees(Struct, frozen=True):
    max_fee: int
    priority_fee: int


def fees_now(market: Market, policy: FeePolicy) -> Fees:
    """Offer twice the base fee and a tip, never above the most.

    The base fee grows by an eighth a block at the most: twice it is six full blocks.
    """
    tip = min(max(market.tip, policy.least_tip), policy.most)
    return Fees(min(2 * market.base_fee + tip, policy.most), tip)


def bumped(before: Fees, market: Market, policy: FeePolicy) -> Fees | None:
    """Offer what replaces a transaction on its nonce; None when that is too much."""
    now = fees_now(market, policy)
    tip = max(_more(before.priority_fee, policy), now.priority_fee)
    most = max(_more(before.max_fee, policy), now.max_fee, tip)
    return None if most > policy.most else Fees(most, tip)


def _more(fee: int, policy: FeePolicy) -> int:
    return fee + -(-fee // policy.bump_by)
