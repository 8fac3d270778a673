"""Whether what an exit closes can be an order of its market."""

from collections.abc import Iterator
from decimal import Decimal

from exitd.configuration.findings import Finding
from exitd.configuration.market_context import ERROR, WARNING, Context
from exitd.configuration.positions import CheckedExit
from exitd.core.trigger import QuantityKind
from exitd.core.units import HUNDRED, floor_to_step, is_on_step, text
from exitd.core.wording import quantity_text


def check_quantity(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    if not exit_.closes:
        return
    match exit_.wording.close.kind:
        case QuantityKind.SHARE | QuantityKind.INITIAL:
            yield from _share(context, exit_)
        case QuantityKind.QUOTE:
            yield from _amount(context, exit_)
        case QuantityKind.ABSOLUTE:
            yield from _quantity(context, exit_)
        case QuantityKind.REST:
            pass


def _share(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    instrument, wanted = context.instrument, exit_.wording.close
    record = context.record
    if record is None:
        return
    is_initial = wanted.kind is QuantityKind.INITIAL and record.initial > 0
    whole = record.initial if is_initial else record.live
    if whole * wanted.value / HUNDRED < instrument.min_quantity:
        yield context.say(
            exit_,
            ("close",),
            f"{text(wanted.value)}% of {text(whole)} is under the minimum of "
            f"{text(instrument.min_quantity)} {instrument.base}: the minimum, "
            "or all there is, will be closed",
            WARNING,
        )


def _amount(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    instrument, wanted = context.instrument, exit_.wording.close
    if wanted.currency != instrument.quote:
        remedy = (
            f"write close: {text(wanted.value)} for {instrument.base}"
            if wanted.currency == instrument.base
            else f"write the amount in {instrument.quote}"
        )
        yield context.say(
            exit_,
            ("close",),
            f"{instrument.symbol} is paid in {instrument.quote}, not in "
            f"{wanted.currency}; {remedy}",
            ERROR,
        )
        return
    price = context.known.price(exit_.source)
    if price is None:
        return
    quantity = floor_to_step(wanted.value / price, instrument.quantity_step)
    if quantity < instrument.min_quantity:
        yield context.say(
            exit_,
            ("close",),
            f"{quantity_text(wanted)} is {text(quantity)} {instrument.base} at "
            f"{text(price)}, under the minimum of {text(instrument.min_quantity)}: "
            "the minimum, or all there is, will be closed",
            WARNING,
        )


def _quantity(context: Context, exit_: CheckedExit) -> Iterator[Finding]:
    instrument, wanted = context.instrument, exit_.wording.close.value
    if wanted < instrument.min_quantity:
        yield context.say(
            exit_,
            ("close",),
            f"{text(wanted)} is under the minimum of "
            f"{text(instrument.min_quantity)} {instrument.base}; close more",
            ERROR,
        )
    elif not is_on_step(wanted, instrument.quantity_step):
        floored = floor_to_step(wanted, instrument.quantity_step)
        yield context.say(
            exit_,
            ("close",),
            f"{text(wanted)} is off the quantity step "
            f"{text(instrument.quantity_step)}; {text(floored)} will be closed",
            WARNING,
        )
    yield from _more_than_there_is(context, exit_, wanted)


def _more_than_there_is(
    context: Context, exit_: CheckedExit, wanted: Decimal
) -> Iterator[Finding]:
    record = context.record
    if record is not None and wanted > record.live:
        yield context.say(
            exit_,
            ("close",),
            f"{text(wanted)} is more than the position has, {text(record.live)}; "
            "no more than the position is ever closed",
            WARNING,
        )
