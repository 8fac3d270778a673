"""A world to try the engine in: one market, a position, and a dispatcher by hand.

Unless told otherwise: long 10 at entry 100, price step 0.01, quantity step 0.001,
minimum quantity 0.01, watched by mark price, everything fresh.
"""

from __future__ import annotations

from core.builders import (
    ACCOUNT as ACCOUNT,
)
from core.builders import (
    LAST as LAST,
)
from core.builders import (
    LONG as LONG,
)
from core.builders import (
    MARK as MARK,
)
from core.builders import (
    MS as MS,
)
from core.builders import (
    SHORT as SHORT,
)
from core.builders import (
    SYMBOL as SYMBOL,
)
from core.builders import (
    TAG as TAG,
)
from core.builders import (
    D as D,
)
from core.builders import (
    S as S,
)
from core.builders import (
    close as close,
)
from core.builders import (
    instrument as instrument,
)
from core.builders import (
    quantity as quantity,
)
from core.builders import (
    rule as rule,
)
from core.builders import (
    stop as stop,
)
from core.builders import (
    target as target,
)
from core.builders import (
    trail as trail,
)
from core.stored_rows import Rows
from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    Capabilities,
    CloseOrder,
    RefusalKind,
)
from exitd.core.engine import Engine
from exitd.core.events import Fact, FactKind
from exitd.core.inputs import (
    Arm,
    AttemptRefused,
    AttemptSent,
    AttemptSigned,
    AttemptUnanswered,
    CancelTrigger,
    FillReport,
    IfCrossed,
    Input,
    InstrumentReport,
    NothingFound,
    OrderReport,
    OrderStatus,
    PositionReport,
    SlotOpened,
    TimePassed,
)
from exitd.core.intents import Intent, RequestSlot, SendClose
from exitd.core.market import PriceSource, Tick
from exitd.core.policy import Policies
from exitd.core.position import Continuity, PositionKey, Side
from exitd.core.state import Accepted, Decision, Refused
from exitd.core.trigger import FireRecord, TriggerDefinition, TriggerRecord
from exitd.core.units import text

#: How long a signed close is valid.
WINDOW_NS = 5 * S
#: What happens so often at one instant will never end.
AT_ONCE_MAX = 5_000


