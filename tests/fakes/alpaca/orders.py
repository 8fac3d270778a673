"""An order of the exchange, and how it looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fakes.alpaca.assets import Asset
from fakes.alpaca.ids import new_id

OPEN = frozenset(
    {"new", "accepted", "pending_new", "partially_filled", "held", "pending_cancel"}
)
ZERO = Decimal(0)


def written(number: Decimal | None) -> str | None:
    """Write a number the way Alpaca does: as a text, without an exponent."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def instant(ts_ns: int | None) -> str | None:
    if ts_ns is None:
        return None
    seconds, rest = divmod(ts_ns, 1_000_000_000)
    return f"{_second(seconds)}.{rest:09d}Z"


@lru_cache(1_024)
def _second(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"


@dataclass
class Order:
    """`rises`: the take-profit and stop-loss that it has are `legs` of its own kind.

    `parent` is the order that this one is a leg of. `hwm` is the best price that a
    trailing stop has seen. `slice_quote` adds up what fills have cost.
    """

    asset: Asset
    side: str
    type: str
    time_in_force: str
    client_order_id: str
    created_ns: int
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    extended_hours: bool = False
    order_class: str = ""
    position_intent: str = ""
    parent: Order | None = None
    legs: list[Order] = field(default_factory=list)
    status: str = "new"
    filled: Decimal = ZERO
    quote: Decimal = ZERO
    is_triggered: bool = False
    replaces: str | None = None
    replaced_by: str | None = None
    updated_ns: int = 0
    stamps: dict[str, int] = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    @property
    def symbol(self) -> str:
        return self.asset.symbol

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def left(self) -> Decimal:
        return (self.qty or ZERO) - self.filled

    @property
    def sign(self) -> int:
        return 1 if self.side == "buy" else -1

    def as_json(self, *, nested: bool = False) -> dict[str, Any]:
        average = self.quote / self.filled if self.filled else None
        stamps = self.stamps
        return {
            "id": self.id,
            "client_order_id": self.client_order_id,
            "created_at": instant(self.created_ns),
            "updated_at": instant(self.updated_ns or self.created_ns),
            "submitted_at": instant(self.created_ns),
            "filled_at": instant(stamps.get("filled")),
            "expired_at": instant(stamps.get("expired")),
            "expires_at": None,
            "canceled_at": instant(stamps.get("canceled")),
            "failed_at": instant(stamps.get("rejected")),
            "replaced_at": instant(stamps.get("replaced")),
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "asset_id": self.asset.id,
            "symbol": self.symbol,
            "asset_class": self.asset.asset_class,
            "notional": written(self.notional),
            "qty": written(self.qty),
            "filled_qty": written(self.filled),
            "filled_avg_price": written(average),
            "order_class": self.order_class,
            "order_type": self.type,
            "type": self.type,
            "side": self.side,
            "time_in_force": self.time_in_force,
            "limit_price": written(self.limit_price),
            "stop_price": written(self.stop_price),
            "status": self.status,
            "extended_hours": self.extended_hours,
            "legs": (
                [leg.as_json() for leg in self.legs] if nested and self.legs else None
            ),
            "trail_percent": written(self.trail_percent),
            "trail_price": written(self.trail_price),
            "hwm": written(self.hwm),
            "position_intent": self.position_intent,
            "ratio_qty": None,
            "subtag": None,
            "source": None,
        }
