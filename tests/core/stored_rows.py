"""What a store would hold of an engine's decisions, and what a start loads."""

from __future__ import annotations

from exitd.core.attempt import (
    AttemptRecord,
)
from exitd.core.backstop import BackstopRecord
from exitd.core.condition import Direction
from exitd.core.entry import EntryRecord
from exitd.core.market import Instrument
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    IdempotencyRecord,
    MarketGone,
    SeenRecord,
    Snapshot,
    TriggerGone,
    WatermarksRecord,
)
from exitd.core.state import Decision
from exitd.core.trigger import FireRecord, TriggerRecord


class Rows:
    """What a store would hold: the last record of each row, and what a start loads."""

    def __init__(self) -> None:
        self.rows: dict[object, object] = {}
        self.past: dict[str, TriggerRecord] = {}
        self.gone: dict[tuple[str, str], MarketGone] = {}

    def take(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record, TriggerGone):
                gone = self.rows.pop(("trigger", record.trigger_id))
                assert isinstance(gone, TriggerRecord)
                self.past[gone.id] = gone
            elif isinstance(record, MarketGone):
                self._drop(record)
            else:
                self.rows[_row_key(record)] = record

    def _drop(self, gone: MarketGone) -> None:
        market = (gone.account, gone.symbol)
        self.gone[market] = gone
        self.rows.pop(("instrument", *market), None)
        for side in Side:
            self.rows.pop(PositionKey(*market, side), None)
        for source in gone.sources:
            self.rows.pop(("seen", source), None)
            for way in Direction:
                self.rows.pop(("watermarks", source, way), None)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [record for record in self.rows.values() if type(record) is kind]

    def snapshot(self) -> Snapshot:
        fires = [fire for fire in self.of(FireRecord) if fire.open]
        open_fires = {(fire.trigger_id, fire.arming) for fire in fires}
        attempts = [
            attempt
            for attempt in self.of(AttemptRecord)
            if not attempt.is_ended
            or (attempt.order.attempt.trigger_id, attempt.order.attempt.arming)
            in open_fires
        ]
        triggers = self.of(TriggerRecord)
        return Snapshot(
            triggers=tuple(triggers),
            fires=tuple(fires),
            attempts=tuple(attempts),
            fills=tuple(self.of(FillRecord)),
            positions=tuple(self.of(PositionRecord)),
            counters=tuple(self.of(CounterRecord)),
            idempotency=tuple(self.of(IdempotencyRecord)),
            instruments=tuple(self.of(Instrument)),
            watermarks=tuple(self.of(WatermarksRecord)),
            seen=tuple(self.of(SeenRecord)),
            backstops=tuple(self.of(BackstopRecord)),
            entries=tuple(e for e in self.of(EntryRecord) if not e.is_over),
            # The highest ever given, as a store keeps it.
            seq=max((r.seq for r in (*triggers, *self.past.values())), default=0),
        )


def _row_key(record: object) -> object:
    match record:
        case TriggerRecord():
            return "trigger", record.id
        case FireRecord():
            return "fire", record.trigger_id, record.arming
        case AttemptRecord():
            return record.order.attempt
        case PositionRecord():
            return record.key
        case CounterRecord():
            return "counter", record.account
        case IdempotencyRecord():
            return "idempotency", record.key
        case WatermarksRecord():
            return "watermarks", record.source, record.way
        case SeenRecord():
            return "seen", record.source
        case FillRecord():
            return "fill", record.account, record.symbol, record.trade_id
        case WatermarksRecord():
            return "watermarks", record.source, record.way
        case EntryRecord():
            return "entry", record.id
        case BackstopRecord():
            return "backstop", record.key
        case Instrument():
            return "instrument", record.account, record.symbol
    raise AssertionError(record)