class Driven:
    """Drives one engine; `sent` are the closes that reached the venue, in order.

    With `slots=False` nothing is sent until `open_slots` is called. The venue's
    clock is ours.
    """

    def __init__(
        self,
        size: str = "10",
        *,
        side: Side = Side.LONG,
        mark: str | None = "100",
        policies: Policies | None = None,
        capabilities: Capabilities | None = None,
        slots: bool = True,
        is_overlapped: bool = False,
        **market: object,
    ) -> None:
        self.now_ns = 1_000 * S
        self.policies = policies
        self.capabilities = capabilities or Capabilities(window_ns=WINDOW_NS)
        self.is_overlapped = is_overlapped
        self.slots = slots
        self._opening = False
        self.asked: list[RequestSlot] = []
        self.sent: list[CloseOrder] = []
        self.intents: list[Intent] = []
        self.facts: list[Fact] = []
        self.store = Rows()
        self.key = PositionKey(ACCOUNT, SYMBOL, side)
        self.engine = self._engine()
        self.do(InstrumentReport(instrument(**market), self.now_ns))  # type: ignore[arg-type]
        if D(size):
            self.position(size)
        if mark is not None:
            self.mark(mark)

    def _engine(self) -> Engine:
        engine = Engine(self.policies)
        engine.add_account(
            ACCOUNT, TAG, self.capabilities, is_overlapped=self.is_overlapped
        )
        engine.state.book(MARK)
        return engine

    # What happens

    def do(self, happened: Input) -> Decision:
        """Hand an input to the engine, and its slots and closes to the venue."""
        decision = self.engine.handle(happened)
        self.take(decision)
        return decision

    def take(self, decision: Decision) -> None:
        self.store.take(decision)
        self.facts += decision.facts
        self.intents += decision.intents
        for intent in decision.intents:
            if isinstance(intent, RequestSlot):
                self.asked.append(intent)
            elif isinstance(intent, SendClose):
                self._sign_and_send(intent.order)
        if self.slots and not self._opening:
            self.open_slots()

    def open_slots(self, most: int = 1_000_000) -> None:
        """Open slots by priority, then in the order they were asked for."""
        self._opening = True
        while self.asked and most:
            most -= 1
            request = min(self.asked, key=lambda asked: asked.priority)
            self.asked.remove(request)
            self.do(SlotOpened(request.trigger_id, request.arming, self.now_ns))
        self._opening = False

    def _sign_and_send(self, order: CloseOrder) -> None:
        self.do(
            AttemptSigned(
                order, b"signed", self.now_ns, self.now_ns + WINDOW_NS, self.now_ns
            )
        )
        self.sent.append(order)
        self.do(AttemptSent(order.attempt, self.now_ns))

    def later(self, ns: int = MS) -> int:
        self.now_ns += ns
        return self.now_ns

    def wait(self, ns: int) -> None:
        """Let time pass, through every deadline on the way."""
        until_ns = self.now_ns + ns
        in_a_row = 0
        while True:
            due_ns = self.engine.next_deadline_ns()
            if due_ns is None or due_ns > until_ns:
                break
            in_a_row = in_a_row + 1 if due_ns <= self.now_ns else 0
            assert in_a_row < AT_ONCE_MAX, "something is due again and again at once"
            self.now_ns = max(self.now_ns, due_ns)
            self.do(TimePassed(self.now_ns))
        self.now_ns = until_ns

    def tick(self, source: PriceSource, price: str) -> Decision:
        now_ns = self.later()
        return self.do(Tick(source, D(price), now_ns, now_ns))

    def mark(self, *prices: str) -> Decision:
        for price in prices:
            decision = self.tick(MARK, price)
        return decision

    def last(self, price: str) -> Decision:
        return self.tick(LAST, price)

    def position(
        self,
        size: str,
        *,
        key: PositionKey | None = None,
        ts_ns: int | None = None,
        proven: bool = True,
        continuity: Continuity | None = None,
    ) -> Decision:
        now_ns = self.later()
        return self.do(
            PositionReport(
                key=key or self.key,
                quantity=D(size),
                entry_price=D(100) if D(size) else None,
                ts_venue_ns=now_ns if ts_ns is None else ts_ns,
                proven=proven,
                continuity=continuity,
                now_ns=now_ns,
            )
        )

    # What somebody asks for

    def arm(
        self,
        *definitions: TriggerDefinition,
        if_crossed: IfCrossed = IfCrossed.REFUSE,
        key: str = "",
        digest: str = "",
    ) -> Accepted | Refused:
        reply = self.do(
            Arm(
                definitions=definitions,
                if_crossed=if_crossed,
                idempotency_key=key,
                digest=digest,
                now_ns=self.later(),
            )
        ).reply
        assert reply is not None
        return reply

    def cancel(self, id: str, *, abandon: bool = False) -> Accepted | Refused:
        reply = self.do(
            CancelTrigger(
                trigger_id=id, by="test", abandon=abandon, now_ns=self.later()
            )
        ).reply
        assert reply is not None
        return reply


