"""What Binance lists: the markets whose prices can be watched."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from exitd.adapters.binance.asking import Asking
from exitd.adapters.binance.defaults import DEADLINE_S, VENUE
from exitd.adapters.network.rest import RestClient
from exitd.adapters.prices.plausible import is_price
from exitd.core.market import Instrument, InstrumentKind
from exitd.ports.clock import Clock

TRADING = "TRADING"


class Filter(Struct, frozen=True, rename="camel"):
    filter_type: str
    tick_size: Decimal | None = None
    step_size: Decimal | None = None


NOTHING = Filter("")


class Listed(Struct, frozen=True, rename="camel"):
    symbol: str
    status: str
    contract_type: str
    base_asset: str
    quote_asset: str
    filters: list[Filter]


class Information(Struct, frozen=True):
    symbols: list[msgspec.Raw]


INFORMATION = msgspec.json.Decoder(Information)
LISTED = msgspec.json.Decoder(Listed)


async def read_instruments(
    name: str, url: str, clock: Clock, weight_per_minute: int
) -> tuple[Instrument, ...]:
    """Ask for all markets that trade, in the name of a venue of ours.

    Raises:
        VenueUnavailable: There was no readable answer.
    """
    rest = RestClient(url, venue=VENUE, deadline_s=DEADLINE_S)
    asking = Asking(rest, clock, weight_per_minute)
    try:
        listed, _ = await asking.read(
            "/fapi/v1/exchangeInfo", {}, INFORMATION, "its markets", weight=1
        )
    finally:
        await asking.close()
    known = (instrument_or_none(name, row) for row in listed.symbols)
    return tuple(instrument for instrument in known if instrument is not None)


def instrument_or_none(name: str, row: msgspec.Raw) -> Instrument | None:
    """Read one market; None when it does not trade or cannot be read."""
    try:
        market = LISTED.decode(row)
    except (msgspec.DecodeError, ValueError):
        return None
    filters = {f.filter_type: f for f in market.filters}
    price_step = filters.get("PRICE_FILTER", NOTHING).tick_size
    quantity_step = filters.get("LOT_SIZE", NOTHING).step_size
    if market.status != TRADING or price_step is None or quantity_step is None:
        return None
    if not (is_price(price_step) and is_price(quantity_step)):
        return None
    is_perpetual = "PERPETUAL" in market.contract_type
    return Instrument(
        account=name,
        symbol=market.symbol,
        kind=InstrumentKind.PERPETUAL if is_perpetual else InstrumentKind.OTHER,
        base=market.base_asset,
        quote=market.quote_asset,
        price_step=price_step,
        quantity_step=quantity_step,
        min_quantity=quantity_step,
    )
