"""What people see of the flows by hand: orders of a market, steps of a move."""

from msgspec import Struct


class OpenOrderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One resting order at a venue."""

    id: str
    client_id: int | None
    symbol: str
    side: str
    quantity: str | None
    price: str | None
    reduce_only: bool | None
    is_trigger: bool
    trigger_price: str | None
    status: str


class FlattenView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Open orders of a market, cancelled and confirmed; positions stay open."""

    symbol: str
    cancelled_orders: tuple[OpenOrderView, ...]
    remaining_orders: tuple[OpenOrderView, ...]
    spared_orders: tuple[OpenOrderView, ...]
    notes: tuple[str, ...]


class HeldPositionView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A position as the venue states it."""

    symbol: str
    side: str
    quantity: str
    entry_price: str | None


class TakeProfitView(Struct, frozen=True, kw_only=True, rename={"order_id": "orderId"}):
    """A resting reduce-only take-profit; `trigger_id` is what cancels it."""

    order_id: str
    status: str
    positions: tuple[HeldPositionView, ...]
    trigger_id: str
    notes: tuple[str, ...]


class StepView(Struct, frozen=True, kw_only=True):
    """One step of a flow; `outcome` is empty in a dry run.

    `failed`: what it was for has not come about, and somebody has to look.
    """

    what: str
    outcome: str
    failed: bool = False


class ImportView(Struct, frozen=True, kw_only=True):
    """YAML for `conf.d/`, and the steps that move the exits here."""

    yaml: str
    steps: tuple[StepView, ...]
    is_applied: bool


class HandoverView(Struct, frozen=True, kw_only=True):
    steps: tuple[StepView, ...]
    is_applied: bool
