"""
Whether the exchange takes an order: market state, filters, bands, funds.

The messages are those that clients have recorded; where none was recorded, the
nearest error code of the exchange's schema is used with a plain sentence.
"""

from __future__ import annotations

from decimal import Decimal

from exitd.simulator.accounts import Account
from exitd.simulator.intake import read_share
from exitd.simulator.markets import Market
from exitd.simulator.quirks import Quirks
from exitd.simulator.refusal import Refused, invalid_order, invalid_request
from exitd.simulator.values import ZERO, Order, OrderStatus, Prices, Side

_TOO_FAR = "Price is too far from the last active price"


def check_state(market: Market, order: Order) -> None:
    """Refuse what the state of the order book does not allow."""
    if market.state in ("Closed", "CancelOnly"):
        raise Refused(400, "TRADING_PAUSED", f"Order book is {market.state}")
    takes = order.order_type == "Market" or order.time_in_force != "GTC"
    if market.state == "LimitOnly" and order.order_type == "Market":
        raise invalid_order("Order book is LimitOnly")
    if market.state == "PostOnly" and (takes or not order.post_only):
        raise invalid_order("Order book is PostOnly")


def check_filters(market: Market, order: Order, prices: Prices) -> None:
    """Refuse quantities and prices that break the filters of the market."""
    quantities = [order.quantity]
    if (
        order.trigger_quantity is not None
        and read_share(order.trigger_quantity) is None
    ):
        quantities.append(Decimal(order.trigger_quantity))
    for quantity in quantities:
        if quantity is not None:
            _check_quantity(market, quantity)
    exits = (order.take_profit, order.stop_loss)
    levels = [order.price, order.trigger_price]
    for leg in exits:
        if leg is not None:
            levels += [leg.trigger_price, leg.limit_price]
    for price in levels:
        if price is not None:
            _check_price(market, price)
    if order.price is not None and order.trigger_price is None:
        _check_band(market, order, prices)


def _check_quantity(market: Market, quantity: Decimal) -> None:
    if quantity % market.quantity_step != 0:
        raise invalid_request("Quantity decimal too long")
    if quantity < market.quantity_min:
        raise Refused(
            400, "INVALID_QUANTITY", "Quantity is below the minimum allowed value"
        )
    if market.quantity_max is not None and quantity > market.quantity_max:
        raise Refused(
            400, "INVALID_QUANTITY", "Quantity is above the maximum allowed value"
        )


def _check_price(market: Market, price: Decimal) -> None:
    if price % market.price_step != 0:
        raise invalid_request("Price decimal too long")
    if price < market.price_min or (
        market.price_max is not None and price > market.price_max
    ):
        raise Refused(400, "INVALID_PRICE", _TOO_FAR)


def _check_band(market: Market, order: Order, prices: Prices) -> None:
    anchor = prices.mark if market.is_perp else prices.last
    assert order.price is not None
    # A bid far below or an ask far above the market only rests; what hurts, and is
    # refused, is a price through the market. Both ends are bounded all the same.
    if not anchor * market.band_min <= order.price <= anchor * market.band_max:
        raise Refused(400, "INVALID_PRICE", _TOO_FAR)


def check_client_id(account: Account, order: Order, quirks: Quirks) -> None:
    """Refuse a client id that is taken, if this exchange does so."""
    if order.client_id is None or quirks.duplicate_client_id == "accepted":
        return
    known = (
        account.open_orders
        if quirks.duplicate_client_id == "refused_while_open"
        else account.orders
    )
    if any(other.client_id == order.client_id for other in known.values()):
        raise invalid_request("Duplicate client order id")


def check_stop_count(account: Account, order: Order, quirks: Quirks) -> None:
    """Refuse a pending trigger above the limit of the position."""
    pending = sum(
        1 for other in account.open_on(order.symbol) if other.is_pending_trigger
    )
    if pending >= quirks.max_stop_orders_per_position:
        raise invalid_order("Maximum stop orders per position reached")


def reducible(account: Account, order: Order) -> Decimal:
    """How much of *order* would reduce the position, in base units."""
    net = account.net_quantity(order.symbol)
    return abs(net) if net * order.side.sign < 0 else ZERO


def _resting_closes(account: Account, order: Order) -> Decimal:
    """How much of the position resting reduce-only orders on this side would take."""
    return sum(
        (
            other.leaves
            for other in account.open_on(order.symbol)
            if other.is_resting and other.reduce_only and other.side is order.side
        ),
        ZERO,
    )


def check_reduce_only(
    market: Market, account: Account, order: Order, quirks: Quirks
) -> None:
    """
    Trim a reduce-only order to the position, or refuse it.

    An order that reduces nothing is left as it is when the exchange answers such
    orders with a status instead of an error.
    """
    if not order.reduce_only:
        return
    if not market.is_perp:
        raise invalid_order("Reduce only is not supported for spot markets")
    room = reducible(account, order)
    if quirks.resting_reduce_only == "counted":
        room = max(room - _resting_closes(account, order), ZERO)
    oversize = order.quantity is not None and order.quantity > room
    rejected = room == 0 or (oversize and quirks.oversize_reduce_only == "rejected")
    if rejected:
        if quirks.reduce_only_refusal == "refused":
            raise Refused(
                quirks.reduce_only_status,
                quirks.reduce_only_code,
                "Reduce only order not reduced",
            )
        order.status = OrderStatus.EXPIRED
        return
    if order.quantity is None:
        order.quantity_cap = room
    else:
        order.quantity = min(order.quantity, room)


def check_funds(
    markets: dict[str, Market],
    account: Account,
    order: Order,
    prices: dict[str, Prices],
) -> None:
    """Refuse what the account cannot pay for; closing always goes."""
    market = markets[order.symbol]
    price = order.price or prices[order.symbol].last
    quantity = order.quantity
    if quantity is None:
        quantity = (order.quote_quantity or ZERO) / price
    if market.is_perp:
        grown = quantity - reducible(account, order)
        if grown <= 0:
            return
        required = grown * price / account.leverage_limit
        if required > free_margin(markets, account, prices):
            raise Refused(400, "INSUFFICIENT_MARGIN", "Insufficient margin")
        return
    if order.side is Side.ASK:
        asset, needed = market.base, quantity
    else:
        asset, needed = market.quote, quantity * price
    if needed > account.balance(asset) - account.locked(asset, markets):
        raise Refused(400, "INSUFFICIENT_FUNDS", "Insufficient funds")


def free_margin(
    markets: dict[str, Market], account: Account, prices: dict[str, Prices]
) -> Decimal:
    """Quote units that new exposure may use as initial margin."""
    equity = account.balance("USDC") + unrealised(account, prices)
    used = ZERO
    for symbol in {
        *account.positions,
        *(o.symbol for o in account.open_orders.values()),
    }:
        if markets[symbol].is_perp:
            used += abs(account.exposure(symbol)) * prices[symbol].mark
    return equity - used / account.leverage_limit


def unrealised(account: Account, prices: dict[str, Prices]) -> Decimal:
    """Profit of the open positions at their marks, in quote units."""
    return sum(
        (
            (prices[p.symbol].mark - p.entry_price) * p.net_quantity
            for p in account.positions.values()
        ),
        ZERO,
    )
