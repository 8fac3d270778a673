"""Facts: what was concluded, and who asked for what. Stored, and logged once each."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

FactValue = str | int | bool | Decimal | None


class FactKind(StrEnum):
    TRIGGER_WAITING = "trigger.waiting"
    TRIGGER_ARMED = "trigger.armed"
    TRIGGER_AMENDED = "trigger.amended"
    TRIGGER_PAUSED = "trigger.paused"
    TRIGGER_RESUMED = "trigger.resumed"
    TRIGGER_CANCELLED = "trigger.cancelled"
    TRIGGER_EXPIRED = "trigger.expired"
    TRIGGER_RETIRED = "trigger.retired"
    TRIGGER_MOVED = "trigger.moved"
    TRIGGER_TRAILING = "trigger.trailing"
    TRIGGER_TIGHTENED = "trigger.tightened"
    TRIGGER_CONFIRMING = "trigger.confirming"
    TRIGGER_CONDITION_LOST = "trigger.condition_lost"
    TRIGGER_UNCERTAIN = "trigger.uncertain"
    TRIGGER_MISSED = "trigger.missed"
    TRIGGER_HIT = "trigger.hit"
    TRIGGER_HELD = "trigger.held"
    TRIGGER_DONE = "trigger.done"
    ORDER_SIGNED = "order.signed"
    ORDER_SENT = "order.sent"
    ORDER_ACKED = "order.acked"
    ORDER_FILLED = "order.filled"
    ORDER_PARTIALLY_FILLED = "order.partially_filled"
    ORDER_REFUSED = "order.refused"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_IN_DOUBT = "order.in_doubt"
    ORDER_RESOLVED = "order.resolved"
    ORDER_ESCALATED = "order.escalated"
    ORDER_UNCONFIRMED = "order.unconfirmed"
    ORDER_ALTERED = "order.altered"
    ORDERS_CANCELLED = "orders.cancelled"
    BACKSTOP_PLACED = "backstop.placed"
    BACKSTOP_WITHDRAWN = "backstop.withdrawn"
    BACKSTOP_FILLED = "backstop.filled"
    BACKSTOP_LOST = "backstop.lost"
    BACKSTOP_REFUSED = "backstop.refused"
    ENTRY_WANTED = "entry.wanted"
    ENTRY_SIGNED = "entry.signed"
    ENTRY_SENT = "entry.sent"
    ENTRY_ACKED = "entry.acked"
    ENTRY_PARTIALLY_FILLED = "entry.partially_filled"
    ENTRY_FILLED = "entry.filled"
    ENTRY_REFUSED = "entry.refused"
    ENTRY_WITHDRAWN = "entry.withdrawn"
    ENTRY_CANCELLED = "entry.cancelled"
    ENTRY_EXPIRED = "entry.expired"
    ENTRY_IN_DOUBT = "entry.in_doubt"
    ENTRY_RESOLVED = "entry.resolved"
    ENTRY_PUT_BACK = "entry.put_back"
    EXIT_FILLED_AT_BROKER = "exit.filled_at_broker"
    EXITS_TAKEN_OVER = "exits.taken_over"
    EXITS_REFUSED = "exits.refused"
    POSITION_OPENED = "position.opened"
    POSITION_CHANGED = "position.changed"
    POSITION_CLOSED = "position.closed"
    POSITION_DOUBTED = "position.doubted"
    PRICE_HELD = "price.held"
    PRICE_UNWATCHED = "price.unwatched"
    ACCOUNT_CONTRADICTED = "account.contradicted"
    ACCOUNT_BARRED = "account.barred"
    ACCOUNT_UNBARRED = "account.unbarred"
    ACCOUNT_SHARED = "account.shared"
    ACCOUNT_TAKEN_OVER = "account.taken_over"
    # These the engine knows nothing of: they are of whoever asks (the audit log).
    CHANGE_MADE = "change.made"
    CHANGE_REFUSED = "change.refused"
    AUTH_REFUSED = "auth.refused"


class Fact(Struct, frozen=True, gc=False):
    """One conclusion. `fire_id` joins everything that follows one hit.

    Quantities in `fields` are base units, prices quote per base unit,
    durations carry their unit in the name.
    """

    kind: FactKind
    ts_ns: int
    account: str = ""
    symbol: str = ""
    trigger_id: str = ""
    fire_id: str = ""
    fields: dict[str, FactValue] = {}
