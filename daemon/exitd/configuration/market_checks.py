"""Checks that need to know the markets: symbols, steps, minimums, prices, positions.

This is what `exitd check --online` and every reload add to the rest.
"""

from collections.abc import Container, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from exitd.configuration.findings import Finding, Severity, did_you_mean
from exitd.configuration.loaded import Loaded
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.triggers import definition, price_source, trigger_id
from exitd.core.market import Instrument, InstrumentKind, PriceSource
from exitd.core.position import PositionKey, PositionRecord, Side
from exitd.core.resting import is_crossed
from exitd.core.trigger import CancelAndClose, Quantity, QuantityKind, TriggerDefinition
from exitd.core.units import (
    HUNDRED,
    floor_to_step,
    is_on_step,
    neighbours_on_step,
    text,
)

WARNING = Severity.WARNING


class Markets(Struct, frozen=True, kw_only=True):
    """What is known of the markets; an account without instruments is not checked."""

    instruments: Mapping[tuple[str, str], Instrument] = {}
    prices: Mapping[PriceSource, Decimal] = {}
    positions: Mapping[PositionKey, PositionRecord] = {}

    def symbols(self, account: str) -> list[str]:
        return [symbol for name, symbol in self.instruments if name == account]


def markets(
    instruments: tuple[Instrument, ...],
    prices: Mapping[PriceSource, Decimal] | None = None,
    positions: Mapping[PositionKey, PositionRecord] | None = None,
) -> Markets:
    """Put together what venues reported."""
    return Markets(
        instruments={(i.account, i.symbol): i for i in instruments},
        prices=prices or {},
        positions=positions or {},
    )


def distance_percent(price: Decimal, level: Decimal) -> Decimal:
    """How far a level is from the price, in percent of the price."""
    return abs(price - level) * HUNDRED / price


def fitted(trigger: TriggerDefinition, known: Markets) -> TriggerDefinition:
    """Floor an absolute quantity to its market's step, as the engine stores it."""
    close = trigger.close
    instrument = known.instruments.get((trigger.account, trigger.symbol))
    if close is None or instrument is None:
        return trigger
    if close.quantity.kind is not QuantityKind.ABSOLUTE:
        return trigger
    floored = floor_to_step(close.quantity.value, instrument.quantity_step)
    if floored in (close.quantity.value, Decimal(0)):
        return trigger
    smaller = replace(close, quantity=Quantity(QuantityKind.ABSOLUTE, floored))
    if isinstance(trigger.action, CancelAndClose):
        return replace(trigger, action=replace(trigger.action, close=smaller))
    return replace(trigger, action=smaller)


class _Context(Struct, frozen=True):
    loaded: Loaded
    position: CheckedPosition
    instrument: Instrument
    known: Markets
    min_distance: Decimal
    tells_crossed: bool

    def say(
        self, exit_: CheckedExit, word: str, message: str, severity: Severity
    ) -> Finding:
        """Point at a key of an exit, or at its condition where it is not written."""
        path = (*exit_.path, word)
        document = self.loaded.document(self.position.file)
        place = path if document.has(path) else exit_.level_path
        return document.finding(place, message, severity=severity)


def _level(context: _Context, exit_: CheckedExit) -> Iterator[Finding]:
    step = context.instrument.price_step
    if is_on_step(exit_.level, step):
        return
    below, above = (text(level) for level in neighbours_on_step(exit_.level, step))
    yield context.say(
        exit_,
        exit_.condition.value,
        f"{text(exit_.level)} is off the price step {text(step)} of "
        f"{context.instrument.symbol}; the nearest are {below} and {above}",
        Severity.ERROR,
    )


