"""What orders cost: each entry and exit, joined to its alert and to its fills; pure.

    price when the alert was raised ──▶ price that the order asked for ──▶ fills

How that is reckoned is in `exitd.signals.analysing`. For an exit the first price is the
one that hit it, and the second its level; of one that the broker held itself nobody
here saw the price that hit it, so that its level is both.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.core.condition import ConditionKind
from exitd.core.entry import EntryRecord, LegFill, SignalRecord
from exitd.core.position import OrderSide
from exitd.core.records import FillRecord
from exitd.core.simulated import is_simulated
from exitd.core.ticket import Ticket, TicketType
from exitd.core.trigger import FireRecord
from exitd.core.units import HUNDRED, ZERO
from exitd.ports.store import BookedFill, ExitRow
from exitd.signals.analysing import PERCENT_STEP, Analysis, analyse
from exitd.signals.json_form import signal_of
from exitd.signals.model import Direction, Signal
from exitd.signals.reading import UnreadableBody

LIVE, PAPER = "live", "paper"


class Traded(Struct, frozen=True, kw_only=True):
    """One order, or all orders of one firing, and what it cost.

    `kind` is `entry`, `close` (an alert closed with it) or `exit`. `ts_ns` is when the
    alert came in, or when an exit was hit; for an exit that the broker held itself
    (`leg_id`, the broker's id of it) when that ended there. `filled` is in units of the
    quantity, the prices of `analysis` are quote per unit. `slippage_percent` is percent
    of the market price. The times are counted from `ts_ns`: until the order was sent,
    and until the last fill by the broker's clock; None where it has not come to that.
    """

    kind: str
    ts_ns: int
    route: str = ""
    strategy: str = ""
    account: str
    symbol: str
    side: OrderSide
    state: str
    on_paper: bool
    signal_id: str = ""
    entry_id: str = ""
    trigger_id: str = ""
    fire_id: str = ""
    client_order_id: str = ""
    leg_id: str = ""
    filled: Decimal
    executions: int
    analysis: Analysis
    slippage_percent: Decimal | None
    to_order_ns: int | None = None
    to_fill_ns: int | None = None

    @property
    def mode(self) -> str:
        """`paper` where it was simulated, else `live`: what is never summed up."""
        return PAPER if self.on_paper else LIVE


#: Executions by account and the broker's id of their order.
Fills = Mapping[tuple[str, str], list[FillRecord]]


class Stored(Struct, frozen=True, kw_only=True):
    """What the store has. `sent_ns` is when the first order of a firing left.

    Of alerts and entries, older ones too: what is hit now was armed by them.
    """

    signals: tuple[SignalRecord, ...]
    entries: tuple[EntryRecord, ...]
    exits: tuple[ExitRow, ...]
    fills: tuple[BookedFill, ...]
    sent_ns: Mapping[str, int]


def join(
    stored: Stored, ts_from_ns: int, ts_to_ns: int, *, on_paper: bool = False
) -> tuple[Traded, ...]:
    """Give what was asked for in [from, to), oldest first.

    Args:
        stored: All that may belong together.
        ts_from_ns: UTC.
        ts_to_ns: UTC.
        on_paper: Whether every account of the daemon is simulated.
    """
    fills = _by_order(stored)
    found = [*_entries(stored, fills), *_legs(stored, fills), *_exits(stored)]
    inside = [row for row in found if ts_from_ns <= row.ts_ns < ts_to_ns]
    marked = [replace(row, on_paper=on_paper or row.on_paper) for row in inside]
    return tuple(
        sorted(marked, key=lambda row: (row.ts_ns, row.kind, row.fire_id, row.leg_id))
    )


def strangers(stored: Stored) -> int:
    """Count the fills that belong to no entry and no exit: somebody else's."""
    ours = {
        (entry.order.account, id)
        for entry in stored.entries
        for id in (entry.venue_order_id, *entry.legs, *entry.legs_over)
    }
    return sum(
        booked.fire is None
        and (booked.fill.account, booked.fill.venue_order_id) not in ours
        for booked in stored.fills
    )


def _by_order(stored: Stored) -> Fills:
    fills: dict[tuple[str, str], list[FillRecord]] = {}
    for booked in stored.fills:
        order = booked.fill.account, booked.fill.venue_order_id
        fills.setdefault(order, []).append(booked.fill)
    return fills


def _alerts(stored: Stored) -> dict[str, SignalRecord]:
    """Give the alert of each entry."""
    return {signal.entry_id or signal.id: signal for signal in stored.signals}


def _entries(stored: Stored, fills: Fills) -> Iterator[Traded]:
    signals = _alerts(stored)
    for entry in stored.entries:
        mine = fills.get((entry.order.account, entry.venue_order_id), [])
        yield _entry(entry, signals.get(entry.id), mine if entry.venue_order_id else [])


def _legs(stored: Stored, fills: Fills) -> Iterator[Traded]:
    """Give the exits that brokers held themselves, and that have closed something."""
    signals = _alerts(stored)
    for entry in stored.entries:
        for leg in entry.leg_fills:
            mine = fills.get((entry.order.account, leg.leg), [])
            yield _leg(entry, leg, signals.get(entry.id), len(mine))


def _leg(
    entry: EntryRecord, leg: LegFill, record: SignalRecord | None, executions: int
) -> Traded:
    alert, ticket = _signal_in(record), entry.order.ticket
    side = entry.order.key.side.close_side
    told = Signal(
        ticker=ticket.symbol,
        direction=_direction(side),
        order_type=TicketType.STOP,
        market_price=leg.level,
        stop_price=leg.level,
        qty=leg.quantity,
    )
    analysis = analyse(told, leg.average_price)
    return Traded(
        kind="exit",
        ts_ns=leg.ts_venue_ns,
        route="" if record is None else record.route,
        strategy="" if alert is None else _strategy(alert),
        account=entry.order.account,
        symbol=ticket.symbol,
        side=side,
        state=leg.ended,
        on_paper=_is_on_paper(record, entry.order.account),
        signal_id="" if record is None else record.id,
        entry_id=entry.id,
        trigger_id=_exit_of_kind(entry, leg),
        leg_id=leg.leg,
        filled=leg.quantity,
        executions=executions,
        analysis=analysis,
        slippage_percent=_slippage_percent(analysis),
    )


def _exit_of_kind(entry: EntryRecord, leg: LegFill) -> str:
    """Name the trigger that would have taken over from a leg; empty where unknown."""
    is_stop = leg.kind is ConditionKind.STOP_LOSS
    for definition in entry.exits:
        if leg.kind is not None and definition.is_stop is is_stop:
            return definition.id
    return ""


def _entry(
    entry: EntryRecord, record: SignalRecord | None, fills: list[FillRecord]
) -> Traded:
    ticket = entry.order.ticket
    signal = _signal_in(record) or _signal_of_ticket(ticket)
    filled, average = entry.filled, entry.average_price
    if average is None:
        filled, average = _summed(fills)
    market = signal.market_price if entry.market_price is None else entry.market_price
    start_ns = entry.ts_wanted_ns if record is None else record.ts_received_ns
    filled_ns = entry.ts_filled_venue_ns or _last_ns(fills)
    analysis = analyse(_told(signal, market, filled), average)
    return Traded(
        kind="close" if ticket.intent and not ticket.intent.opens else "entry",
        ts_ns=start_ns,
        route="" if record is None else record.route,
        strategy=_strategy(signal),
        account=entry.order.account,
        symbol=ticket.symbol,
        side=ticket.side,
        state=entry.state.value,
        on_paper=_is_on_paper(record, entry.order.account),
        signal_id="" if record is None else record.id,
        entry_id=entry.id,
        client_order_id=ticket.client_order_id,
        filled=filled,
        executions=len(fills),
        analysis=analysis,
        slippage_percent=_slippage_percent(analysis),
        to_order_ns=_since(start_ns, entry.ts_sent_ns),
        to_fill_ns=_since(start_ns, filled_ns if filled > ZERO else 0),
    )


def _exits(stored: Stored) -> Iterator[Traded]:
    by_entry = _alerts(stored)
    armed_by = {
        definition.id: by_entry[entry.id]
        for entry in stored.entries
        if entry.id in by_entry
        for definition in entry.exits
    }
    for signal in stored.signals:
        armed_by |= dict.fromkeys(signal.trigger_ids, signal)
    have_entries = {entry.id for entry in stored.entries}
    for row in stored.exits:
        # What only cancels or tells has traded nothing.
        if row.fire.side is None or not row.fire.attempts:
            continue
        record = armed_by.get(row.fire.trigger_id)
        has_entry = record is not None and (
            (record.entry_id or record.id) in have_entries
        )
        is_close = record is not None and _is_close(row.fire, record, has_entry)
        sent_ns = stored.sent_ns.get(row.fire.fire_id, 0)
        yield _exit(row, record, sent_ns, is_close=is_close)


def _is_close(fire: FireRecord, record: SignalRecord, has_entry: bool) -> bool:
    """Whether an alert asked for this very close, and not only for its level."""
    if fire.trigger_id not in record.trigger_ids:
        return False
    return not has_entry or (fire.cause == "command" and fire.level is None)


def _exit(
    row: ExitRow, record: SignalRecord | None, sent_ns: int, *, is_close: bool
) -> Traded:
    fire = row.fire
    assert fire.side is not None
    alert = _signal_in(record)
    start_ns = record.ts_received_ns if record and is_close else fire.ts_hit_ns
    if is_close and alert is not None:
        told = _told(alert, alert.market_price, fire.filled)
    else:
        told = _signal_of_exit(fire)
    analysis = analyse(told, fire.average_price)
    return Traded(
        kind="close" if is_close else "exit",
        ts_ns=start_ns,
        route="" if record is None else record.route,
        strategy="" if alert is None else _strategy(alert),
        account=fire.account,
        symbol=fire.symbol,
        side=fire.side.close_side,
        state="firing" if fire.open else fire.reason.value,
        on_paper=_is_on_paper(record, fire.account),
        signal_id="" if record is None else record.id,
        entry_id="" if record is None else record.entry_id,
        trigger_id=fire.trigger_id,
        fire_id=fire.fire_id,
        client_order_id="" if record is None else record.client_order_id,
        filled=fire.filled,
        executions=len(row.fills),
        analysis=analysis,
        slippage_percent=_slippage_percent(analysis),
        to_order_ns=_since(start_ns, sent_ns),
        to_fill_ns=_since(start_ns, _last_ns(row.fills)),
    )


def _signal_in(record: SignalRecord | None) -> Signal | None:
    """Read back the alert of a row; None without one, or when it cannot be read."""
    if record is None:
        return None
    try:
        return signal_of(record.body)
    except UnreadableBody:
        return None


def _signal_of_ticket(ticket: Ticket) -> Signal:
    """What an alert said whose row is gone, as far as its order still says it."""
    return Signal(
        ticker=ticket.symbol,
        direction=_direction(ticket.side),
        order_type=ticket.order,
        limit_price=ticket.limit_price,
        stop_price=ticket.stop_price,
        trail_price=ticket.trail_price,
        trail_percent=ticket.trail_percent,
    )


def _signal_of_exit(fire: FireRecord) -> Signal:
    """Put an exit into the terms of an alert: a stop at its level.

    Where there is no level of this market, it asks for the price that was seen.
    """
    assert fire.side is not None
    is_own = fire.source.is_of(fire.account, fire.symbol)
    observed = fire.observed if is_own else None
    level = observed if fire.own_level is None else fire.own_level
    return Signal(
        ticker=fire.symbol,
        direction=_direction(fire.side.close_side),
        order_type=TicketType.STOP,
        market_price=observed,
        stop_price=level,
        qty=fire.filled if fire.filled > ZERO else None,
    )


def _told(signal: Signal, market: Decimal | None, filled: Decimal) -> Signal:
    """The alert, for what has filled of it; a fill that it tells itself is no fill."""
    quantity = filled if filled > ZERO else None
    return replace(signal, market_price=market, qty=quantity, extra={})


def _direction(side: OrderSide) -> Direction:
    return Direction.LONG if side is OrderSide.BUY else Direction.SHORT


def _strategy(signal: Signal) -> str:
    named = signal.metadata.get("strategy")
    return named.strip() if isinstance(named, str) else ""


def _is_on_paper(record: SignalRecord | None, account: str) -> bool:
    return is_simulated(account) or (record is not None and record.is_paper)


def _slippage_percent(analysis: Analysis) -> Decimal | None:
    slippage, market = analysis.execution_slippage, analysis.market_price
    if slippage is None or market is None:
        return None
    return (slippage * HUNDRED / market).quantize(PERCENT_STEP, ROUND_HALF_UP)


def _summed(fills: Iterable[FillRecord]) -> tuple[Decimal, Decimal | None]:
    known = tuple(fills)
    quantity = sum((fill.quantity for fill in known), ZERO)
    if quantity == ZERO:
        return ZERO, None
    return quantity, sum((f.quantity * f.price for f in known), ZERO) / quantity


def _last_ns(fills: Iterable[FillRecord]) -> int:
    return max((fill.ts_venue_ns for fill in fills), default=0)


def _since(start_ns: int, ts_ns: int) -> int | None:
    return ts_ns - start_ns if ts_ns else None
