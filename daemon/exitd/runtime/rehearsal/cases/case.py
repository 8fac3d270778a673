"""A case: one course of prices and what must come of it, ready to be rehearsed."""

from decimal import Decimal

from msgspec import Struct

from exitd.configuration.document import Document, Path
from exitd.core.market import Instrument
from exitd.core.policy import Policies
from exitd.core.trigger import TriggerDefinition
from exitd.runtime.rehearsal.prices import Candle, Price
from exitd.runtime.rehearsal.rehearsal import Opening, Sessions
from exitd.runtime.rehearsal.venue import Costs


class Expected(Struct, frozen=True, kw_only=True):
    """What must fire; `path` leads to it in its file. None: anything will do."""

    path: Path
    trigger_id: str
    at_ns: int | None
    close: Decimal | None
    near: Decimal | None
    order: str | None
    action: str | None


class Change(Struct, frozen=True):
    """A position as it is from an instant on."""

    at_ns: int
    opening: Opening


class Case(Struct, frozen=True, kw_only=True):
    """Instants are UTC; `name` is empty where its file holds one case only."""

    name: str
    path: Path
    document: Document
    start_ns: int
    until_ns: int
    costs: Costs
    tolerance_percent: Decimal
    policies: Policies
    instruments: dict[tuple[str, str], Instrument]
    sessions: Sessions
    definitions: tuple[TriggerDefinition, ...]
    changes: tuple[Change, ...]
    prices: tuple[Price | Candle, ...]
    expected: tuple[Expected, ...]
    nothing_else: bool
