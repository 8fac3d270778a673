"""What a trigger is to its position."""

from msgspec import Struct

from exitd.core.position import PositionKey


class Role(Struct, frozen=True, cache_hash=True, gc=False):
    """What a trigger is to its position; worked out once, shared by many."""

    key: PositionKey | None
    closes: bool
    is_stop: bool
