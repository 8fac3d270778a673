"""REST: balances, positions, collateral and limits of one account."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from exitd.simulator import admission
from exitd.simulator.accounts import Account, Position
from exitd.simulator.exchange import EVERYTHING_US, Exchange
from exitd.simulator.intake import read_decimal
from exitd.simulator.refusal import Refused, invalid_request
from exitd.simulator.requests import Reply, Request, json_reply
from exitd.simulator.shapes import position_document
from exitd.simulator.values import ZERO, Side, floor_to, text


def _account(exchange: Exchange, request: Request) -> Account:
    return exchange.state.open_account(request.key)


def positions(exchange: Exchange, request: Request) -> Reply:
    symbol, kinds = request.parameter("symbol"), request.market_types()
    if symbol is not None and symbol not in exchange.state.markets:
        raise invalid_request(
            'failed to parse parameter `symbol`: failed to parse "MarketSymbol": '
            "Invalid market symbol"
        )
    account = _account(exchange, request)
    visible_us = exchange.visible_until_us(request, "position_lag")
    current: Collection[Position] = account.positions.values()
    chosen = [
        position
        for position in (
            current if visible_us == EVERYTHING_US else account.positions_at(visible_us)
        )
        if symbol in (None, position.symbol)
        and (not kinds or exchange.state.markets[position.symbol].kind in kinds)
    ]
    if not chosen and symbol and exchange.quirks.flat_position == "not_found":
        raise Refused(404, "RESOURCE_NOT_FOUND", "Position not found")
    return json_reply(
        [
            position_document(
                account,
                position,
                exchange.state.markets[position.symbol],
                exchange.state.prices[position.symbol],
                alone=symbol is not None,
            )
            for position in chosen
        ]
    )


def show(exchange: Exchange, request: Request) -> Reply:
    account = _account(exchange, request)
    fees = exchange.state.fees
    pending = sum(o.is_pending_trigger for o in account.open_orders.values())
    return json_reply(
        {
            **account.switches,
            "borrowLimit": "0",
            "futuresMakerFee": text(fees.futures_maker),
            "futuresTakerFee": text(fees.futures_taker),
            "leverageLimit": text(account.leverage_limit),
            "limitOrders": len(account.open_orders) - pending,
            "liquidating": account.is_liquidating,
            "positionLimit": "0",
            "spotMakerFee": text(fees.spot_maker),
            "spotTakerFee": text(fees.spot_taker),
            "triggerOrders": pending,
        }
    )


def update(exchange: Exchange, request: Request) -> Reply:
    document = request.document()
    account = _account(exchange, request)
    limit = read_decimal(document, "leverageLimit")
    if limit is not None:
        if not 1 <= limit <= 50:
            raise Refused(400, "MAX_LEVERAGE_REACHED", "Leverage limit out of range")
        account.leverage_limit = limit
    for name in account.switches:
        if isinstance(document.get(name), bool):
            account.switches[name] = document[name]
    return Reply(200)


def capital(exchange: Exchange, request: Request) -> Reply:
    account = _account(exchange, request)
    markets = exchange.state.markets
    balances = {}
    for asset, amount in account.balances.items():
        locked = account.locked(asset, markets)
        balances[asset] = {
            "available": text(amount - locked),
            "locked": text(locked),
            "staked": "0",
        }
    return json_reply(balances)


def collateral(exchange: Exchange, request: Request) -> Reply:
    account = _account(exchange, request)
    state = exchange.state
    usdc = account.balance("USDC")
    unrealised = admission.unrealised(account, state.prices)
    free = admission.free_margin(state.markets, account, state.prices)
    equity = usdc + unrealised
    exposure = sum(
        (
            abs(p.net_quantity) * state.prices[p.symbol].mark
            for p in account.positions.values()
        ),
        ZERO,
    )
    fraction = text((equity / exposure).quantize(Decimal("1e-8"))) if exposure else None
    return json_reply(
        {
            "assetsValue": text(usdc),
            "borrowLiability": "0",
            "collateral": [
                {
                    "assetMarkPrice": "1",
                    "availableQuantity": text(usdc),
                    "balanceNotional": text(usdc),
                    "collateralValue": text(usdc),
                    "collateralWeight": "1",
                    "lendQuantity": "0",
                    "openOrderQuantity": "0",
                    "symbol": "USDC",
                    "totalQuantity": text(usdc),
                }
            ],
            "imf": text(1 / account.leverage_limit),
            "liabilitiesValue": "0",
            "marginFraction": fraction,
            "mmf": "0.0135",
            "netEquity": text(equity),
            "netEquityAvailable": text(free),
            "netEquityLocked": text(equity - free),
            "netExposureFutures": text(exposure),
            "pnlUnrealized": text(unrealised),
            "unsettledEquity": "0",
        }
    )


def order_limit(exchange: Exchange, request: Request) -> Reply:
    """The largest order that would be taken; for reduce-only, the position."""
    symbol, side = request.required("symbol"), request.required("side")
    market = exchange.state.markets.get(symbol)
    if market is None or side not in ("Bid", "Ask"):
        raise invalid_request("Invalid symbol or side")
    account = _account(exchange, request)
    net = account.net_quantity(symbol)
    reducible = abs(net) if net * Side(side).sign < 0 else ZERO
    largest = reducible
    prices = exchange.state.prices
    price = Decimal(request.parameter("price") or prices[symbol].last)
    if request.parameter("reduceOnly") != "true":
        if market.is_perp:
            free = admission.free_margin(exchange.state.markets, account, prices)
            largest += max(ZERO, free) * account.leverage_limit / price
        elif side == "Ask":
            largest = account.balance(market.base)
        else:
            largest = account.balance(market.quote) / price
    return json_reply(
        {
            "autoBorrow": None,
            "autoBorrowRepay": None,
            "autoLendRedeem": None,
            "maxOrderQuantity": text(floor_to(largest, market.quantity_step)),
            "price": request.parameter("price"),
            "reduceOnly": request.parameter("reduceOnly") == "true",
            "side": side,
            "symbol": symbol,
        }
    )
