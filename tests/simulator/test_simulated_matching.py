"""The matching engine against a model that is slow and obvious."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exitd.simulator.admission import unrealised
from exitd.simulator.refusal import Refused
from simulator.floor import PERP, Floor

ACCOUNTS = ("alice", "bob", "carol")


@dataclass
class NaiveOrder:
    number: int
    who: str
    is_bid: bool
    price: Decimal | None
    quantity: Decimal
    stp: str
    tif: str
    reduce_only: bool
    done: Decimal = Decimal(0)
    status: str = "New"

    @property
    def left(self) -> Decimal:
        return self.quantity - self.done


@dataclass
class NaiveExchange:
    """Price-time priority by searching a list; positions by adding up."""

    resting: list[NaiveOrder] = field(default_factory=list)
    trades: list[tuple[Decimal, Decimal, int, int]] = field(default_factory=list)
    net: dict[str, Decimal] = field(
        default_factory=lambda: dict.fromkeys(ACCOUNTS, Decimal(0))
    )

    def room(self, order: NaiveOrder) -> Decimal:
        net = self.net[order.who]
        closes = net < 0 if order.is_bid else net > 0
        return abs(net) if closes else Decimal(0)

    def makers(self, taker: NaiveOrder) -> list[NaiveOrder]:
        sign = 1 if taker.is_bid else -1
        reachable = [
            maker
            for maker in self.resting
            if maker.is_bid != taker.is_bid
            and maker.price is not None
            and (taker.price is None or maker.price * sign <= taker.price * sign)
        ]
        return sorted(reachable, key=lambda m: ((m.price or 0) * sign, m.number))

    def fills_completely(self, taker: NaiveOrder) -> bool:
        missing = taker.left
        for maker in self.makers(taker):
            if maker.who == taker.who:
                if taker.stp == "RejectMaker":
                    continue
                break
            missing -= maker.left
        return missing <= 0

    def submit(self, order: NaiveOrder) -> str | None:
        """Returns None when it is taken, else why it is refused."""
        if order.reduce_only:
            if self.room(order) == 0:
                return "not reduced"
            order.quantity = min(order.quantity, self.room(order))
        if order.tif == "post" and self.makers(order):
            return "take"
        if order.tif == "FOK" and not self.fills_completely(order):
            order.status = "Expired"
            return None
        stopped = False
        while order.left > 0 and self.makers(order) and not stopped:
            maker = self.makers(order)[0]
            if maker.who == order.who:
                if order.stp in ("RejectMaker", "RejectBoth"):
                    self.end(maker, "Expired")
                stopped = order.stp in ("RejectTaker", "RejectBoth")
                continue
            self.trade(order, maker)
        if order.left == 0:
            order.status = "Filled"
        elif stopped or order.price is None or order.tif in ("IOC", "FOK"):
            order.status = "Expired"
        else:
            order.status = "PartiallyFilled" if order.done else "New"
            self.resting.append(order)
        return None

    def trade(self, taker: NaiveOrder, maker: NaiveOrder) -> None:
        assert maker.price is not None
        size = min(taker.left, maker.left)
        self.trades.append((maker.price, size, maker.number, taker.number))
        maker.done += size
        taker.done += size
        maker.status = "PartiallyFilled"
        if maker.left == 0:
            self.end(maker, "Filled")
        for order in (maker, taker):
            self.net[order.who] += size if order.is_bid else -size
            for other in [o for o in self.resting if o.who == order.who]:
                if other.reduce_only and other.left > self.room(other):
                    other.quantity = other.done + self.room(other)
                    if other.left == 0:
                        self.end(other, "Expired")

    def end(self, order: NaiveOrder, status: str) -> None:
        self.resting.remove(order)
        order.status = status


order_drafts = st.fixed_dictionaries(
    {
        "who": st.sampled_from(ACCOUNTS),
        "is_bid": st.booleans(),
        "price": st.one_of(st.none(), st.integers(13_995, 14_005)),
        "quantity": st.integers(1, 300),
        "stp": st.sampled_from(["RejectTaker", "RejectMaker", "RejectBoth"]),
        "tif": st.sampled_from(["GTC", "GTC", "IOC", "FOK", "post"]),
        "reduce_only": st.sampled_from([False, False, True]),
    }
)
cancels = st.fixed_dictionaries({"cancel": st.integers(0, 40)})
steps = st.one_of(order_drafts, order_drafts, order_drafts, cancels)
# Long enough that positions grow, shrink and flip under resting orders.
sequences = st.integers(20, 60).flatmap(
    lambda size: st.lists(steps, min_size=size, max_size=size)
)


def naive(number: int, draft: dict[str, Any]) -> NaiveOrder:
    price = None if draft["price"] is None else Decimal(draft["price"]) / 100
    tif = draft["tif"] if price is not None or draft["tif"] != "post" else "GTC"
    return NaiveOrder(
        number=number,
        who=draft["who"],
        is_bid=draft["is_bid"],
        price=price,
        quantity=Decimal(draft["quantity"]) / 100,
        stp=draft["stp"],
        tif=tif,
        reduce_only=draft["reduce_only"],
    )


def submit_both(floor: Floor, oracle: NaiveExchange, order: NaiveOrder) -> Any:
    """The engine's order, or None when both refuse."""
    more: dict[str, Any] = {"selfTradePrevention": order.stp}
    if order.price is not None:
        more["price"] = str(order.price)
    if order.tif == "post":
        more["postOnly"] = True
    else:
        more["timeInForce"] = order.tif
    if order.reduce_only:
        more["reduceOnly"] = True
    side = "Bid" if order.is_bid else "Ask"
    taken, refusal = None, None
    try:
        taken = floor.submit(order.who, side, str(order.quantity), **more)
    except Refused as refused:
        refusal = refused.message
    reason = oracle.submit(order)
    if refusal is None or reason is None:
        assert (refusal, reason) == (None, None)
    else:
        assert reason in refusal
    return taken


