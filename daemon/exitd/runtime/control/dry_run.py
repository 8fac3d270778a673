"""What a trigger would send if it fired now: the exact order, signed, not sent."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from exitd.core.attempt import CloseOrder
from exitd.core.inputs import FireNow
from exitd.core.state import Refused
from exitd.core.trigger import TriggerDefinition
from exitd.core.units import text
from exitd.ports.venue import Venue
from exitd.runtime.control.identities import recalled
from exitd.runtime.control.sandbox import (
    copied_for,
    follow,
    sandbox,
    why_nothing,
)
from exitd.runtime.daemon import Daemon
from exitd.runtime.problems import from_refusal
from exitd.runtime.shown import text_or_none
from exitd.runtime.views import OrderView

MASK = "***"


async def order_if_fired(
    daemon: Daemon, trigger_id: str, account: str = ""
) -> OrderView:
    """Build and sign what firing a trigger now would send; changes nothing.

    A second engine gets a copy of what concerns the trigger and fires there, so
    that the order is sized by the same rules as a real one.

    Raises:
        NotFound: There is no such trigger.
        Conflict: It could not be fired now.
    """
    state = daemon.loop.engine.state
    record = await recalled(daemon, trigger_id, account)
    now_ns = daemon.loop.clock.now_ns()
    copied = copied_for(state, [record.definition])
    engine = await asyncio.to_thread(sandbox, copied)
    fired = engine.handle(FireNow(trigger_id=trigger_id, by="dry run", now_ns=now_ns))
    if isinstance(fired.reply, Refused):
        raise from_refusal(fired.reply)
    notes: list[str] = []
    sent = follow(engine, fired, trigger_id, notes, now_ns)
    definition = record.definition
    if sent is None:
        if definition.close is not None:
            notes.append(why_nothing(engine, trigger_id))
        return order_view(definition, None, None, notes)
    venue = daemon.accounts[definition.account].venue
    return order_view(definition, sent, _prepared(venue, sent), notes)


def _prepared(venue: Venue, order: CloseOrder) -> str:
    """Sign an order and give the request with its signature masked."""
    body = venue.prepare(order).body
    return msgspec.json.encode(_masked(msgspec.json.decode(body))).decode()


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK if "signature" in name.lower() else _masked(held)
            for name, held in value.items()
        }
    if isinstance(value, list):
        return [_masked(held) for held in value]
    return value


def order_view(
    definition: TriggerDefinition,
    order: CloseOrder | None,
    request: str | None,
    notes: Sequence[str],
) -> OrderView:
    return OrderView(
        trigger_id=definition.id,
        account=definition.account,
        symbol=definition.symbol,
        side=order.side.value if order is not None else None,
        quantity=text(order.quantity) if order is not None else None,
        order=order.order.value if order is not None else None,
        price=text_or_none(order.price) if order is not None else None,
        time_in_force=order.time_in_force.value if order is not None else None,
        client_order_id=order.client_order_id if order is not None else None,
        reduce_only=True,
        request=request,
        notes=tuple(notes),
    )
