"""A world with entries: what is wanted, what the broker is sent, and what it says."""

from __future__ import annotations

from core.worlds import ACCOUNT, SYMBOL, D, S, World, stop, target
from exitd.core.attempt import Capabilities, Dedupe, RefusalKind
from exitd.core.entry import EntryOrder, EntryRecord
from exitd.core.entry_inputs import (
    Enter,
    EntryNotFound,
    EntryRefused,
    EntrySent,
    EntrySigned,
    EntrySlotOpened,
    EntryUnanswered,
    LegsMissing,
)
from exitd.core.inputs import OrderReport, OrderStatus
from exitd.core.intents import RequestEntrySlot, SendEntry
from exitd.core.position import OrderSide, Side
from exitd.core.state import Accepted, Decision, Refused
from exitd.core.ticket import AssetClass, AttachedExits, Ticket, TicketType
from exitd.core.trigger import OrderType, QuantityKind, TriggerDefinition
from exitd.core.units import text

ENTRY = "desk-1"
BROKER = Capabilities(dedupe=Dedupe.ALWAYS, reduce_only=False)
NATIVE = AttachedExits(take_profit_price=D(110), stop_price=D(95))


def ticket(
    quantity: str = "10",
    reference: str = "ref-1",
    side: OrderSide = OrderSide.BUY,
    attached: AttachedExits | None = None,
) -> Ticket:
    return Ticket(
        symbol=SYMBOL,
        asset_class=AssetClass.CRYPTO,
        side=side,
        quantity=D(quantity),
        order=TicketType.MARKET,
        client_order_id=reference,
        attached=attached,
    )


def exits_of(id: str = ENTRY, side: Side = Side.LONG) -> tuple[TriggerDefinition, ...]:
    levels = ("95", "110") if side is Side.LONG else ("110", "95")
    return (
        stop(f"{id}/sl", levels[0], side=side, owner="webhook:desk"),
        target(f"{id}/tp", levels[1], side=side, owner="webhook:desk"),
    )


