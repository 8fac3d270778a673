"""Why a firing cannot send now, and when it looks again."""

from msgspec.structs import replace

from exitd.core.events import FactKind
from exitd.core.inputs import SlotHeld
from exitd.core.intents import RefreshInstrument
from exitd.core.market import Instrument
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.state import Timer, TimerKind
from exitd.core.trigger import FireRecord, TriggerRecord
from exitd.core.turn import Turn
from exitd.core.units import NS_PER_MS, NS_PER_S

OPEN_AGAIN = "an earlier close of it that was taken for ended is there again"
STOP_FIRES = "a stop of the position is firing"
#: How often a firing that needs a price looks again for one.
_PRICE_PATIENCE_NS = 200 * NS_PER_MS
#: How often a firing asks again for a position that nobody has shown.
_PROOF_PATIENCE_NS = 500 * NS_PER_MS
#: How often a stop whose bound cannot be met looks whether it can, while others go.
REACH_PATIENCE_NS = NS_PER_S


def hold(
    turn: Turn,
    record: TriggerRecord,
    fired: FireRecord,
    why: str,
    *,
    alert: bool = False,
) -> None:
    """Note why a firing cannot send now; what it waits for asks for its slot."""
    if fired.held_by == why:
        return
    turn.put_fire(replace(fired, held_by=why))
    turn.fact(FactKind.TRIGGER_HELD, record, fired=True, why=why, alert=alert)


def waits_for_itself(
    turn: Turn, record: TriggerRecord, key: PositionKey, fired: FireRecord
) -> bool:
    """Whether an attempt of a firing is open: sent beside it, the next closes it twice.

    One that was taken for ended may be there again; it is taken back.
    """
    mine = (fired.trigger_id, fired.arming)
    opened = [
        attempt.order.attempt.n
        for attempt in turn.state.open_attempts_on(key)
        if (attempt.order.attempt.trigger_id, attempt.order.attempt.arming) == mine
    ]
    if opened and max(opened) < fired.attempts:
        hold(turn, record, fired, OPEN_AGAIN)
    return bool(opened)


def on_slot_held(turn: Turn, slot: SlotHeld) -> None:
    """Tell that a close waits for something outside; its slot opens after that."""
    fired = turn.state.fires.get(slot.trigger_id)
    if fired is not None and fired.arming == slot.arming:
        record = turn.state.triggers[slot.trigger_id]
        hold(turn, record, fired, slot.why, alert=True)


def waits_for_proof(
    turn: Turn, record: TriggerRecord, fired: FireRecord, position: PositionRecord
) -> bool:
    """Hold a close that only its size keeps from opening the other side.

    Until the venue has shown the position, nobody knows what it may take.
    """
    capabilities = turn.state.capabilities[position.key.account]
    if capabilities.reduce_only or position.proven:
        return False
    hold(turn, record, fired, "the venue has not shown its position yet")
    retry_in(turn, turn.state.fires[record.id], _PROOF_PATIENCE_NS)
    return True


def look_again(turn: Turn, record: TriggerRecord, fired: FireRecord, why: str) -> None:
    """Hold a firing until a price is there, and look for one soon."""
    hold(turn, record, fired, why)
    retry_in(turn, turn.state.fires[record.id], _PRICE_PATIENCE_NS)


def wait_for_book(
    turn: Turn, record: TriggerRecord, fired: FireRecord, instrument: Instrument
) -> None:
    """Hold a firing while the market takes no order that it could send."""
    state_now = instrument.book_state.value.replace("_", "-")
    hold(turn, record, fired, f"the order book is {state_now}")
    turn.intend(RefreshInstrument(instrument.account, instrument.symbol))
    retry_in(turn, turn.state.fires[record.id], NS_PER_S)


def retry_in(turn: Turn, fired: FireRecord, delay_ns: int) -> None:
    """Let the next attempt leave after a delay (above zero) and set its timer."""
    later = replace(fired, due_ns=turn.now_ns + delay_ns)
    turn.put_fire(later)
    turn.at(Timer(later.due_ns, TimerKind.RETRY, later.trigger_id, later.arming))
