"""What a broker would be sent for one ticket, or why it cannot take it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from exitd.core.position import OrderSide
from exitd.core.ticket import AttachedExits, Ticket
from exitd.core.units import text
from exitd.signals.model import Finding, Json

AFTER = "entry filled"
FILLED = "filled qty"


class Deferred(Struct, frozen=True, kw_only=True):
    """
    Exits that the broker cannot hold with this entry: exitd does, once it has filled.

    `side` closes what the entry opens. `why` are the reasons, at least one. The exits
    are rounded as the broker wants them.
    """

    side: OrderSide
    exits: AttachedExits
    why: tuple[str, ...]


class PlatformOrder(Struct, frozen=True, kw_only=True):
    """
    An order in a broker's own words, ready for its wire but for what only its adapter
    knows (accounts, contract ids). `children` are orders of their own that belong to
    it. Numbers are texts or exact `Decimal`s, as the broker wants them.
    """

    order: Json
    children: tuple[Json, ...] = ()
    deferred: Deferred | None = None
    notes: tuple[str, ...] = ()


class Refused(Struct, frozen=True, kw_only=True):
    """
    The broker cannot take the order; sentences, at least one.

    `remedy` is what to do about the first, where that does not say it itself.
    """

    why: tuple[str, ...]
    remedy: str = ""

    @property
    def sentence(self) -> str:
        return "; ".join(self.why)

    @property
    def advice(self) -> str:
        """The sentence, and what to do."""
        remedy = self.remedy[:1].lower() + self.remedy[1:]
        return f"{self.sentence}; {remedy}" if remedy else self.sentence


def refused(findings: Sequence[Finding]) -> Refused:
    """Refuse an order for what its broker does not take: one finding, or more."""
    why = tuple(finding.message for finding in findings)
    return Refused(why=why, remedy=findings[0].remedy)


def opposite(side: OrderSide) -> OrderSide:
    return OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY


def deferred(ticket: Ticket, why: tuple[str, ...]) -> Deferred | None:
    if ticket.attached is None or not why:
        return None
    return Deferred(side=opposite(ticket.side), exits=ticket.attached, why=why)


def exits_json(exits: AttachedExits) -> Json:
    """Write exits in the words of the format, with prices as texts."""
    written: Json = {}
    if exits.take_profit_price is not None:
        prices = {"stopPrice": exits.touch_price, "limitPrice": exits.take_profit_price}
        kind = "limit" if exits.touch_price is None else "stop_limit"
        written["takeProfit"] = {"type": kind, **_texts(prices)}
    if exits.stop_price is not None:
        prices = {"stopPrice": exits.stop_price, "limitPrice": exits.stop_limit_price}
        kind = "stop" if exits.stop_limit_price is None else "stop_limit"
        written["stopLoss"] = {"type": kind, **_texts(prices)}
    return written


def _texts(prices: Mapping[str, Decimal | None]) -> Json:
    return {name: text(price) for name, price in prices.items() if price is not None}