class EnteringWorld(World):
    """Starts flat; with `entry_slots` false a slot opens only when asked to."""

    def __init__(self, size: str = "0", *, entry_slots: bool = True, **changed) -> None:  # type: ignore[no-untyped-def]
        self.entry_slots = entry_slots
        self.entry_slots_asked: list[str] = []
        self.entries_sent: list[EntryOrder] = []
        super().__init__(size, **changed)

    def take(self, decision: Decision) -> None:
        super().take(decision)
        for intent in decision.intents:
            if isinstance(intent, RequestEntrySlot):
                self.entry_slots_asked.append(intent.entry_id)
            elif isinstance(intent, SendEntry):
                self._send_entry(intent.order)
        if self.entry_slots:
            self.open_entry_slots()

    def open_entry_slots(self) -> None:
        while self.entry_slots_asked:
            id = self.entry_slots_asked.pop()
            self.do(EntrySlotOpened(id, self.now_ns))

    def _send_entry(self, order: EntryOrder) -> None:
        signed = b"bytes of " + order.id.encode()
        now_ns = self.now_ns
        self.do(EntrySigned(order.id, signed, now_ns, now_ns + 5 * S, now_ns))
        self.entries_sent.append(order)
        self.do(EntrySent(order.id, now_ns))

    def enter(
        self,
        id: str = ENTRY,
        *,
        exits: tuple[TriggerDefinition, ...] | None = None,
        young_ns: int = 60 * S,
        **changed: object,
    ) -> Accepted | Refused:
        now_ns = self.later()
        changed.setdefault("reference", f"ref-{id}")
        wanted = ticket(**changed)  # type: ignore[arg-type]
        side = Side.LONG if wanted.side is OrderSide.BUY else Side.SHORT
        reply = self.do(
            Enter(
                order=EntryOrder(id=id, account=ACCOUNT, ticket=wanted),
                exits=exits_of(id, side) if exits is None else exits,
                not_after_ns=now_ns + young_ns if young_ns else 0,
                market_price=D(100),
                now_ns=now_ns,
            )
        ).reply
        assert reply is not None
        return reply

    def entry(self, id: str = ENTRY) -> EntryRecord:
        return self.engine.state.entries[id]

    def said(
        self,
        status: OrderStatus,
        filled: str = "0",
        id: str = ENTRY,
        *,
        ts_ns: int | None = None,
        **changed: object,
    ) -> Decision:
        """Hand the engine what the broker says of an entry."""
        wanted = self.store.rows["entry", id].order.ticket  # type: ignore[attr-defined]
        now_ns = self.later()
        fields: dict[str, object] = {
            "account": ACCOUNT,
            "symbol": SYMBOL,
            "venue_order_id": f"b-{id}",
            "client_order_id": None,
            "reference": wanted.client_order_id,
            "status": status,
            "side": wanted.side,
            "quantity": wanted.quantity,
            "filled": D(filled),
            "filled_quote": D(filled) * 100,
            "ts_venue_ns": now_ns if ts_ns is None else ts_ns,
            "now_ns": now_ns,
        }
        return self.do(OrderReport(**{**fields, **changed}))  # type: ignore[arg-type]

    def fills(self, filled: str, id: str = ENTRY, **changed: object) -> Decision:
        """Report so much filled in all; all of it is the end."""
        wanted = self.store.rows["entry", id].order.ticket  # type: ignore[attr-defined]
        is_all = D(filled) == wanted.quantity
        status = OrderStatus.FILLED if is_all else OrderStatus.PARTIALLY_FILLED
        return self.said(status, filled, id, **changed)  # type: ignore[arg-type]

    def leg(
        self,
        leg: str,
        status: OrderStatus,
        filled: str = "0",
        parent: str = f"b-{ENTRY}",
        **changed: object,
    ) -> Decision:
        now_ns = self.later()
        fields: dict[str, object] = {
            "account": ACCOUNT,
            "symbol": SYMBOL,
            "venue_order_id": leg,
            "client_order_id": None,
            "parent": parent,
            "status": status,
            "side": OrderSide.SELL,
            "quantity": D(10),
            "filled": D(filled),
            "order": OrderType.LIMIT,
            "ts_venue_ns": now_ns,
            "now_ns": now_ns,
        }
        return self.do(OrderReport(**{**fields, **changed}))  # type: ignore[arg-type]

    def lose_entry(self, id: str = ENTRY) -> Decision:
        return self.do(EntryUnanswered(id, "no answer", self.later()))

    def not_found(self, id: str = ENTRY, read_ns: int | None = None) -> Decision:
        now_ns = self.later()
        began_ns = now_ns if read_ns is None else read_ns
        return self.do(EntryNotFound(id, began_ns, now_ns))

    def legs_missing(self, id: str = ENTRY) -> Decision:
        return self.do(LegsMissing(id, self.later()))

    def refuse_entry(
        self,
        kind: RefusalKind = RefusalKind.MARGIN,
        id: str = ENTRY,
        message: str = "no",
        retry_after_ns: int | None = None,
    ) -> Decision:
        return self.do(
            EntryRefused(
                entry_id=id,
                kind=kind,
                code=kind.name,
                message=message,
                retry_after_ns=retry_after_ns,
                now_ns=self.later(),
            )
        )

    def covers(self, id: str) -> str:
        """What an exit would close; `-` for one that is not there or is done."""
        record = self.engine.state.triggers.get(id)
        if record is None or record.state == "done":
            return "-"
        quantity = record.definition.close.quantity  # type: ignore[union-attr]
        assert quantity.kind is QuantityKind.ABSOLUTE
        return text(quantity.value)

    def exits_cover(self, id: str = ENTRY) -> tuple[str, str]:
        return self.covers(f"{id}/sl"), self.covers(f"{id}/tp")


def entered(filled: str = "10", size: str = "0", **changed: object) -> EnteringWorld:
    world = EnteringWorld(size, **changed)
    world.enter()
    world.fills(filled)
    return world
