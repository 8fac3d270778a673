"""The exchange itself: what it has taken in, what that became, and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fakes.alpaca.assets import ASSETS, PRICES, Asset
from fakes.alpaca.checks import (
    check_class,
    check_words,
    leg_prices,
    not_found,
    number,
)
from fakes.alpaca.ids import new_id
from fakes.alpaca.matching import Matching
from fakes.alpaca.orders import ZERO, Order, instant, written
from fakes.alpaca.positions import Book
from fakes.alpaca.refused import missing, unfit, wrong

Listener = Callable[[dict[str, Any]], None]


class Exchange:
    """One account and its market.

    `keys` is the only pair that is let in, None: any. With `is_prompt` a reply to an
    order shows what it has become; otherwise, as at Alpaca, that it was accepted, and
    it fills a moment later. `skew_ns` is how far its clock is ahead of what `read_ns`
    says.
    """

    def __init__(
        self, *, is_prompt: bool = False, read_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.orders: list[Order] = []
        self.activities: list[dict[str, Any]] = []
        self.book = Book()
        self.keys: tuple[str, str] | None = None
        self.is_prompt = is_prompt
        self.is_open = True
        self.skew_ns = 0
        self.prices = dict(PRICES)
        self.listeners: list[Listener] = []
        self.price_listeners: list[Callable[[str, str, dict[str, Any]], None]] = []
        self.client_ids: set[str] = set()
        self.after_reply: list[Callable[[], None]] = []
        self._read_ns = read_ns
        self._newest_ns = 0
        self.matching = Matching(self)

    def now_ns(self) -> int:
        """Give the instant; no two are the same."""
        now_ns = self._read_ns() + self.skew_ns
        self._newest_ns = max(now_ns, self._newest_ns + 1)
        return self._newest_ns

    def order(self, order_id: str) -> Order:
        for order in self.orders:
            if order.id == order_id:
                return order
        raise not_found(order_id)

    def by_client_id(self, client_id: str) -> Order:
        for order in self.orders:
            if order.client_order_id == client_id:
                return order
        raise not_found(client_id)

    def submit(self, body: dict[str, Any]) -> Order:
        """Take an order in, or say why not."""
        asset = check_words(body)
        client_id = str(body.get("client_order_id") or new_id())
        if client_id in self.client_ids:
            raise wrong("client_order_id must be unique")
        order = self._made(body, asset, client_id)
        intent = self._check(body, order)
        order.position_intent = intent
        self._add_legs(body, order)
        self.client_ids.add(client_id)
        self.orders += [order, *order.legs]
        order.status = "new" if self._works_now(order) else "accepted"
        if order.order_class == "oco":
            order.legs[0].status = "held"
        elif order.legs:
            for leg in order.legs:
                leg.status = "held"
        self.tell(order, order.status)
        self.follow(lambda: self.matching.run(order.symbol))
        return order

    def follow(self, work: Callable[[], None]) -> None:
        if self.is_prompt:
            work()
        else:
            self.after_reply.append(work)

    def _works_now(self, order: Order) -> bool:
        return self.is_open or order.asset.is_crypto or order.extended_hours

    def _made(self, body: dict[str, Any], asset: Asset, client_id: str) -> Order:
        qty, notional = number(body, "qty"), number(body, "notional")
        price = self.prices[asset.symbol]
        if qty is None and notional is not None:
            qty = (notional / price).quantize(Decimal("0.000000001"))
        legs = leg_prices(body)
        is_oco = body.get("order_class") == "oco"
        trail, percent = number(body, "trail_price"), number(body, "trail_percent")
        order = Order(
            asset=asset,
            side=body["side"],
            type=body["type"],
            time_in_force=body["time_in_force"],
            client_order_id=client_id,
            created_ns=self.now_ns(),
            qty=qty,
            notional=notional,
            limit_price=legs["take"] if is_oco else number(body, "limit_price"),
            stop_price=number(body, "stop_price"),
            trail_price=trail,
            trail_percent=percent,
            extended_hours=bool(body.get("extended_hours")),
            order_class=""
            if body.get("order_class") == "simple"
            else body.get("order_class") or "",
        )
        if order.type == "trailing_stop":
            order.hwm = price
            self.matching.trail(order)
        return order

    def _check(self, body: dict[str, Any], order: Order) -> str:
        base = order.limit_price or self.prices[order.symbol]
        opens = self.book.infer(order.asset, order.side).endswith("_to_open")
        check_class(body, order.asset, base, opens)
        assert order.qty is not None
        return self.book.check(
            order.asset,
            order.side,
            order.qty,
            base,
            str(body.get("position_intent") or ""),
            self.orders,
        )

    def _add_legs(self, body: dict[str, Any], order: Order) -> None:
        if not order.order_class:
            return
        legs = leg_prices(body)
        is_oco = order.order_class == "oco"
        side = order.side if is_oco else ("sell" if order.side == "buy" else "buy")
        if legs["take"] is not None and not is_oco:
            order.legs.append(self._leg(order, side, "limit", legs["take"], None))
        if legs["stop"] is not None:
            kind = "stop" if legs["stop_limit"] is None else "stop_limit"
            order.legs.append(
                self._leg(order, side, kind, legs["stop_limit"], legs["stop"])
            )

    def _leg(
        self,
        order: Order,
        side: str,
        kind: str,
        limit: Decimal | None,
        stop: Decimal | None,
    ) -> Order:
        return Order(
            asset=order.asset,
            side=side,
            type=kind,
            time_in_force=order.time_in_force,
            client_order_id=new_id(),
            created_ns=self.now_ns(),
            qty=order.qty,
            limit_price=limit,
            stop_price=stop,
            order_class=order.order_class,
            position_intent=f"{side}_to_close",
            parent=order,
            status="held",
        )

    def cancel(self, order: Order) -> None:
        """Cancel an order, and with one of several all of them."""
        if not order.is_open:
            raise unfit(f'order is already in "{order.status}" state')
        for one in self.matching.together(order):
            if one.is_open:
                self.end(one, "canceled")

    def end(self, order: Order, status: str) -> None:
        order.status = status
        order.stamps[status] = self.now_ns()
        self.tell(order, status)

    def execute(self, order: Order, qty: Decimal, price: Decimal) -> None:
        """Fill part of an order, or the rest of it."""
        assert ZERO < qty <= order.left
        now_ns = self.now_ns()
        order.filled += qty
        order.quote += qty * price
        order.status = "filled" if order.left == ZERO else "partially_filled"
        order.stamps["filled"] = now_ns
        self.book.apply(order.symbol, order.sign * qty, price)
        event = "fill" if order.left == ZERO else "partial_fill"
        self.activities.append(
            {
                "id": f"{len(self.activities):017d}::{new_id()}",
                "activity_type": "FILL",
                "transaction_time": instant(now_ns),
                "type": event,
                "price": written(price),
                "qty": written(qty),
                "side": order.side,
                "symbol": order.symbol,
                "leaves_qty": written(order.left),
                "order_id": order.id,
                "cum_qty": written(order.filled),
                "order_status": order.status,
                "ts_ns": now_ns,
            }
        )
        self.tell(
            order,
            event,
            price=written(price),
            qty=written(qty),
            position_qty=written(self.book.held(order.symbol)),
            timestamp=instant(now_ns),
        )
        self.matching.after_fill(order)

    def tell(self, order: Order, event: str, **more: Any) -> None:
        order.updated_ns = self.now_ns()
        update = {
            "event": event,
            "execution_id": new_id(),
            "order": order.as_json(nested=True),
            "timestamp": instant(order.updated_ns),
            **more,
        }
        for listener in list(self.listeners):
            listener({"stream": "trade_updates", "data": update})

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Let a trade happen at a price, and quotes around it."""
        self.prices[symbol] = price
        self.matching.run(symbol)

    def open_market(self, is_open: bool) -> None:
        """Open the market, or close it: what was for the day ends with it."""
        was_open, self.is_open = self.is_open, is_open
        for order in list(self.orders):
            if not order.is_open or order.asset.is_crypto:
                continue
            if was_open and not is_open and order.time_in_force in ("day", "cls"):
                self.end(order, "expired")
            elif is_open and order.status == "accepted":
                order.status = "new"
                self.tell(order, "new")
        if is_open:
            for symbol in self.prices:
                self.matching.run(symbol)

    def trade_by_hand(self, symbol: str, net: Decimal) -> None:
        """Bring the account to a position as its owner does, in another window.

        Alpaca turns no position round in one order.
        """
        held = self.book.held(symbol)
        steps = (
            [-held, net] if (held > 0) != (net > 0) and held and net else [net - held]
        )
        for step in steps:
            if step == ZERO:
                continue
            side = "buy" if step > 0 else "sell"
            order = Order(
                asset=ASSETS[symbol],
                side=side,
                type="market",
                time_in_force="gtc" if ASSETS[symbol].is_crypto else "day",
                client_order_id=new_id(),
                created_ns=self.now_ns(),
                qty=abs(step),
                position_intent=self.book.infer(ASSETS[symbol], side),
            )
            self.orders.append(order)
            self.execute(order, abs(step), self.prices[symbol])

    def position(self, symbol: str) -> dict[str, Any]:
        for asset in ASSETS.values():
            names = (asset.symbol, asset.position_symbol, asset.id)
            if symbol in names and self.book.held(asset.symbol) != ZERO:
                price = self.prices[asset.symbol]
                return self.book.as_json(asset, price, self.orders)
        raise missing("position does not exist")
