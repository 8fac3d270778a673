"""From an alert to what is to be done for it; pure, and never a reverse.

An alert says which side it trades, not whether that opens or closes: its
`positionIntent` says so, or else the position that is held. What is held on the other
side is reduced, never more than there is, and nothing opens in the same step.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.webhook import Route
from exitd.core.entry import EntryOrder, SignalRecord
from exitd.core.market import Instrument, PriceKind, PriceSource
from exitd.core.position import OrderSide, PositionKey, Side
from exitd.core.state import State
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.trigger import WHOLE, Quantity, QuantityKind, TriggerDefinition
from exitd.core.units import ZERO, floor_to_step, text
from exitd.core.withdrawing import open_entries
from exitd.runtime.signals.closing_time import close_time
from exitd.runtime.signals.guards import (
    close_trigger,
    exit_triggers,
    owner_of,
    source_of,
    trail_of,
    trailing_exit,
)
from exitd.runtime.signals.lateness import late_close
from exitd.runtime.signals.limits import (
    Counted,
    opens_too_much,
    too_much,
    wrong_hours,
    wrong_symbol,
)
from exitd.runtime.signals.plans import (
    Plan,
    PlanClose,
    PlanEntry,
    PlanNothing,
    PlanTrigger,
)
from exitd.signals.assets import asset_class_of, symbol_of
from exitd.signals.model import Signal
from exitd.signals.platforms.alpaca import ALPACA, time_in_force
from exitd.signals.platforms.order import Refused
from exitd.signals.platforms.rounding import rounded
from exitd.signals.tickets import NO_SIZE, NoTicket, Size, attached_of, ticket_of
from exitd.signals.transforming import TRANSFORMS

_ANY_SIZE = Size(quantity=Decimal(1))
_KINDS = (PriceKind.LAST, PriceKind.MARK, PriceKind.INDEX)


class Asked(Struct, frozen=True, kw_only=True):
    """One alert, and where it is to be carried out.

    `kind` is the account's type under `venues:`; `can_enter` says whether entries can
    be sent there, and `is_paper` that it is a simulated one.
    """

    signal: Signal
    record: SignalRecord
    route_name: str
    route: Route
    account: str
    kind: str
    can_enter: bool
    is_paper: bool = False


def symbol_for(signal: Signal, route: Route) -> str:
    """Give the market that an alert is about, as brokers write it."""
    ticker = signal.ticker or ""
    return symbol_of(ticker, _class_of(signal, route))


def _class_of(signal: Signal, route: Route) -> AssetClass:
    if route.asset_class is not None:
        return AssetClass(route.asset_class)
    return asset_class_of(signal.ticker or "")


def decide(asked: Asked, state: State, counted: Counted) -> Plan:
    """Say what an alert comes to, by its route and by what is held."""
    signal, route, name = asked.signal, asked.route, asked.route_name
    if signal.ticker is None or signal.direction is None:
        return PlanNothing(sentence="ticker and direction are required")
    symbol = symbol_for(signal, route)
    instrument = state.instruments.get((asked.account, symbol))
    wrong = wrong_hours(name, route.hours, counted) or wrong_symbol(
        name, route, signal.ticker, symbol
    )
    if wrong:
        return PlanNothing(sentence=wrong)
    if instrument is None:
        return PlanNothing(
            sentence=f"{asked.account} has no market {symbol}; write the ticker as the "
            "broker does"
        )
    reduces = _reduced_by(signal.direction.side, asked.account, symbol)
    held, intent = state.position(reduces).live, signal.intent
    if intent is None:
        is_close = held > ZERO
    else:
        is_close = not intent.opens
        if is_close and held == ZERO and open_entries(state, reduces):
            return _taking_back(asked, reduces)
        if is_close and held == ZERO:
            return PlanNothing(
                sentence=f"positionIntent '{intent.value}' closes, and there is no "
                f"{reduces.side} position in {symbol}"
            )
        if not is_close and held > ZERO:
            return PlanNothing(
                sentence=f"positionIntent '{intent.value}' opens, and a {reduces.side} "
                f"position of {text(held)} {symbol} is held; close it first"
            )
    if is_close:
        late = late_close(
            name,
            route,
            asked.record,
            state.position(reduces),
            state.entries_on(reduces),
            counted.now_ns,
        )
        if late:
            return PlanNothing(sentence=late)
        return _closing(asked, state, instrument, reduces, held, counted.now_ns)
    return _opening(asked, state, instrument, counted)


def _reduced_by(side: OrderSide, account: str, symbol: str) -> PositionKey:
    held = Side.LONG if side is OrderSide.SELL else Side.SHORT
    return PositionKey(account, symbol, held)


def _closing(
    asked: Asked,
    state: State,
    instrument: Instrument,
    key: PositionKey,
    held: Decimal,
    now_ns: int,
) -> Plan:
    signal, route, name = asked.signal, asked.route, asked.route_name
    if "close" not in route.allow:
        return _only_opens(name)
    ticket = _ticket(asked, instrument, _ANY_SIZE)
    if isinstance(ticket, PlanNothing):
        return ticket
    wrong = too_much(name, route, signal.qty)
    if wrong:
        return PlanNothing(sentence=wrong)
    price = price_known(state, key.account, key.symbol, signal)
    quantity, amount = _how_much(asked, instrument, held, price)
    if amount is None:
        return PlanNothing(
            sentence="no price is known that makes a quantity of the notional; give "
            "a qty"
        )
    time = close_time(ticket, asked.kind, now_ns, is_paper=asked.is_paper)
    if time.wrong:
        return PlanNothing(sentence=time.wrong)
    id, source = asked.record.id, source_of(key, route.price)
    why = _why_close(signal, key, held, amount, time.notes)
    if ticket.order is TicketType.MARKET:
        return PlanClose(
            id=f"{id}/close",
            owner=owner_of(name),
            key=key,
            quantity=quantity,
            source=source,
            sentence=f"closes {why} now",
        )
    definition = close_trigger(
        ticket,
        id=id,
        route=name,
        key=key,
        source=source,
        quantity=quantity,
        time=time,
    )
    return PlanTrigger(
        definition=definition,
        sentence=f"closes {why} by {definition.id}, a {ticket.order.value} order that "
        "exitd holds",
    )


def _taking_back(asked: Asked, key: PositionKey) -> Plan:
    """Nothing is held yet: what would open it is taken back."""
    route, name = asked.route, asked.route_name
    if "close" not in route.allow:
        return _only_opens(name)
    return PlanClose(
        id=f"{asked.record.id}/close",
        owner=owner_of(name),
        key=key,
        quantity=WHOLE,
        source=source_of(key, route.price),
        sentence=f"no {key.side} position in {key.symbol} is held yet",
    )


def _only_opens(name: str) -> PlanNothing:
    return PlanNothing(
        sentence="this alert would close, and the route only opens; set "
        f"webhook.routes.{name}.allow: [open, close]"
    )


def _how_much(
    asked: Asked, instrument: Instrument, held: Decimal, price: Decimal | None
) -> tuple[Quantity, Decimal | None]:
    """Give how much is closed, never more than is held; None where nobody knows.

    An alert without a size closes all, unless it says nothing of closing and the route
    has a size for it.
    """
    signal, size = asked.signal, asked.route.size
    quantity, notional = signal.qty, signal.notional
    if quantity is None and notional is None and signal.intent is None and size:
        quantity, notional = size.qty, size.notional
    if quantity is None and notional is not None:
        if not price:
            return WHOLE, None
        quantity = max(
            floor_to_step(notional / price, instrument.quantity_step),
            instrument.min_quantity,
        )
    if quantity is None or quantity >= held:
        return WHOLE, held
    return Quantity(QuantityKind.ABSOLUTE, quantity), quantity


def _why_close(
    signal: Signal,
    key: PositionKey,
    held: Decimal,
    amount: Decimal,
    notes: tuple[str, ...],
) -> str:
    """Say what is closed, and what of the alert is not done, if anything."""
    said = f"{text(amount)} of {text(held)} {key.symbol} {key.side}"
    if signal.intent is None:
        said += " (inferred: a position on the other side is reduced before anything)"
    if signal.qty is not None and signal.qty > held:
        said += f", not {text(signal.qty)}, as nothing reverses,"
    if signal.has_exits:
        said += ", without its exits,"
    for note in notes:
        said += f", {note},"
    return said


def _opening(
    asked: Asked, state: State, instrument: Instrument, counted: Counted
) -> Plan:
    signal, route, name = asked.signal, asked.route, asked.route_name
    place = f"webhook.routes.{name}"
    if "open" not in route.allow:
        return PlanNothing(
            sentence="this alert would open a position, and the route only closes; set "
            f"{place}.allow: [open, close]"
        )
    if not asked.can_enter:
        return PlanNothing(
            sentence=f"{asked.account} is an account of type {asked.kind}, where exitd "
            f"sends closes only; name another under {place}.venues"
        )
    size = route.size
    default = Size(quantity=size.qty, notional=size.notional) if size else None
    ticket = _ticket(asked, instrument, default)
    if isinstance(ticket, PlanNothing):
        return ticket
    price = price_known(state, asked.account, ticket.symbol, signal)
    if ticket.limit_price is not None:
        price = max(price or ZERO, ticket.limit_price)
    elif ticket.stop_price is not None:
        price = max(price or ZERO, ticket.stop_price)
    wrong = opens_too_much(name, route, ticket, price, counted)
    if wrong:
        return PlanNothing(sentence=wrong)
    return _entry(asked, instrument, ticket)


def _ticket(
    asked: Asked, instrument: Instrument, size: Size | None
) -> Ticket | PlanNothing:
    """Make the order of an alert, on the steps of its market."""
    ticket = ticket_of(
        asked.signal,
        asset_class=_class_of(asked.signal, asked.route),
        size=size,
        client_order_id=asked.record.broker_id,
    )
    if isinstance(ticket, NoTicket):
        problems = "; ".join(ticket.problems)
        if NO_SIZE in ticket.problems:
            problems += f"; or set webhook.routes.{asked.route_name}.size"
        return PlanNothing(sentence=problems)
    found = rounded(ticket, instrument.price_step)
    if isinstance(found, Refused):
        return PlanNothing(sentence=found.sentence)
    return found


def _entry(asked: Asked, instrument: Instrument, ticket: Ticket) -> Plan:
    step = instrument.quantity_step
    if ticket.quantity is not None:
        quantity = floor_to_step(ticket.quantity, step)
        if quantity < instrument.min_quantity or quantity <= ZERO:
            return PlanNothing(
                sentence=f"qty {text(ticket.quantity)} is below the minimum of "
                f"{text(instrument.min_quantity)} {ticket.symbol}"
            )
        ticket = replace(ticket, quantity=quantity)
    # Those that exitd holds are rounded by its own rule: never looser, never nearer.
    transform, exits = TRANSFORMS.get(asked.kind), attached_of(asked.signal)
    is_native = False
    if transform is not None:
        made = transform(ticket)
        if isinstance(made, Refused):
            return PlanNothing(sentence=made.advice)
        wants_native = asked.route.exits == "native" and not asked.is_paper
        is_native = wants_native and exits is not None and made.deferred is None
    trail = trail_of(asked.signal) if asked.route.trailing_exit else None
    # No broker has one in a bracket: then exitd holds all of them.
    is_native = is_native and trail is None
    if asked.kind == ALPACA.platform:
        # It asks for one; the usual one of a share is none of a coin.
        ticket = replace(ticket, time_in_force=time_in_force(ticket))
    order = EntryOrder(
        id=asked.record.id,
        account=asked.account,
        ticket=ticket if is_native else replace(ticket, attached=None),
    )
    triggers: tuple[TriggerDefinition, ...] = ()
    id, name = asked.record.id, asked.route_name
    key, source = order.key, source_of(order.key, asked.route.price)
    if exits is not None:
        triggers = exit_triggers(
            exits,
            id=id,
            route=name,
            key=key,
            source=source,
            price_step=instrument.price_step,
        )
    if trail is not None:
        made_of = trailing_exit(trail, id=id, route=name, key=key, source=source)
        triggers += (made_of,)
    return PlanEntry(
        order=order,
        exits=triggers,
        market_price=asked.signal.market_price,
        not_after_ns=asked.record.ts_received_ns + asked.route.entry_age,
        sentence=_what_opens(asked, order, len(triggers), is_native=is_native),
    )


def _what_opens(asked: Asked, order: EntryOrder, exits: int, *, is_native: bool) -> str:
    ticket = order.ticket
    amount = (
        f"{text(ticket.quantity)} {ticket.symbol}"
        if ticket.quantity is not None
        else f"{ticket.symbol} for {text(ticket.notional or ZERO)}"
    )
    said = f"entry of {amount} {order.key.side}, {ticket.order.value}"
    if asked.signal.intent is None:
        said += " (inferred: nothing is held on the other side)"
    if exits:
        what = "1 exit" if exits == 1 else f"{exits} exits"
        said += f", {what} for {'the broker' if is_native else 'exitd'} to hold"
    return said


def price_known(
    state: State, account: str, symbol: str, signal: Signal
) -> Decimal | None:
    """Give the last price of a market that we saw, else the one that the alert says."""
    for kind in _KINDS:
        book = state.books.get(PriceSource(account, symbol, kind))
        if book is not None and book.price is not None:
            return book.price
    return signal.market_price
