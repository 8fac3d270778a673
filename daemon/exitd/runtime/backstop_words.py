"""What people are told of backstops."""

from collections.abc import Mapping

from exitd.core.events import FactKind as K
from exitd.ports.alerts import AlertLevel

BACKSTOP_LEVELS = {
    K.BACKSTOP_FILLED: AlertLevel.CRITICAL,
    K.BACKSTOP_LOST: AlertLevel.WARNING,
    K.BACKSTOP_REFUSED: AlertLevel.WARNING,
}


def backstop_sentence(kind: K, symbol: str, f: Mapping[str, str]) -> str:
    """Say a fact about a backstop; *f* are its fields as text."""
    what = f"the backstop of {symbol} {f['side']} at {f['level']}"
    match kind:
        case K.BACKSTOP_FILLED:
            return f"{what} has closed {f['filled']} at the venue"
        case K.BACKSTOP_LOST:
            return f"{what} is gone ({f['why']}); it is placed again"
        case _:
            return f"{what} does not rest: {f['why']}; it is tried again"
