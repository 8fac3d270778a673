"""Which part of the core takes in which input."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from exitd.core import (
    ages,
    arming,
    backstops,
    barrier,
    closing,
    commands,
    doubt,
    entries,
    evidence,
    files,
    firing,
    first_ids,
    forgetting,
    holes,
    lifetimes,
    refusing,
    replacing,
    standby,
    unlisted,
    withdrawing,
)
from exitd.core.backstop import BackstopRefused, BackstopsListed
from exitd.core.barrier_inputs import FirstIdsSearched, FirstIdsWanted, RunEnded
from exitd.core.ending import ask_slot, end_fire
from exitd.core.entry_inputs import (
    Enter,
    EntryNotFound,
    EntryRefused,
    EntrySent,
    EntrySigned,
    EntrySlotOpened,
    EntryUnanswered,
    LegGone,
    LegsMissing,
    WithdrawEntry,
)
from exitd.core.events import FactKind
from exitd.core.holding import on_slot_held
from exitd.core.hole_inputs import HoleFilled, HoleFound, HoleUnknown, SourcesSeen
from exitd.core.inputs import (
    Amend,
    ApplyFiles,
    Arm,
    AttemptRefused,
    AttemptSent,
    AttemptSigned,
    AttemptUnanswered,
    CancelsConfirmed,
    CancelTrigger,
    ClosePosition,
    FillReport,
    FireNow,
    InstrumentReport,
    NothingFound,
    OrderReport,
    Pause,
    PositionReport,
    PositionsDoubted,
    Rearm,
    ReplaceTriggers,
    Resume,
    SessionsKnown,
    SlotHeld,
    SlotOpened,
    SourceJudged,
    TimePassed,
    VenueTimeRead,
)
from exitd.core.judging import on_judged
from exitd.core.lifecycle import TriggerCause
from exitd.core.past_inputs import ForgetDone, Recall
from exitd.core.resting import watch_time
from exitd.core.takeover import TakeOver
from exitd.core.timers import on_timer
from exitd.core.trigger import (
    DoneReason,
    TriggerState,
)
from exitd.core.turn import Turn

Handler = Callable[[Turn, Any], None]


def _on_time(turn: Turn, passed: TimePassed) -> None:
    for timer in turn.state.pop_due(passed.now_ns):
        on_timer(turn, timer)


def _on_instrument(turn: Turn, report: InstrumentReport) -> None:
    instrument = report.instrument
    market = (instrument.account, instrument.symbol)
    turn.state.markets_read_ns[market] = turn.now_ns
    known = turn.state.instruments.get(market)
    if known != instrument:
        turn.put_instrument(instrument)


def _on_sessions(turn: Turn, known: SessionsKnown) -> None:
    state = turn.state
    state.sessions[known.calendar] = known.sessions
    for record in state.goers_by(known.calendar):
        if record.state is TriggerState.ARMED:
            watch_time(turn, record)


def _on_cancelled(turn: Turn, confirmed: CancelsConfirmed) -> None:
    fired = turn.state.fires.get(confirmed.trigger_id)
    if fired is None or fired.arming != confirmed.arming:
        return
    record = turn.state.triggers[confirmed.trigger_id]
    fired = replace(
        fired, is_cancel_confirmed=True, cancelled_orders=confirmed.cancelled
    )
    turn.put_fire(fired)
    turn.fact(
        FactKind.ORDERS_CANCELLED, record, fired=True, cancelled=confirmed.cancelled
    )
    if record.definition.close is None:
        end_fire(turn, record, fired, TriggerCause.ACTED, DoneReason.ACTED)
    else:
        ask_slot(turn, record)


HANDLERS: dict[type, Handler] = {
    TimePassed: _on_time,
    InstrumentReport: _on_instrument,
    PositionReport: lifetimes.on_position,
    PositionsDoubted: lifetimes.on_doubted,
    SourcesSeen: holes.on_seen,
    HoleFound: holes.on_found,
    HoleFilled: holes.on_filled,
    HoleUnknown: holes.on_unknown,
    SessionsKnown: _on_sessions,
    SourceJudged: on_judged,
    VenueTimeRead: ages.on_venue_time,
    SlotOpened: firing.on_slot,
    AttemptSigned: firing.on_signed,
    AttemptSent: firing.on_sent,
    OrderReport: evidence.on_order,
    FillReport: evidence.on_fill,
    AttemptRefused: refusing.on_refused,
    AttemptUnanswered: doubt.on_unanswered,
    NothingFound: doubt.on_nothing_found,
    CancelsConfirmed: _on_cancelled,
    Arm: arming.on_arm,
    Amend: arming.on_amend,
    ReplaceTriggers: replacing.on_replace,
    ClosePosition: closing.on_close,
    CancelTrigger: commands.on_cancel,
    Pause: commands.on_pause,
    Resume: commands.on_resume,
    Rearm: commands.on_rearm,
    FireNow: commands.on_fire,
    ApplyFiles: files.on_apply,
    Enter: entries.on_enter,
    WithdrawEntry: withdrawing.on_withdraw,
    EntrySlotOpened: entries.on_slot,
    EntrySigned: entries.on_signed,
    EntrySent: entries.on_sent,
    EntryRefused: entries.on_refused,
    EntryUnanswered: entries.on_unanswered,
    EntryNotFound: unlisted.on_not_found,
    LegGone: unlisted.on_leg_gone,
    LegsMissing: unlisted.on_legs_missing,
    BackstopRefused: backstops.on_refused,
    BackstopsListed: backstops.on_listed,
    SlotHeld: on_slot_held,
    TakeOver: standby.on_take_over,
    FirstIdsSearched: barrier.on_searched,
    FirstIdsWanted: first_ids.on_wanted,
    RunEnded: first_ids.on_run_ended,
    ForgetDone: forgetting.on_forget,
    Recall: forgetting.on_recall,
}
