"""What people are told of entries, and how urgent it is."""

from collections.abc import Mapping

from exitd.core.events import FactKind as K
from exitd.ports.alerts import AlertLevel

#: Critical is what leaves a position without its exits.
ENTRY_LEVELS = {
    K.ENTRY_FILLED: AlertLevel.INFO,
    K.ENTRY_CANCELLED: AlertLevel.INFO,
    K.ENTRY_REFUSED: AlertLevel.WARNING,
    K.ENTRY_EXPIRED: AlertLevel.WARNING,
    K.ENTRY_IN_DOUBT: AlertLevel.WARNING,
    K.ENTRY_RESOLVED: AlertLevel.WARNING,
    K.EXIT_FILLED_AT_BROKER: AlertLevel.INFO,
    K.EXITS_TAKEN_OVER: AlertLevel.WARNING,
    K.EXITS_REFUSED: AlertLevel.CRITICAL,
}


def entry_sentence(kind: K, symbol: str, f: Mapping[str, str]) -> str:
    """Say a fact about an entry; *f* are its fields as text."""
    who = f"{f['entry']} ({symbol})"
    filled = f.get("filled", "0")
    match kind:
        case K.ENTRY_FILLED:
            return f"{who}: its entry has filled: {filled} at {f['average_price']}"
        case K.ENTRY_CANCELLED:
            return f"{who}: its entry was cancelled, {filled} filled"
        case K.ENTRY_REFUSED:
            return f"{who}: its entry was refused: {f['why']}"
        case K.ENTRY_EXPIRED:
            return f"{who}: its entry has expired, {filled} filled: {f['why']}"
        case K.ENTRY_IN_DOUBT:
            return f"{who}: nobody knows yet whether its entry arrived: {f['why']}"
        case K.ENTRY_RESOLVED if "why" in f:
            return f"{who}: its entry works no more, {filled} filled: {f['why']}"
        case K.ENTRY_RESOLVED:
            return f"{who}: its entry in doubt was found at the broker"
        case K.EXIT_FILLED_AT_BROKER:
            return f"{who}: {_at_broker(f)}"
        case K.EXITS_TAKEN_OVER:
            return f"{who}: exitd holds its exits from now on: {f['why']}"
        case _:
            return f"{who}: {f['exit']} is not armed and guards nothing: {f['why']}"


def _at_broker(f: Mapping[str, str]) -> str:
    """Say what a leg has closed; what the broker did not tell is left out."""
    kind = "exit" if f["kind"] == "unknown" else f["kind"].replace("_", "-")
    price, result = f["average_price"], f["result"]
    at = "" if price == "unknown" else f" at {price}"
    earned = "" if result == "unknown" else f", result {result} before fees"
    return f"the broker's {kind} has closed {f['filled']}{at}{earned}"
