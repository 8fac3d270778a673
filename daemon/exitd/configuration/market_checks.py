"""Checks that need to know the markets: symbols, steps, minimums, prices, positions.

This is what `exitd check --online` and every reload add to the rest.
"""

from collections.abc import Container, Iterator
from decimal import Decimal

from exitd.configuration.findings import Finding, did_you_mean
from exitd.configuration.loaded import Loaded
from exitd.configuration.market_context import Context
from exitd.configuration.markets import Markets, markets
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.price_checks import (
    check_market,
    check_move_steps,
    check_steps,
)
from exitd.configuration.quantity_checks import check_quantity
from exitd.configuration.triggers import trigger_id
from exitd.core.market import Instrument

__all__ = ["Markets", "check_markets", "markets"]


def _symbol(
    loaded: Loaded, position: CheckedPosition, known: Markets
) -> Iterator[Finding]:
    """Refuse a market that is not there, or that holds no positions."""
    instrument = known.instruments.get((position.venue, position.symbol))
    place = (*position.path, "symbol")
    if instrument is None:
        yield loaded.finding(
            position,
            place,
            f"{position.venue} has no market '{position.symbol}'"
            f"{did_you_mean(position.symbol, known.symbols(position.venue))}",
        )
    elif position.side is not None and not instrument.kind.holds_positions:
        yield loaded.finding(
            position,
            place,
            f"{position.symbol} is a {instrument.kind} market, which holds no "
            "position; leave out 'side' to cancel orders or to be told",
        )


def _watched_symbol(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    position = context.position
    for source in exit_.source.parts:
        symbols = context.known.symbols(source.feed)
        if source.is_of(position.venue, position.symbol) or not symbols:
            continue
        if source.symbol not in symbols:
            yield context.say_at(
                (*exit_.path, "watch"),
                f"{source.feed} has no market '{source.symbol}'"
                f"{did_you_mean(source.symbol, symbols)}",
            )


def _position(
    loaded: Loaded,
    position: CheckedPosition,
    exits: list[CheckedExit],
    instrument: Instrument,
    known: Markets,
    *,
    tells_crossed: bool,
) -> Iterator[Finding]:
    settings = loaded.settings
    min_distance = Decimal(0)
    if settings is not None:
        min_distance = settings.file.policies.min_distance
    context = Context(loaded, position, instrument, known, min_distance, tells_crossed)
    yield from check_move_steps(context, exits)
    for exit_ in exits:
        yield from _watched_symbol(context, exit_)
        yield from check_steps(context, exit_)
        yield from check_quantity(context, exit_)
        yield from check_market(context, exit_)


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
    for position in loaded.positions:
        exits = [
            exit_
            for exit_ in position.exits
            if only is None or trigger_id(position, exit_) in only
        ]
        if not known.symbols(position.venue) or not exits:
            continue
        wrong = list(_symbol(loaded, position, known))
        found.extend(wrong)
        if not wrong:
            instrument = known.instruments[(position.venue, position.symbol)]
            found.extend(
                _position(
                    loaded,
                    position,
                    exits,
                    instrument,
                    known,
                    tells_crossed=only is None,
                )
            )
    return found