@settings(max_examples=300)
@given(sequences)
def test_given_random_orders_when_matched_then_same_as_the_obvious_model(sequence):
    floor, oracle = Floor(), NaiveExchange()
    # Two start with positions, so that reduce-only orders have something to reduce.
    for who, net in (("alice", "2"), ("bob", "-2")):
        floor.hold(who, net)
        oracle.net[who] = Decimal(net)
    pairs: list[tuple[Any, NaiveOrder]] = []
    for number, step in enumerate(sequence):
        if "cancel" in step:
            if step["cancel"] < len(pairs):
                taken, twin = pairs[step["cancel"]]
                if taken.is_open:
                    floor.engine.cancel(twin.who, taken, floor.now())
                    oracle.end(twin, "Cancelled")
            continue
        twin = naive(number, step)
        taken = submit_both(floor, oracle, twin)
        if taken is not None:
            pairs.append((taken, twin))

    numbers = {taken.id: twin.number for taken, twin in pairs}
    trades = []
    for trade in floor.state.trades[PERP]:
        buyer, seller = numbers[trade.buyer_order_id], numbers[trade.seller_order_id]
        parties = (buyer, seller) if trade.is_buyer_maker else (seller, buyer)
        trades.append((trade.price, trade.quantity, *parties))
    assert trades == oracle.trades
    for taken, twin in pairs:
        assert (taken.status, taken.executed) == (twin.status, twin.done)
    assert {who: floor.net(who) for who in ACCOUNTS} == oracle.net


@settings(max_examples=150)
@given(sequences)
def test_given_random_orders_when_matched_then_money_is_conserved(sequence):
    floor = Floor()
    for number, step in enumerate(sequence):
        if "cancel" not in step:
            order = naive(number, step)
            more = {} if order.price is None else {"price": str(order.price)}
            floor.submit(
                order.who, "Bid" if order.is_bid else "Ask", str(order.quantity), **more
            )

    accounts = [floor.state.open_account(who) for who in ACCOUNTS]
    assert sum(account.net_quantity(PERP) for account in accounts) == 0
    equity = sum(
        account.balance("USDC") + unrealised(account, floor.state.prices)
        for account in accounts
    )
    fees = sum(fill.fee for account in accounts for fill in account.fills)
    # Entry prices are kept to eight places; the rest is exact.
    assert abs(equity + fees - 3 * 1_000_000) < Decimal("0.001")
