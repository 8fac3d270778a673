"""From the engine's records to what people see; reads, never changes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from exitd.configuration.watching import watched_elsewhere
from exitd.core.attempt import AttemptKey, AttemptRecord, AttemptState
from exitd.core.backstop import BackstopState
from exitd.core.condition import Direction
from exitd.core.inputs import OrderReport
from exitd.core.market import PriceKind, PriceSource
from exitd.core.position import OrderSide, PositionKey, PositionRecord, Side
from exitd.core.resting import level_now, watermark_now
from exitd.core.schedule import due_of
from exitd.core.state import State
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    FireRecord,
    Notify,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.core.units import HUNDRED, NS_PER_MS, NS_PER_S, text
from exitd.core.wording import asked_text, condition_word, quantity_text
from exitd.ports.store import StoredFact
from exitd.runtime.flow_views import OpenOrderView
from exitd.runtime.protect import Hole
from exitd.runtime.trigger_words import further_words
from exitd.runtime.views import FactView, FeedView, FireView, PositionView, TriggerView

FILE_OWNER = "file:"
_WORKING = (AttemptState.WORKING, AttemptState.PARTIALLY_FILLED)
_PERCENT = Decimal("0.01")


class Prices(Protocol):
    """How old prices are, by what the runtime knows of their feeds."""

    def is_stale(self, source: PriceSource) -> bool: ...

    def is_asked(self, source: PriceSource) -> bool: ...

    def price_age_ns(self, source: PriceSource) -> int | None: ...


def timestamp(ts_ns: int) -> str:
    """Write UTC nanoseconds as RFC 3339, all nine digits of the second."""
    seconds, fraction_ns = divmod(ts_ns, NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    return f"{whole}.{fraction_ns:09d}Z"


def timestamp_or_none(ts_ns: int | None) -> str | None:
    return timestamp(ts_ns) if ts_ns else None


def text_or_none(number: Decimal | None) -> str | None:
    return text(number) if number is not None else None


def percent_text(share: Decimal) -> str:
    return format(share.quantize(_PERCENT), "f")


def file_place(owner: str) -> str | None:
    """Give `path:line` of a trigger that a file owns, None for others."""
    return owner.removeprefix(FILE_OWNER) if owner.startswith(FILE_OWNER) else None


def distance(definition: TriggerDefinition, level: Decimal, price: Decimal) -> Decimal:
    """Give how far *price* has to go to *level*; zero or below: it is there."""
    falls = definition.direction is Direction.FALLING
    return price - level if falls else level - price


def distance_percent(
    definition: TriggerDefinition, level: Decimal, price: Decimal
) -> Decimal | None:
    """Give the distance in percent of the price; None for a spread."""
    if definition.source.is_spread:
        return None
    return distance(definition, level, price) / price * HUNDRED


def attempts_of(state: State, fired: FireRecord) -> list[AttemptRecord]:
    """Give the attempts of a firing that are still remembered."""
    keys = (
        AttemptKey(fired.trigger_id, fired.arming, n + 1) for n in range(fired.attempts)
    )
    return [state.attempts[key] for key in keys if key in state.attempts]


def slippage_percent(fired: FireRecord) -> Decimal | None:
    """Give the average fill against the level, positive when worse for us.

    None where another market was watched, which says nothing of this one's price.
    """
    reference = fired.level if fired.level is not None else fired.observed
    average = fired.average_price
    if reference is None or average is None or fired.side is None:
        return None
    if watched_market(fired) is not None:
        return None
    sells = fired.side.close_side is OrderSide.SELL
    worse = reference - average if sells else average - reference
    return worse / reference * HUNDRED


def fire_view(
    fired: FireRecord, attempts: tuple[AttemptRecord, ...] | list[AttemptRecord] = ()
) -> FireView:
    gap = None
    if (
        fired.level is not None
        and fired.observed is not None
        and not fired.source.is_spread
    ):
        gap = abs(fired.observed - fired.level) / fired.level * HUNDRED
    slipped = slippage_percent(fired)
    average = fired.average_price
    return FireView(
        fire_id=fired.fire_id,
        trigger_id=fired.trigger_id,
        arming=fired.arming,
        account=fired.account,
        symbol=fired.symbol,
        side=fired.side.value if fired.side is not None else None,
        cause=fired.cause,
        level=text_or_none(fired.level),
        observed=text_or_none(fired.observed),
        gap_percent=percent_text(gap) if gap is not None else None,
        source=str(fired.source),
        watch=watched_market(fired),
        attempts=fired.attempts,
        filled=text(fired.filled),
        average_price=text_or_none(average),
        slippage_percent=percent_text(slipped) if slipped is not None else None,
        fee=text(fired.fee),
        fee_asset=fired.fee_asset,
        pnl=text_or_none(fired.pnl),
        cancelled_orders=fired.cancelled_orders,
        held_by=fired.held_by,
        orders=tuple(a.venue_order_id for a in attempts if a.venue_order_id),
        is_open=fired.open,
        reason=fired.reason.value,
        ts_venue=timestamp(fired.ts_venue_ns),
        ts_recv=timestamp(fired.ts_recv_ns),
        ts_hit=timestamp(fired.ts_hit_ns),
        ts_done=timestamp_or_none(fired.ts_done_ns),
    )


def open_fire_view(state: State, trigger_id: str) -> FireView | None:
    """Show the firing of a trigger that is under way, None without one."""
    fired = state.fires.get(trigger_id)
    if fired is None:
        return None
    return fire_view(fired, attempts_of(state, fired))


def shown_state(state: State, record: TriggerRecord, prices: Prices | None) -> str:
    """Give the one word that people see for a trigger."""
    match record.state:
        case TriggerState.DONE:
            return record.reason.value
        case TriggerState.FIRING:
            fired = state.fires.get(record.id)
            attempt = state.open_attempt_of(fired) if fired is not None else None
            is_working = attempt is not None and attempt.state in _WORKING
            return "working" if is_working else "firing"
        case _ if record.paused:
            return "paused"
        case TriggerState.WAITING:
            return "waiting"
        case TriggerState.ARMED:
            watches = record.definition.watches_price
            source = record.definition.source
            if watches and prices is not None and prices.is_stale(source):
                return "stale"
            return "confirming" if is_confirming(state, record) else "armed"


def is_confirming(state: State, record: TriggerRecord) -> bool:
    """Whether its level was crossed and waits for its confirmation."""
    if record.confirm_ns:
        return True
    book = state.books.get(record.definition.source)
    return book is not None and record.id in book.counting


def _cancel_words(action: Cancel) -> str:
    if action.scope is CancelScope.ONE:
        return action.client_order_id
    return action.scope.value


def action_words(definition: TriggerDefinition) -> tuple[str, str | None]:
    """Give what a trigger does in a file's word, and which orders it cancels."""
    match definition.action:
        case Close():
            return "close", None
        case Cancel() as cancel:
            return "cancel", _cancel_words(cancel)
        case CancelAndClose(cancel=cancel):
            return "cancel_and_close", _cancel_words(cancel)
        case Notify():
            return "notify", None


