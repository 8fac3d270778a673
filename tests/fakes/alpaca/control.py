"""The hands of a test on the exchange, over HTTP: `POST /sim/<what>` with JSON.

price    {symbol, price}            a trade and quotes at a price
trade    {symbol, price, conditions?, matches?}
quote    {symbol, bid, ask}
bar      {symbol, price, start_s}   a minute that is over
market   {open}                     opening and closing; DAY orders end
room     {symbol, quantity|null}    how much can still be traded
hold     {symbol, net}              a position, as if traded by hand
fills    {held}                     nothing fills until it is asked for
fill     {id|client_order_id, qty, price?}
fault    {kind, path?, method?, count?}
release  {}                         let go of what is held
drop     {stream}                   `orders` or `prices`: connections end
clock    {skew_ms}
keys     {key, secret}              nobody else is let in
prompt   {on}                       replies show what became of an order
GET /sim/state                      orders, positions, subscriptions, requests
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.alpaca.orders import written

if TYPE_CHECKING:
    from fakes.alpaca.serving import Alpaca


class Control:
    def __init__(self, alpaca: Alpaca) -> None:
        self.alpaca = alpaca

    def routes(self) -> list[Route]:
        return [
            Route("/sim/state", self.state),
            Route("/sim/{what}", self.act, methods=["POST"]),
        ]

    async def act(self, request: Request) -> Response:
        what = request.path_params["what"]
        work = getattr(self, f"do_{what}", None)
        if work is None:
            return JSONResponse({"error": f"nothing is called {what}"}, 404)
        work(**(await request.json()))
        return JSONResponse({"ok": True})

    async def state(self, request: Request) -> Response:
        alpaca = self.alpaca
        return JSONResponse(
            {
                "orders": [order.as_json() for order in alpaca.exchange.orders],
                "positions": {
                    symbol: written(net)
                    for symbol, net in alpaca.exchange.book.net.items()
                },
                "listening": alpaca.updates.listeners,
                "subscribed": [
                    {name: sorted(symbols) for name, symbols in stream.wanted.items()}
                    for stream in alpaca.prices.open
                ],
                "requests": alpaca.faults.requests,
            }
        )

    def do_price(self, symbol: str, price: str) -> None:
        self.alpaca.market.price(symbol, Decimal(price))

    def do_trade(
        self,
        symbol: str,
        price: str,
        conditions: tuple[str, ...] = ("@",),
        matches: bool = True,
    ) -> None:
        self.alpaca.market.trade(
            symbol, Decimal(price), conditions=tuple(conditions), matches=matches
        )

    def do_quote(self, symbol: str, bid: str, ask: str) -> None:
        self.alpaca.market.quote(symbol, Decimal(bid), Decimal(ask))

    def do_bar(self, symbol: str, price: str, start_s: int) -> None:
        self.alpaca.market.bar(symbol, Decimal(price), start_s)

    def do_market(self, open: bool) -> None:
        self.alpaca.exchange.open_market(open)

    def do_room(self, symbol: str, quantity: str | None) -> None:
        room = self.alpaca.exchange.matching.room
        room.pop(symbol, None)
        if quantity is not None:
            room[symbol] = Decimal(quantity)
        self.alpaca.exchange.matching.run(symbol)

    def do_hold(self, symbol: str, net: str) -> None:
        self.alpaca.exchange.trade_by_hand(symbol, Decimal(net))

    def do_fills(self, held: bool) -> None:
        self.alpaca.exchange.matching.holds = held
        for symbol in self.alpaca.exchange.prices:
            self.alpaca.exchange.matching.run(symbol)

    def do_fill(self, qty: str, price: str | None = None, **which: Any) -> None:
        exchange = self.alpaca.exchange
        if "id" in which:
            order = exchange.order(which["id"])
        else:
            order = exchange.by_client_id(which["client_order_id"])
        at = exchange.prices[order.symbol] if price is None else Decimal(price)
        exchange.execute(order, Decimal(qty), at)

    def do_fault(self, kind: str, **where: Any) -> None:
        self.alpaca.faults.add(kind, **where)

    def do_release(self) -> None:
        self.alpaca.faults.released.set()

    def do_drop(self, stream: str) -> None:
        which = {"orders": self.alpaca.updates, "prices": self.alpaca.prices}
        which[stream].drop()

    def do_clock(self, skew_ms: int) -> None:
        self.alpaca.exchange.skew_ns = skew_ms * 1_000_000

    def do_keys(self, key: str, secret: str) -> None:
        self.alpaca.exchange.keys = (key, secret)

    def do_prompt(self, on: bool) -> None:
        self.alpaca.exchange.is_prompt = on
