"""What makes an account that stands by act again."""

from msgspec import Struct

from exitd.core.position import PositionKey


class TakeOver(Struct, frozen=True, kw_only=True):
    """Act again on an account that stands by.

    `closed` are the positions that orders with our tag, which this state never signed,
    have closed in part; `orders` is how many of those orders there are.
    """

    account: str
    closed: tuple[PositionKey, ...] = ()
    orders: int = 0
    by: str
    now_ns: int
