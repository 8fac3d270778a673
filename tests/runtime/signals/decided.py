"""What is decided for an alert on a market, in few words."""

from __future__ import annotations

from typing import Any

from core.worlds import ACCOUNT, SHORT, D, S, World
from exitd.configuration.webhook import Route
from exitd.core.entry import SignalRecord
from exitd.core.trigger import Quantity, QuantityKind
from exitd.runtime.signals.deciding import Asked, decide
from exitd.runtime.signals.limits import Counted
from exitd.runtime.signals.plans import (
    Plan,
    PlanClose,
    PlanEntry,
    PlanNothing,
    PlanTrigger,
)
from exitd.signals.normalising import normalise

TICKER = "SOL_USDC_PERP"
DAY_NS = 86_400 * S
#: After the world's position was opened.
CAME_NS = 2_000 * S
BOTH = ["open", "close"]


def route_of(**changed: Any) -> Route:
    return Route.model_validate(
        {
            "auth_key": {"env": "KEY"},
            "mode": "live",
            "venues": ["main", "other"],
            "allow": BOTH,
            **changed,
        }
    )


def alert(**body: Any) -> dict[str, Any]:
    return {"ticker": TICKER, "direction": "long", "qty": D(4), **body}


def plan_of(
    body: dict[str, Any],
    *,
    held: str = "0",
    short: str = "0",
    kind: str = "backpack",
    can_enter: bool = True,
    counted: Counted | None = None,
    record: dict[str, Any] | None = None,
    is_paper: bool = False,
    **route: Any,
) -> Plan:
    world = World(held, mark="100")
    if D(short):
        world.position(short, key=SHORT)
    stored = SignalRecord(
        id="desk-7",
        route="desk",
        body="",
        digest="",
        ts_received_ns=CAME_NS,
        **(record or {}),
    )
    asked = Asked(
        signal=normalise({k: v for k, v in body.items() if v is not None}).signal,
        record=stored,
        route_name="desk",
        route=route_of(**route),
        account=ACCOUNT,
        kind=kind,
        can_enter=can_enter,
        is_paper=is_paper,
    )
    return decide(asked, world.engine.state, counted or Counted(now_ns=CAME_NS))


def refusal(*args: Any, **named: Any) -> str:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanNothing), plan
    return plan.sentence


def entry(*args: Any, **named: Any) -> PlanEntry:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanEntry), plan
    return plan


def close_now(*args: Any, **named: Any) -> PlanClose:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanClose), plan
    return plan


def close_later(*args: Any, **named: Any) -> PlanTrigger:
    plan = plan_of(*args, **named)
    assert isinstance(plan, PlanTrigger), plan
    return plan


def amount(value: str) -> Quantity:
    return Quantity(QuantityKind.ABSOLUTE, D(value))
