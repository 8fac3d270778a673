"""What the runtime and the venue do for the engine, in a rehearsal: at once."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from exitd.core.attempt import CloseOrder
from exitd.core.backstop import CancelBackstop, ListBackstops, PlaceBackstop
from exitd.core.engine import Engine
from exitd.core.inputs import (
    AttemptSent,
    AttemptSigned,
    CancelsConfirmed,
    Input,
    SlotOpened,
)
from exitd.core.intents import (
    AboutEntry,
    CancelLeg,
    CancelOrder,
    CancelOrders,
    Intent,
    ProvePosition,
    RefreshInstrument,
    RequestEntrySlot,
    RequestSlot,
    ResendClose,
    ResolveAttempt,
    SendClose,
    SyncClock,
)
from exitd.core.state import QUIET, Decision
from exitd.core.units import NS_PER_S
from exitd.runtime.rehearsal.diary import Diary
from exitd.runtime.rehearsal.venue import RehearsedVenue

_WINDOW_NS = 5 * NS_PER_S

#: An input for the engine, or an order that reaches the venue.
Task = Input | CloseOrder


class Answering:
    """Gives inputs to the engine, and answers its intents until it wants nothing more.

    A slot is granted and an order signed before anything else is handed over, as the
    runtime does it; what the venue says comes after all that waits.

    Args:
        send_later: Takes an order that is to be executed later than now; None
            executes each at once.
    """

    def __init__(
        self,
        engine: Engine,
        venue: RehearsedVenue,
        diary: Diary,
        send_later: Callable[[CloseOrder], None] | None,
    ) -> None:
        self.now_ns = 0
        self.is_at_price = False
        self.waits_for_prices: list[RequestSlot] = []
        self._engine = engine
        self._venue = venue
        self._diary = diary
        self._send_later = send_later

    def give(self, *inputs: Task) -> None:
        """Hand inputs to the engine, and all that follows from them."""
        tasks: deque[Task] = deque(inputs)
        while tasks:
            task = tasks.popleft()
            if isinstance(task, CloseOrder):
                level = self._level_on_the_way(task)
                tasks.extend(self._venue.execute(task, level, self.now_ns))
                continue
            decision = self._engine.handle(task)
            if decision is not QUIET:
                self._note(decision, tasks)
        self._diary.settle(self.now_ns)

    def follow(self, decision: Decision) -> None:
        """Do what a decision leads to."""
        tasks: deque[Task] = deque()
        self._note(decision, tasks)
        self.give(*tasks)

    def grant_slots(self) -> None:
        """Let firings go on that waited for the first price of their market."""
        waiting, self.waits_for_prices = self.waits_for_prices, []
        for slot in waiting:
            self.give(*self._slot(slot))

    def _note(self, decision: Decision, tasks: deque[Task]) -> None:
        self._diary.note(decision)
        sooner: list[Task] = []
        for intent in decision.intents:
            sooner += self._answer(intent, tasks)
        tasks.extendleft(reversed(sooner))

    def _answer(self, intent: Intent, later: deque[Task]) -> list[Task]:
        """Give what comes next; replies of the venue go to *later*."""
        now_ns = self.now_ns
        match intent:
            case RequestSlot():
                return self._slot(intent)
            case SendClose(order=order):
                return self._send(order, later)
            case CancelOrder(client_order_id=client_id):
                later.extend(self._venue.cancel(client_id, now_ns))
            case CancelOrders(trigger_id=trigger_id, arming=arming):
                # Nothing of anybody else rests in a rehearsal, and ours is spared.
                later.append(CancelsConfirmed(trigger_id, arming, 0, now_ns))
            case ProvePosition(account=account, symbol=symbol):
                later.extend(self._venue.positions(account, symbol, now_ns))
            case RefreshInstrument() | SyncClock() | ResolveAttempt() | ResendClose():
                # The market stays as it is, and no answer is ever lost.
                pass
            case RequestEntrySlot() | AboutEntry() | CancelLeg():
                # Nobody enters in a rehearsal.
                pass
            case PlaceBackstop() | CancelBackstop() | ListBackstops():
                # Nobody dies in one, either.
                pass
        return []

    def _slot(self, intent: RequestSlot) -> list[Task]:
        quotes = self._venue.quotes[intent.account, intent.symbol]
        if quotes.newest is None and quotes.index is None:
            self.waits_for_prices.append(intent)
            return []
        return [SlotOpened(intent.trigger_id, intent.arming, self.now_ns)]

    def _send(self, order: CloseOrder, later: deque[Task]) -> list[Task]:
        venue_ns = self._venue.tick_ns(self.now_ns)
        self._diary.note_order(order)
        if self._send_later is not None:
            self._send_later(order)
        else:
            later.append(order)
        expires_ns = venue_ns + (order.window_ns or _WINDOW_NS)
        return [
            AttemptSigned(order, b"", venue_ns, expires_ns, self.now_ns),
            AttemptSent(order.attempt, self.now_ns),
        ]

    def _level_on_the_way(self, order: CloseOrder) -> Decimal | None:
        """Give the level that the price of this very moment passed, if it did."""
        fired = self._diary.fired(order.attempt)
        is_now = self.is_at_price and fired.ts_hit_ns == self.now_ns
        source = fired.source
        is_here = source.is_of(order.account, order.symbol)
        return fired.level if is_now and is_here and fired.cause == "price" else None
