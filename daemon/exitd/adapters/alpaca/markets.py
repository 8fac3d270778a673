"""What can be traded at Alpaca, and in which steps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from exitd.adapters.alpaca.wire import WireAsset
from exitd.core.market import BookState, Instrument, InstrumentKind
from exitd.core.position import OrderSide
from exitd.core.units import ONE

CRYPTO = "crypto"
#: Regulation NMS, rule 612: a cent from a dollar up, a hundredth of one below it.
CENT = Decimal("0.01")
SUB_CENT = Decimal("0.0001")
#: Alpaca takes nine decimals of a share.
SHARE_PART = Decimal("0.000000001")


def is_crypto(symbol: str) -> bool:
    return "/" in symbol


def price_step(price: Decimal | None) -> Decimal:
    """Give the step of a share's price; of an unknown one, a cent."""
    return SUB_CENT if price is not None and price < ONE else CENT


def on_step(symbol: str, price: Decimal, side: OrderSide) -> Decimal:
    """Round a share's limit to a price that Alpaca takes, never to a worse one.

    The step that the core knows is that of the last price: a limit on the other side
    of a dollar has another. Crypto has the step of its market and stays as it is.
    """
    if is_crypto(symbol):
        return price
    step = price_step(price)
    rounding = ROUND_FLOOR if side is OrderSide.BUY else ROUND_CEILING
    return (price / step).to_integral_value(rounding) * step


def instruments(
    account: str, assets: list[WireAsset], prices: dict[str, Decimal]
) -> Iterator[Instrument]:
    """Describe what is listed; *prices* say which shares cost less than a dollar.

    The book of a share counts as open day and night: outside its hours Alpaca queues
    a market order for the next opening, which fills then though this host may be down.
    """
    for asset in assets:
        state = BookState.OPEN if asset.tradable else BookState.CLOSED
        if asset.asset_class == CRYPTO:
            yield from _coin(account, asset, state)
            continue
        step = SHARE_PART if asset.fractionable else ONE
        yield Instrument(
            account=account,
            symbol=asset.symbol,
            kind=InstrumentKind.ASSET,
            base=asset.symbol,
            quote="USD",
            price_step=price_step(prices.get(asset.symbol)),
            quantity_step=step,
            min_quantity=step,
            book_state=state,
        )


def _coin(account: str, asset: WireAsset, state: BookState) -> Iterator[Instrument]:
    base, _, quote = asset.symbol.partition("/")
    step, price = asset.min_trade_increment, asset.price_increment
    if not quote or not step or not price or min(step, price) <= 0:
        return
    yield Instrument(
        account=account,
        symbol=asset.symbol,
        kind=InstrumentKind.ASSET,
        base=base,
        quote=quote,
        price_step=price,
        quantity_step=step,
        min_quantity=asset.min_order_size or step,
        book_state=state,
    )
