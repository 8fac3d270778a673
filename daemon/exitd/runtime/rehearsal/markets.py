"""The markets of a rehearsal, where no venue is asked for them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from exitd.core.market import Instrument, InstrumentKind
from exitd.core.trigger import QuantityKind, TriggerDefinition

#: Fine enough for every level and quantity that anybody writes.
FINEST_STEP = Decimal("0.00000001")


def assumed_instrument(account: str, symbol: str, quote: str = "") -> Instrument:
    """Make up a market that takes every price and every quantity."""
    base, _, rest = symbol.partition("_")
    return Instrument(
        account=account,
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        base=base,
        quote=quote or rest.partition("_")[0],
        price_step=FINEST_STEP,
        quantity_step=FINEST_STEP,
        min_quantity=FINEST_STEP,
    )


def instruments_of(
    definitions: Iterable[TriggerDefinition],
    known: Mapping[tuple[str, str], Instrument],
) -> dict[tuple[str, str], Instrument]:
    """Give the market of each trigger: the known one, or one that is made up."""
    quotes: dict[tuple[str, str], str] = {}
    for definition in definitions:
        place = definition.account, definition.symbol
        quotes[place] = quotes.get(place) or _currency(definition)
    assumed = {
        place: assumed_instrument(*place, quote) for place, quote in quotes.items()
    }
    return {**assumed, **known}


def _currency(definition: TriggerDefinition) -> str:
    close = definition.close
    if close is None or close.quantity.kind is not QuantityKind.QUOTE:
        return ""
    return close.quantity.currency
