"""The other side of every quote: it fills close requests, late, in parts, or not."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from random import Random

from simulation.chain.blocks import Chain
from simulation.chain.contract import (
    CANCEL_CLOSE_PENDING,
    CLOSE_PENDING,
    LIMIT,
    WEI,
    Done,
    Row,
    State,
    cancel_granted,
    filled,
)


class Solver:
    """`patience` is after how many blocks it acts; `sleeps` says that it does not."""

    def __init__(self, chain: Chain, rng: Random) -> None:
        self.chain = chain
        self.patience = (1, 1)
        self.sleeps = False
        self.parts = 0.0
        self.price = Decimal(0)
        self._rng = rng
        self._due: dict[tuple[int, int, int], int] = {}

    def turn(self) -> None:
        """Look at the newest block, and do what is due."""
        head = self.chain.head
        for row in head.state.quotes.values():
            if row.status not in (CLOSE_PENDING, CANCEL_CLOSE_PENDING):
                continue
            key = row.quote_id, row.deadline_s, row.status
            wait = self._rng.randint(*self.patience)
            due = self._due.setdefault(key, head.number + wait - 1)
            if head.number >= due and not self.sleeps:
                self._act(row)

    def _act(self, row: Row) -> None:
        if row.status == CANCEL_CLOSE_PENDING and self._rng.random() < 0.7:
            self.chain.do("grant", partial(_granted, row.quote_id))
            return
        price = int(self.price * WEI)
        better = price - row.wanted_price
        if (better if row.side == 0 else -better) < 0:
            return
        quantity = row.wanted
        if row.order_type == LIMIT and self._rng.random() < self.parts:
            quantity = quantity * self._rng.randint(1, 3) // 4 // 10**17 * 10**17
        if quantity:
            self.chain.do("fill", partial(_filled, row.quote_id, quantity, price))


def _granted(quote_id: int, state: State, ts_s: int) -> Done:
    return cancel_granted(state, quote_id, ts_s)


def _filled(quote_id: int, quantity: int, price: int, state: State, ts_s: int) -> Done:
    return filled(state, quote_id, quantity, price, ts_s)