class Answered(Driven):
    """And a venue: what it says of the close sent as number `n`."""

    def report(
        self,
        n: int = -1,
        status: OrderStatus = OrderStatus.FILLED,
        filled: str | None = None,
        price: str = "95",
        *,
        ts_ns: int | None = None,
        **changed: object,
    ) -> Decision:
        order = self.sent[n]
        took = D(filled) if filled is not None else D(0)
        if filled is None and status is OrderStatus.FILLED:
            took = order.quantity
        now_ns = self.later()
        fields: dict[str, object] = {
            "account": ACCOUNT,
            "symbol": order.symbol,
            "venue_order_id": f"v{order.client_order_id}",
            "client_order_id": order.client_order_id,
            "status": status,
            "side": order.side,
            "quantity": order.quantity,
            "filled": took,
            "filled_quote": took * D(price),
            "ts_venue_ns": now_ns if ts_ns is None else ts_ns,
            "now_ns": now_ns,
        }
        return self.do(OrderReport(**{**fields, **changed}))  # type: ignore[arg-type]

    def works(self, n: int = -1) -> Decision:
        return self.report(n, OrderStatus.WORKING)

    def fill(self, n: int = -1, filled: str | None = None) -> Decision:
        status = OrderStatus.FILLED if filled is None else OrderStatus.PARTIALLY_FILLED
        return self.report(n, status, filled)

    def end(self, n: int = -1, filled: str = "0", **changed: object) -> Decision:
        """Report an order as cancelled or expired at the venue."""
        return self.report(n, OrderStatus.CANCELLED, filled, **changed)  # type: ignore[arg-type]

    def trade(self, n: int, trade_id: str, size: str, fee: str = "0") -> Decision:
        order, now_ns = self.sent[n], self.later()
        return self.do(
            FillReport(
                account=ACCOUNT,
                symbol=order.symbol,
                venue_order_id=f"v{order.client_order_id}",
                client_order_id=order.client_order_id,
                trade_id=trade_id,
                side=order.side,
                quantity=D(size),
                price=D(95),
                fee=D(fee),
                fee_asset="USDC",
                ts_venue_ns=now_ns,
                now_ns=now_ns,
            )
        )

    def refuse(
        self, kind: RefusalKind, n: int = -1, retry_after_ns: int | None = None
    ) -> Decision:
        return self.do(
            AttemptRefused(
                attempt=self.sent[n].attempt,
                kind=kind,
                code=kind.name,
                message="no",
                retry_after_ns=retry_after_ns,
                now_ns=self.later(),
            )
        )

    def lose(self, n: int = -1) -> Decision:
        return self.do(
            AttemptUnanswered(self.sent[n].attempt, "no answer", self.later())
        )

    def nothing_found(self, n: int = -1, read_ns: int | None = None) -> Decision:
        """A clean read; by default one that began late enough to count."""
        now_ns = self.later()
        began_ns = now_ns if read_ns is None else read_ns
        return self.do(NothingFound(self.sent[n].attempt, began_ns, now_ns))


class World(Answered):
    """And what there is to see of it, before and after a crash."""

    def restart(self) -> None:
        """kill -9, then a new engine from what was stored."""
        snapshot = self.store.snapshot()
        self.asked.clear()
        self.engine = self._engine()
        self.engine.restore(snapshot)
        self.take(self.engine.resume(self.later()))

    def state(self, id: str) -> str:
        """Write a trigger's state: `armed`, `done: filled`, `waiting: position`."""
        record = self.engine.state.triggers[id]
        why = record.reason or record.waiting_for
        return f"{record.state}: {why}" if why else str(record.state)

    def trigger(self, id: str) -> TriggerRecord:
        return self.engine.state.triggers[id]

    def firing(self, id: str) -> FireRecord:
        return self.engine.state.fires[id]

    def fire_rows(self, id: str) -> list[FireRecord]:
        return [fire for fire in self.store.of(FireRecord) if fire.trigger_id == id]

    def attempt(self, n: int = -1) -> AttemptRecord:
        key: AttemptKey = self.sent[n].attempt
        return self.store.rows[key]  # type: ignore[return-value]

    def sizes(self) -> list[str]:
        return [text(order.quantity) for order in self.sent]

    def who(self) -> list[str]:
        return [order.attempt.trigger_id for order in self.sent]

    def told(self, kind: FactKind) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind is kind]

    def wants(self, kind: type) -> list:  # type: ignore[type-arg]
        return [intent for intent in self.intents if type(intent) is kind]
