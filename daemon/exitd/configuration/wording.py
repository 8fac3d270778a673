"""What applies to an exit once every `defaults` has been asked."""

from decimal import Decimal

from msgspec import Struct

from exitd.configuration.keys import (
    CandleWord,
    EntryWord,
    ExitDefaults,
    OrderWord,
    PriceWord,
)
from exitd.configuration.patience import Patience
from exitd.core.trigger import WHOLE, Quantity


class Wording(Struct, frozen=True, kw_only=True):
    """The words in force; `entry` and `leverage` are None where nobody said them."""

    price: PriceWord
    candle: CandleWord
    closed_candles: bool
    close: Quantity
    order: OrderWord
    slippage_limit: Decimal | None
    patience: Patience
    entry: EntryWord | None
    leverage: Decimal | None

    @property
    def waits_for_close(self) -> bool:
        """Whether only the closes of finished candles are judged."""
        return self.price == "last_close" and self.closed_candles


_KEYS = frozenset(ExitDefaults.model_fields)
_BUILT_IN: dict[str, object] = {
    "price": "mark",
    "last_close": "running",
    "candle": "1m",
    "close": WHOLE,
    "order": "market",
    "slippage_limit": None,
    "patience": (0, 0),
    "entry": None,
    "leverage": None,
}


def wording(*nearest_first: ExitDefaults) -> Wording:
    """Apply defaults: the first that says something wins."""
    said = dict(_BUILT_IN)
    for layer in reversed(nearest_first):
        for name in layer.model_fields_set & _KEYS:
            said[name] = getattr(layer, name)
    said["closed_candles"] = said.pop("last_close") == "closed"
    return Wording(**said)  # type: ignore[arg-type]
