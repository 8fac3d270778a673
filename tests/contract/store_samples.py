"""Records and facts for the tests of stores."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
    TimeInForce,
)
from exitd.core.condition import ConditionKind, Direction, FixedLevel
from exitd.core.entry import (
    EntryOrder,
    EntryRecord,
    EntryState,
    SignalRecord,
    SignalState,
)
from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.market import (
    PriceKind,
    PriceSource,
)
from exitd.core.position import (
    OrderSide,
    PositionKey,
    PositionRecord,
    Side,
)
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    WatermarksRecord,
)
from exitd.core.ticket import AssetClass, Ticket, TicketType
from exitd.core.trigger import (
    Close,
    DoneReason,
    FireRecord,
    OrderType,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)
from exitd.ports.store import Batch

SOURCE = PriceSource("main", "SOL_USDC_PERP", PriceKind.MARK)
KEY = PositionKey("main", "SOL_USDC_PERP", Side.LONG)


def definition(trigger_id: str = "sl", price: str = "131.25") -> TriggerDefinition:
    return TriggerDefinition(
        id=trigger_id,
        owner="api:desk",
        account="main",
        symbol="SOL_USDC_PERP",
        side=Side.LONG,
        source=SOURCE,
        condition=FixedLevel(ConditionKind.STOP_LOSS, Decimal(price)),
        action=Close(),
    )


def trigger(
    trigger_id: str = "sl", *, seq: int = 1, price: str = "131.25"
) -> TriggerRecord:
    return TriggerRecord(
        definition=definition(trigger_id, price),
        state=TriggerState.ARMED,
        arming=1,
        seq=seq,
        lifetime=1,
        ts_armed_ns=1_000,
        ts_changed_ns=1_000,
    )


def fire(
    trigger_id: str = "sl", *, ts_hit_ns: int = 2_000, open: bool = True
) -> FireRecord:
    return FireRecord(
        trigger_id=trigger_id,
        arming=1,
        account="main",
        symbol="SOL_USDC_PERP",
        side=Side.LONG,
        lifetime=1,
        level=Decimal("131.25"),
        observed=Decimal("131.20"),
        source=SOURCE,
        ts_venue_ns=ts_hit_ns - 200,
        ts_recv_ns=ts_hit_ns - 100,
        ts_hit_ns=ts_hit_ns,
        open=open,
    )


def attempt(
    trigger_id: str = "sl", *, n: int = 1, client_order_id: int = 1
) -> AttemptRecord:
    return AttemptRecord(
        order=CloseOrder(
            attempt=AttemptKey(trigger_id, 1, n),
            account="main",
            symbol="SOL_USDC_PERP",
            side=OrderSide.SELL,
            quantity=Decimal("10.0"),
            order=OrderType.MARKET,
            price=None,
            time_in_force=TimeInForce.IOC,
            client_order_id=client_order_id,
        ),
        key=KEY,
        lifetime=1,
        state=AttemptState.SIGNED,
        signed=b'{"symbol":"SOL_USDC_PERP"}\x00\xff',
        ts_signed_venue_ns=2_100,
        expires_venue_ns=7_100,
    )


def position(quantity: str = "10.0") -> PositionRecord:
    return PositionRecord(key=KEY, quantity=Decimal(quantity), lifetime=1, proven=True)


def fill(
    trade_id: str = "t1", *, fire_id: str = "sl#1", ts_venue_ns: int = 2_500
) -> FillRecord:
    return FillRecord(
        account="main",
        symbol="SOL_USDC_PERP",
        trade_id=trade_id,
        venue_order_id="o1",
        client_order_id=1,
        fire_id=fire_id,
        side=OrderSide.SELL,
        quantity=Decimal("4.0"),
        price=Decimal("131.10"),
        fee=Decimal("0.1"),
        fee_asset="USDC",
        is_maker=False,
        ts_venue_ns=ts_venue_ns,
    )


def paid(ts_venue_ns: int = 2_700, lifetime: int = 1) -> FundingRecord:
    return FundingRecord(
        account="main",
        symbol="SOL_USDC_PERP",
        side=Side.LONG,
        lifetime=lifetime,
        position_id="p1",
        amount=Decimal("-0.25"),
        asset="USDC",
        rate=Decimal("0.0000125"),
        ts_venue_ns=ts_venue_ns,
    )


def watermarks(
    *prices: str, source: PriceSource = SOURCE, way: Direction = Direction.FALLING
) -> WatermarksRecord:
    """What a source's trails have seen, the oldest trail's first."""
    return WatermarksRecord(
        source=source,
        way=way,
        marks=tuple(enumerate(map(Decimal, prices), start=1)),
        ts_ns=2_800,
    )


def fact(
    kind: FactKind = FactKind.TRIGGER_ARMED,
    *,
    ts_ns: int = 1_000,
    trigger_id: str = "sl",
    fire_id: str = "",
    **fields: FactValue,
) -> Fact:
    return Fact(
        kind=kind,
        ts_ns=ts_ns,
        account="main",
        symbol="SOL_USDC_PERP",
        trigger_id=trigger_id,
        fire_id=fire_id,
        fields=fields,
    )


def firing(number: int) -> tuple[Batch, ...]:
    """Everything that one firing of one trigger leaves: hit and attempt, end, fill."""
    name = f"trg_{number:08}"
    fire_id = f"{name}#1"
    hit = msgspec.structs.replace(trigger(name), state=TriggerState.FIRING)
    signed = msgspec.structs.replace(
        attempt(name, client_order_id=number), signed=b"x" * 700
    )
    over = msgspec.structs.replace(fire(name), open=False, reason=DoneReason.FILLED)
    filled = msgspec.structs.replace(signed, state=AttemptState.FILLED)
    details: dict[str, FactValue] = {
        "level": Decimal("131.25"),
        "observed": Decimal("131.20"),
        "source": str(SOURCE),
    }
    return (
        Batch(
            (hit, fire(name), signed, position(), CounterRecord("main", 7, number)),
            (
                fact(FactKind.TRIGGER_HIT, trigger_id=name, fire_id=fire_id, **details),
                fact(
                    FactKind.ORDER_SIGNED, trigger_id=name, fire_id=fire_id, **details
                ),
            ),
        ),
        Batch(
            (
                msgspec.structs.replace(
                    hit, state=TriggerState.DONE, reason=DoneReason.FILLED
                ),
                over,
                filled,
                position("0"),
                fill(f"t{number}", fire_id=fire_id),
            ),
            (
                fact(
                    FactKind.ORDER_FILLED, trigger_id=name, fire_id=fire_id, **details
                ),
                fact(
                    FactKind.TRIGGER_DONE, trigger_id=name, fire_id=fire_id, **details
                ),
            ),
        ),
    )


def entry(
    entry_id: str = "breakout-1",
    state: EntryState = EntryState.WORKING,
    *,
    legs: tuple[str, ...] = (),
    ts_wanted_ns: int = 10,
) -> EntryRecord:
    ticket = Ticket(
        symbol="AAPL",
        asset_class=AssetClass.EQUITY,
        side=OrderSide.BUY,
        quantity=Decimal("10"),
        order=TicketType.LIMIT,
        limit_price=Decimal("150.50"),
        client_order_id=entry_id,
    )
    return EntryRecord(
        order=EntryOrder(id=entry_id, account="main", ticket=ticket),
        state=state,
        exits=(definition(),),
        legs=legs,
        signed=b'{"symbol":"AAPL"}',
        ts_wanted_ns=ts_wanted_ns,
    )


def signal(
    signal_id: str = "breakout-1",
    state: SignalState = SignalState.ACCEPTED,
    *,
    ts_received_ns: int = 10,
    client_order_id: str = "",
    again: int = 0,
) -> SignalRecord:
    return SignalRecord(
        id=signal_id,
        client_order_id=client_order_id,
        again=again,
        route="breakout",
        body='{"ticker":"AAPL"}',
        digest="ab" * 32,
        state=state,
        ts_received_ns=ts_received_ns,
    )
