"""What a trigger would send if it fired now: the exact order, signed, not sent."""

from typing import Any

import msgspec

from exitd.core.attempt import CloseOrder
from exitd.core.engine import Engine
from exitd.core.inputs import CancelsConfirmed, FireNow, SlotOpened
from exitd.core.intents import CancelOrders, Intent, RequestSlot, SendClose
from exitd.core.records import Snapshot
from exitd.core.state import Decision, Refused, State
from exitd.core.trigger import TriggerRecord
from exitd.core.units import text
from exitd.ports.venue import Venue
from exitd.runtime.control.identities import recalled
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
    sandbox = _sandbox(state, record)
    fired = sandbox.handle(FireNow(trigger_id=trigger_id, by="dry run", now_ns=now_ns))
    if isinstance(fired.reply, Refused):
        raise from_refusal(fired.reply)
    notes: list[str] = []
    sent = _follow(sandbox, fired, record, notes, now_ns)
    definition = record.definition
    if sent is None:
        if definition.close is not None:
            notes.append(_why_nothing(sandbox, trigger_id))
        return _view(record, None, None, notes)
    venue = daemon.accounts[definition.account].venue
    return _view(record, sent, _prepared(venue, sent), notes)


def _sandbox(state: State, record: TriggerRecord) -> Engine:
    definition = record.definition
    siblings = [record]
    attempts = []
    if definition.key is not None:
        siblings = state.triggers_on(definition.key)
        attempts = state.open_attempts_on(definition.key)
    ids = {sibling.id for sibling in siblings}
    instrument = state.instrument_of(definition)
    sandbox = Engine(state.policies)
    sandbox.restore(
        Snapshot(
            triggers=tuple(siblings),
            fires=tuple(fire for id, fire in state.fires.items() if id in ids),
            attempts=tuple(attempts),
            positions=(
                (state.position(definition.key),) if definition.key is not None else ()
            ),
            counters=tuple(
                c for c in state.counters.values() if c.account == definition.account
            ),
            instruments=(instrument,) if instrument is not None else (),
            seq=state.seq,
        )
    )
    sandbox.state.capabilities = dict(state.capabilities)
    # What was restored here is a copy, and no stop of anything.
    sandbox.state.barriers = dict(state.barriers)
    book = sandbox.state.book(definition.source)
    book.price = state.last_price(definition.source)
    return sandbox


def _follow(
    sandbox: Engine,
    decision: Decision,
    record: TriggerRecord,
    notes: list[str],
    now_ns: int,
) -> CloseOrder | None:
    """Answer the sandbox as the dispatcher would, up to the first order."""
    intents: list[Intent] = list(decision.intents)
    while intents:
        intent = intents.pop(0)
        match intent:
            case SendClose():
                return intent.order
            case RequestSlot() if intent.trigger_id == record.id:
                slot = SlotOpened(record.id, intent.arming, now_ns)
                intents += sandbox.handle(slot).intents
            case CancelOrders() if intent.trigger_id == record.id:
                notes.append(
                    f"first it cancels orders of {intent.symbol}: {intent.cancel.scope}"
                )
                confirmed = CancelsConfirmed(record.id, intent.arming, 0, now_ns)
                intents += sandbox.handle(confirmed).intents
            case _:
                pass
    return None


def _why_nothing(sandbox: Engine, trigger_id: str) -> str:
    fired = sandbox.state.fires.get(trigger_id)
    if fired is not None and fired.held_by:
        return f"nothing would be sent yet: {fired.held_by}"
    return "nothing would be sent: there is no position to close"


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


def _view(
    record: TriggerRecord,
    order: CloseOrder | None,
    request: str | None,
    notes: list[str],
) -> OrderView:
    definition = record.definition
    return OrderView(
        trigger_id=record.id,
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
