"""What one account on a chain is made of, checked before anything is sent there."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from exitd.adapters.symmio.fees import FeePolicy
from exitd.adapters.symmio.nodes import Tolerance
from exitd.core.units import NS_PER_S

WINDOW_NS_MIN, WINDOW_NS_MAX = 30 * NS_PER_S, 600 * NS_PER_S


class Precision(Struct, frozen=True, kw_only=True):
    """What the solver takes of a symbol, in decimals and base units."""

    price: int
    quantity: int
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None


class ChainSettings(Struct, frozen=True, kw_only=True):
    """One chain and the contracts on it, as the operator configured them.

    `window_ns` is how long a close request lives on the chain, 2 to 5 minutes as a
    rule. What is read is read `confirmations` blocks deep, the newest being 1.
    `inclusion_s` is how long a send waits for its block before the attempt is in
    doubt; `bump_after` after how many blocks a transaction that is in none offers
    more. `sub_accounts` are those that are acted for, each with its MultiAccount; all
    of `multi_accounts` are where it is empty. `market_bound` is how far from the
    watched price, in percent, a market close may be filled. `history_blocks` is how far
    back is looked at the most, in `logs_per_query` blocks at a time. Somebody is told
    when the key pays for fewer than `least_closes` closes.
    """

    chain_id: int
    symmio: str
    multi_accounts: tuple[str, ...]
    nodes: tuple[str, ...]
    sub_accounts: tuple[tuple[str, str], ...] = ()
    node_deadline_s: float = 5.0
    poll_s: float = 2.0
    window_ns: int = 180 * NS_PER_S
    confirmations: int = 1
    inclusion_s: float = 12.0
    bump_after: int = 5
    gas: int = 600_000
    market_bound: Decimal = Decimal(10)
    history_blocks: int = 50_000
    logs_per_query: int = 1_000
    reorg_blocks: int = 64
    least_closes: int = 20
    lag_slack_ns: int = 10 * NS_PER_S
    fees: FeePolicy = FeePolicy()
    tolerance: Tolerance = Tolerance()