def watched_market(watching: TriggerDefinition | FireRecord) -> str | None:
    """Name what is watched, where that is not just the own market."""
    place = watching.account, watching.symbol
    return watched_elsewhere(watching.source, *place) or None


def _distance_text(
    record: TriggerRecord, level: Decimal | None, price: Decimal | None
) -> str | None:
    if level is None or price is None or record.state is TriggerState.DONE:
        return None
    away = distance_percent(record.definition, level, price)
    return percent_text(away) if away is not None else None


def trigger_view(
    state: State,
    record: TriggerRecord,
    prices: Prices | None,
    fire: FireView | None = None,
) -> TriggerView:
    """Show a trigger; *fire* is its last firing where none is under way."""
    definition = record.definition
    condition, source, close = definition.condition, definition.source, definition.close
    watches = definition.watches_price
    level = level_now(state, record)
    price = state.last_price(source) if watches else None
    age_ns = prices.price_age_ns(source) if watches and prices is not None else None
    action, cancels = action_words(definition)
    limit = close.slippage_limit if close is not None else None
    return TriggerView(
        id=record.id,
        account=definition.account,
        symbol=definition.symbol,
        side=definition.side.value if definition.side is not None else None,
        position=str(definition.key) if definition.key is not None else None,
        kind=condition_word(condition),
        level=text_or_none(level),
        asked=asked_text(condition),
        watermark=text_or_none(watermark_now(state, record)),
        confirms=timestamp_or_none(record.confirm_ns),
        due=timestamp_or_none(due_of(state, record)),
        unseen=record.unseen if record.state is TriggerState.ARMED else "",
        missed=timestamp_or_none(record.missed_ns),
        words=further_words(definition),
        watch=watched_market(definition),
        price_kind=source.kind.value,
        feed=source.feed,
        candle=source.candle,
        price=text_or_none(price),
        price_age_ms=age_ns // NS_PER_MS if age_ns is not None else None,
        distance_percent=_distance_text(record, level, price),
        action=action,
        quantity=quantity_text(close.quantity) if close is not None else None,
        order=close.order.value if close is not None else None,
        slippage_limit=f"{text(limit)}%" if limit is not None else None,
        cancels=cancels,
        owner=definition.owner,
        file=file_place(definition.owner),
        state=shown_state(state, record, prices),
        waiting_for=record.waiting_for.value,
        paused=record.paused,
        is_done=record.state is TriggerState.DONE,
        is_stop=definition.is_stop,
        arming=record.arming,
        once=definition.once,
        expires=timestamp_or_none(definition.expires_ns),
        note=definition.note,
        ts_armed=timestamp_or_none(record.ts_armed_ns),
        ts_changed=timestamp(record.ts_changed_ns),
        fire=open_fire_view(state, record.id) or fire,
    )


