"""What a close will bring: a price of its own market, whatever price is watched."""

from decimal import Decimal

from exitd.core.market import PriceKind, PriceSource
from exitd.core.resting import level_now
from exitd.core.state import State
from exitd.core.trigger import FireRecord, TriggerDefinition, TriggerRecord

#: Where another market is watched: the first of these of the own one that is known.
_KINDS = (PriceKind.MARK, PriceKind.LAST, PriceKind.INDEX)


def watches_own_market(definition: TriggerDefinition) -> bool:
    """Whether the watched price is that of the market in which it closes."""
    return definition.source.is_of(definition.account, definition.symbol)


def price_now(
    state: State, definition: TriggerDefinition, fired: FireRecord
) -> Decimal | None:
    """Give the last price of the market in which a firing closes.

    It is the watched one, else what was observed at the hit; of another market than
    the watched one it may not be known at all.
    """
    price = last_price(state, definition)
    if price is None and watches_own_market(definition):
        return fired.observed
    return price


def last_price(state: State, definition: TriggerDefinition) -> Decimal | None:
    """Give the last price of the market in which a trigger closes, if one is known."""
    if watches_own_market(definition):
        book = state.books.get(definition.source)
        return None if book is None else book.price
    return _own_price(state, definition)


def price_at_hit(state: State, record: TriggerRecord) -> Decimal | None:
    """Give what a close will bring once its trigger is hit, as far as one can say.

    That is the level, where it is of the market in which it closes; else the last
    price there, if there is one.
    """
    definition = record.definition
    level = level_now(state, record) if watches_own_market(definition) else None
    return _own_price(state, definition) if level is None else level


def _own_price(state: State, definition: TriggerDefinition) -> Decimal | None:
    for kind in _KINDS:
        source = PriceSource(definition.account, definition.symbol, kind)
        book = state.books.get(source)
        if book is not None and book.price is not None:
            return book.price
    return None


def hard_reference(
    definition: TriggerDefinition, fired: FireRecord, price: Decimal | None
) -> Decimal | None:
    """Give what a hard bound is measured from: the same for all closes of a firing.

    The level, else what was observed at the hit, else *price*, that of its first
    close; of another market than the own one only the last will do.
    """
    if fired.reference is not None:
        return fired.reference
    if not watches_own_market(definition):
        return price
    at_hit = fired.observed if fired.level is None else fired.level
    return price if at_hit is None else at_hit
