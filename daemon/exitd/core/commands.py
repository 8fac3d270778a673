"""Commands on triggers that are there: cancel, pause, resume, rearm, fire."""

from msgspec.structs import replace

from exitd.core.condition import Immediately
from exitd.core.derived import priced
from exitd.core.ending import end_fire
from exitd.core.events import FactKind
from exitd.core.hits import fire
from exitd.core.holes import forget_hole
from exitd.core.inputs import CancelTrigger, FireNow, Pause, Rearm, Resume
from exitd.core.known_prices import fresh_price
from exitd.core.lifecycle import TriggerCause
from exitd.core.resting import (
    arm,
    begun,
    finish,
    is_beyond,
    kept,
    level_now,
    rest,
    unrest,
    wait,
)
from exitd.core.schedule import due_of
from exitd.core.state import Accepted, Refused
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState, WaitingFor
from exitd.core.turn import Turn
from exitd.core.units import ZERO, text


def _find(turn: Turn, trigger_id: str) -> TriggerRecord | None:
    record = turn.state.triggers.get(trigger_id)
    if record is None:
        turn.reply = Refused(
            "unknown", f"there is no trigger {trigger_id}; `exitd ls` lists them"
        )
    return record


def _crossed_now(turn: Turn, record: TriggerRecord) -> str:
    """Say that the level is already crossed, or nothing."""
    definition = record.definition
    price = fresh_price(turn.state, definition, turn.now_ns)
    level = level_now(turn.state, record)
    if price is None or level is None:
        return ""
    if not is_beyond(definition.direction, level, price):
        return ""
    return (
        f"{record.id}: its level {text(level)} is already crossed: "
        f"{definition.source.kind} is {text(price)}"
    )


def on_cancel(turn: Turn, command: CancelTrigger) -> None:
    record = _find(turn, command.trigger_id)
    if record is None:
        return
    if record.state is TriggerState.DONE:
        turn.reply = Accepted(
            (record.id,), (f"{record.id} is already done: {record.reason}",)
        )
        return
    if record.state is TriggerState.FIRING:
        if not command.abandon:
            turn.reply = Refused(
                "firing",
                f"{record.id} is firing and can no longer be cancelled; `exitd cancel "
                "--abandon` gives the close up and leaves the position as it is",
                record.id,
            )
            return
        fired = turn.state.fires[record.id]
        end_fire(turn, record, fired, TriggerCause.ABANDONED, DoneReason.ABANDONED)
    else:
        finish(
            turn,
            record,
            TriggerCause.CANCELLED,
            DoneReason.CANCELLED,
            FactKind.TRIGGER_CANCELLED,
            by=command.by,
        )
    turn.reply = Accepted((record.id,))


def pause(turn: Turn, record: TriggerRecord, by: str) -> None:
    """Judge a trigger that is on watch no longer, until somebody resumes it."""
    seen = kept(turn.state, record)
    unrest(turn.state, record)
    paused = replace(seen, paused=True, confirm_ns=0, ts_changed_ns=turn.now_ns)
    turn.put_trigger(paused)
    turn.fact(FactKind.TRIGGER_PAUSED, paused, by=by)


def on_pause(turn: Turn, command: Pause) -> None:
    record = _find(turn, command.trigger_id)
    if record is None:
        return
    if record.state not in (TriggerState.ARMED, TriggerState.WAITING):
        turn.reply = Refused(
            "state", f"{record.id} is {record.state}, so there is nothing to pause"
        )
        return
    if not record.paused:
        pause(turn, record, command.by)
    turn.reply = Accepted((record.id,))


def on_resume(turn: Turn, command: Resume) -> None:
    """Watch again; refused where that would fire at once."""
    record = _find(turn, command.trigger_id)
    if record is None:
        return
    if not record.paused:
        turn.reply = Accepted((record.id,), (f"{record.id} is not paused",))
        return
    crossed = _crossed_now(turn, record)
    if crossed and record.state is TriggerState.ARMED:
        turn.reply = Refused(
            "already_crossed",
            f"{crossed}; amend it, or `exitd fire {record.id}`",
            record.id,
        )
        return
    due_ns = due_of(turn.state, record)
    if due_ns is not None and due_ns <= turn.now_ns:
        turn.reply = Refused(
            "already_due",
            f"{record.id}: its time has come while it was paused; cancel it, or "
            f"`exitd fire {record.id}`",
            record.id,
        )
        return
    # Somebody has looked at it: what nobody saw before does not count any more.
    forget_hole(turn.state, record.definition)
    resumed = replace(record, paused=False, unseen="", ts_changed_ns=turn.now_ns)
    resumed = begun(turn, resumed)
    turn.put_trigger(resumed)
    rest(turn.state, resumed)
    turn.fact(FactKind.TRIGGER_RESUMED, resumed, by=command.by)
    turn.reply = Accepted((record.id,))


def on_rearm(turn: Turn, command: Rearm) -> None:
    """Give a trigger that is done another arming."""
    record = _find(turn, command.trigger_id)
    if record is None:
        return
    if record.state is not TriggerState.DONE:
        turn.reply = Refused(
            "state", f"{record.id} is {record.state}; only one that is done is rearmed"
        )
        return
    definition, key = record.definition, record.definition.key
    if definition.expires_ns is not None and definition.expires_ns <= turn.now_ns:
        turn.reply = Refused("expired", f"{record.id}: its expiry lies in the past")
        return
    lifetime = 0
    anew = replace(record, level=None, is_moved=False, trail_seq=0, watermark=None)
    if key is not None:
        position = turn.state.position(key)
        lifetime = position.lifetime
        if position.held == ZERO and not definition.template:
            turn.reply = Refused(
                "no_position",
                f"{record.id}: there is no {key.side} position in {key.symbol}",
            )
            return
        if position.held == ZERO:
            wait(turn, anew, TriggerCause.TEMPLATE_RESET, WaitingFor.POSITION)
            turn.reply = Accepted((record.id,))
            return
    fresh = priced(turn.state, anew)
    crossed = _crossed_now(turn, fresh)
    if crossed:
        turn.reply = Refused(
            "already_crossed", f"{crossed}; amend the level first", record.id
        )
        return
    if isinstance(definition.condition, Immediately):
        turn.reply = Refused("state", f"{record.id} watches no price to rearm for")
        return
    arm(turn, record, TriggerCause.REARMED, lifetime=lifetime)
    turn.reply = Accepted((record.id,))


def on_fire(turn: Turn, command: FireNow) -> None:
    record = _find(turn, command.trigger_id)
    if record is None:
        return
    if record.state is not TriggerState.ARMED:
        turn.reply = Refused(
            "state", f"{record.id} is {record.state}; only an armed trigger is fired"
        )
        return
    fire(turn, record, "command")
    turn.reply = Accepted((record.id,))