def is_protecting(state: State, record: TriggerRecord, prices: Prices | None) -> bool:
    """Whether a stop watches its position now, or is closing it.

    A trail that has not begun is none yet, and what acts at a time never is.
    """
    shown = shown_state(state, record, prices)
    watches = record.protects and shown in ("armed", "confirming")
    return watches or (record.definition.is_stop and shown in ("firing", "working"))


def position_view(
    state: State,
    position: PositionRecord,
    hole: Hole | None,
    *,
    active: tuple[str, ...],
    protected_by: tuple[str, ...],
) -> PositionView:
    """Show a position; *hole* is what the protection audit found on it.

    *active* are its triggers that are not done, *protected_by* the stops among them
    that protect it now.
    """
    key = position.key
    mark = state.last_price(PriceSource(key.account, key.symbol, PriceKind.MARK))
    return PositionView(
        key=str(key),
        account=key.account,
        symbol=key.symbol,
        side=key.side.value,
        quantity=text(position.live),
        entry_price=text_or_none(position.entry_price),
        mark=text_or_none(mark),
        is_proven=position.proven,
        is_protected=hole is None,
        protected_by=protected_by,
        unprotected=hole.reason if hole is not None else "",
        triggers=active,
        lifetime=position.lifetime,
        ts_opened=timestamp_or_none(position.ts_opened_ns),
        backstop=_resting_backstop(state, key),
    )


def _resting_backstop(state: State, key: PositionKey) -> str | None:
    found = state.backstops.get(key)
    if found is None or found.state is not BackstopState.RESTING:
        return None
    return text(found.level)


def feed_view(
    state: State, source: PriceSource, prices: Prices | None, triggers: int
) -> FeedView:
    age_ns = prices.price_age_ns(source) if prices is not None else None
    return FeedView(
        source=str(source),
        account=source.feed,
        symbol=source.symbol,
        price_kind=source.kind.value,
        price=text_or_none(state.last_price(source)),
        age_ms=age_ns // NS_PER_MS if age_ns is not None else None,
        is_stale=prices is None or prices.is_stale(source),
        is_asked=prices is not None and prices.is_asked(source),
        triggers=triggers,
    )


def fact_view(stored: StoredFact) -> FactView:
    fact = stored.fact
    return FactView(
        seq=stored.seq,
        ts=timestamp(fact.ts_ns),
        event=fact.kind.value,
        account=fact.account,
        symbol=fact.symbol,
        trigger_id=fact.trigger_id,
        fire_id=fact.fire_id,
        fields={
            name: text(value) if isinstance(value, Decimal) else value
            for name, value in fact.fields.items()
        },
    )


def parse_position_key(written: str) -> PositionKey | None:
    """Read `account/symbol/side`; None when it is not of that form."""
    parts = written.split("/")
    if len(parts) != 3 or parts[2] not in (Side.LONG, Side.SHORT):
        return None
    return PositionKey(parts[0], parts[1], Side(parts[2]))


def open_order_view(order: OrderReport) -> OpenOrderView:
    return OpenOrderView(
        id=order.venue_order_id,
        client_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        quantity=text_or_none(order.quantity),
        price=text_or_none(order.price),
        reduce_only=order.reduce_only,
        is_trigger=order.is_trigger,
        trigger_price=text_or_none(order.trigger_price),
        status=order.status.value,
    )
