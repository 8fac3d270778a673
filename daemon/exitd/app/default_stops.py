"""Default stops, as exitd.yaml asks for them."""

from collections.abc import Collection

from exitd.configuration.loaded import Settings as FileSettings
from exitd.core.market import PriceKind
from exitd.core.position import PositionKey
from exitd.runtime.daemon import Daemon
from exitd.runtime.default_stops import DefaultStops

#: What a stop watches at an account of a type; a broker has no mark price.
_PRICES = {
    "backpack": PriceKind.MARK,
    "alpaca": PriceKind.LAST,
    "interactive_brokers": PriceKind.LAST,
    "schwab": PriceKind.LAST,
}


def default_stops(daemon: Daemon, files: FileSettings) -> DefaultStops | None:
    """Give what arms them, or None where nobody asks for it."""
    percent = files.file.policies.default_stop
    if percent is None:
        return None

    def named() -> Collection[PositionKey]:
        loaded = daemon.files.loaded
        positions = loaded.positions if loaded is not None else ()
        return {
            PositionKey(p.venue, p.symbol, p.side)
            for p in positions
            if p.side is not None
        }

    prices = {
        account.name: _PRICES[account.type]
        for account in files.accounts.values()
        if account.type in _PRICES
    }
    return DefaultStops(
        daemon.loop, daemon.spawn, named, percent=percent, prices=prices
    )