def _quantity(context: _Context, exit_: CheckedExit) -> Iterator[Finding]:
    instrument, wanted = context.instrument, exit_.wording.close
    if not exit_.closes:
        return
    key = context.position.side and PositionKey(
        context.position.venue, context.position.symbol, context.position.side
    )
    record = context.known.positions.get(key) if key else None
    live = record.live if record is not None and record.is_open else None
    if wanted.kind is QuantityKind.SHARE:
        share = None if live is None else live * wanted.value / HUNDRED
        if share is not None and share < instrument.min_quantity:
            yield context.say(
                exit_,
                "close",
                f"{text(wanted.value)}% of {text(live or share)} is under the minimum "
                f"of {text(instrument.min_quantity)} {instrument.base}: the minimum, "
                "or all there is, will be closed",
                WARNING,
            )
        return
    if wanted.kind is not QuantityKind.ABSOLUTE:
        return
    if wanted.value < instrument.min_quantity:
        yield context.say(
            exit_,
            "close",
            f"{text(wanted.value)} is under the minimum of "
            f"{text(instrument.min_quantity)} {instrument.base}; close more",
            Severity.ERROR,
        )
    elif not is_on_step(wanted.value, instrument.quantity_step):
        floored = floor_to_step(wanted.value, instrument.quantity_step)
        yield context.say(
            exit_,
            "close",
            f"{text(wanted.value)} is off the quantity step "
            f"{text(instrument.quantity_step)}; {text(floored)} will be closed",
            WARNING,
        )
    if live is not None and wanted.value > live:
        yield context.say(
            exit_,
            "close",
            f"{text(wanted.value)} is more than the position has, {text(live)}; "
            "no more than the position is ever closed",
            WARNING,
        )


def _market(context: _Context, exit_: CheckedExit) -> Iterator[Finding]:
    position = context.position
    source = price_source(position, exit_)
    price = context.known.prices.get(source)
    word = exit_.condition.value
    if price is not None:
        trigger = definition(position, exit_, now_ns=0)
        away = distance_percent(price, exit_.level)
        if is_crossed(trigger, price):
            if context.tells_crossed:
                yield context.say(
                    exit_,
                    word,
                    f"{text(exit_.level)} is crossed already: the {source.kind} price "
                    f"is {text(price)}",
                    WARNING,
                )
        elif exit_.closes and away < context.min_distance:
            yield context.say(
                exit_,
                word,
                f"{text(exit_.level)} is {text(round(away, 4))}% from the "
                f"{source.kind} price {text(price)}, nearer than min_distance, "
                f"{text(context.min_distance)}%",
                Severity.ERROR,
            )
        return
    yield from _entry(context, exit_, word)


def _entry(context: _Context, exit_: CheckedExit, word: str) -> Iterator[Finding]:
    position = context.position
    if position.side is None or not exit_.closes:
        return
    key = PositionKey(position.venue, position.symbol, position.side)
    record = context.known.positions.get(key)
    if record is None or not record.is_open or record.entry_price is None:
        return
    entry = record.entry_price
    is_above = exit_.level > entry
    wins_above = position.side is Side.LONG
    is_stop = position.is_stop(exit_)
    if is_above is (wins_above is is_stop) and exit_.level != entry:
        where = "above" if is_above else "below"
        kind = "stop" if is_stop else "take-profit"
        yield context.say(
            exit_,
            word,
            f"the {kind} {text(exit_.level)} is {where} the entry, {text(entry)}; "
            "make sure that the price is on the other side of it",
            WARNING,
        )


def check_markets(
    loaded: Loaded, known: Markets, *, only: Container[str] | None = None
) -> list[Finding]:
    """
    Check what was loaded against the markets; findings are not sorted.

    With *only*, just the exits of these ids, and without saying which levels are
    crossed: a reload must not be refused because the price has come near a level
    that is armed already, and its plan tells of crossed levels itself.
    """
    found: list[Finding] = []
    policies = loaded.settings.file.policies if loaded.settings is not None else None
    min_distance = policies.min_distance if policies is not None else Decimal(0)
    for position in loaded.positions:
        symbols = known.symbols(position.venue)
        exits = [
            exit_
            for exit_ in position.exits
            if only is None or trigger_id(position, exit_) in only
        ]
        if not symbols or not exits:
            continue
        instrument = known.instruments.get((position.venue, position.symbol))
        place = (*position.path, "symbol")
        if instrument is None:
            found.append(
                loaded.finding(
                    position,
                    place,
                    f"{position.venue} has no market '{position.symbol}'"
                    f"{did_you_mean(position.symbol, symbols)}",
                )
            )
            continue
        is_perpetual = instrument.kind is InstrumentKind.PERPETUAL
        if position.side is not None and not is_perpetual:
            found.append(
                loaded.finding(
                    position,
                    place,
                    f"{position.symbol} is a {instrument.kind} market, which holds no "
                    "position; leave out 'side' to cancel orders or to be told",
                )
            )
            continue
        context = _Context(
            loaded, position, instrument, known, min_distance, only is None
        )
        for exit_ in exits:
            found.extend(_level(context, exit_))
            found.extend(_quantity(context, exit_))
            found.extend(_market(context, exit_))
    return found
