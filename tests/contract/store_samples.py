"""Records and facts for the tests of stores: single ones, and any sequence of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
    TimeInForce,
)
from exitd.core.events import Fact, FactKind, FactValue
from exitd.core.market import (
    BookState,
    Instrument,
    InstrumentKind,
    PriceKind,
    PriceSource,
)
from exitd.core.position import (
    OrderSide,
    PositionKey,
    PositionRecord,
    Side,
    UnreflectedFill,
)
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    IdempotencyRecord,
    Record,
    TriggerGone,
)
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    ConditionKind,
    DoneReason,
    FireRecord,
    FixedLevel,
    Immediately,
    Notify,
    OrderType,
    Quantity,
    QuantityKind,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
    WaitingFor,
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


names = st.text(max_size=12)
instants = st.integers(0, 2**62)
small = st.integers(0, 1_000)
decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(digits), exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=28),
    st.integers(-20, 10),
)
maybe_decimals = st.none() | decimals
accounts = st.sampled_from(["main", "paper", "", "é\x00'\"\x1f"])
symbols = st.sampled_from(["SOL_USDC_PERP", "BTC_USDC_PERP"])
trigger_ids = st.sampled_from(["sol-core/sl", "sol-core/tp1", "trg_1\x1f2", "🛑"])
armings = st.integers(1, 2)
sides = st.sampled_from(Side)
sources = st.builds(
    PriceSource, names, symbols, st.sampled_from(PriceKind), names, st.booleans()
)
closes = st.builds(
    Close,
    st.builds(Quantity, st.sampled_from(QuantityKind), decimals),
    st.sampled_from(OrderType),
    maybe_decimals,
)
cancels = st.builds(Cancel, st.sampled_from(CancelScope), names)
definitions = st.builds(
    TriggerDefinition,
    id=trigger_ids,
    owner=names,
    account=accounts,
    symbol=symbols,
    side=st.none() | sides,
    source=sources,
    condition=st.builds(FixedLevel, st.sampled_from(ConditionKind), decimals)
    | st.just(Immediately()),
    action=closes
    | cancels
    | st.builds(CancelAndClose, cancels, closes)
    | st.just(Notify()),
    expires_ns=st.none() | instants,
    template=st.booleans(),
    once=st.booleans(),
    note=names,
)
triggers = st.builds(
    TriggerRecord,
    definition=definitions,
    state=st.sampled_from(TriggerState),
    arming=small,
    seq=small,
    waiting_for=st.sampled_from(WaitingFor),
    reason=st.sampled_from(DoneReason),
    paused=st.booleans(),
    lifetime=small,
    ts_armed_ns=instants,
    ts_changed_ns=instants,
)
fires = st.builds(
    FireRecord,
    trigger_id=trigger_ids,
    arming=armings,
    account=accounts,
    symbol=symbols,
    side=st.none() | sides,
    lifetime=small,
    level=maybe_decimals,
    observed=maybe_decimals,
    source=sources,
    ts_venue_ns=instants,
    ts_recv_ns=instants,
    ts_hit_ns=instants,
    cause=names,
    target=maybe_decimals,
    filled=decimals,
    filled_quote=decimals,
    pnl=maybe_decimals,
    open=st.booleans(),
    reason=st.sampled_from(DoneReason),
)
position_keys = st.builds(PositionKey, accounts, symbols, sides)


@st.composite
def attempts(draw: st.DrawFn) -> AttemptRecord:
    """Attempts whose client id follows from their key, as it must be unique."""
    name = draw(trigger_ids)
    arming = draw(armings)
    n = draw(st.integers(1, 3))
    return AttemptRecord(
        order=CloseOrder(
            attempt=AttemptKey(name, arming, n),
            account=draw(accounts),
            symbol=draw(symbols),
            side=draw(st.sampled_from(OrderSide)),
            quantity=draw(decimals),
            order=draw(st.sampled_from(OrderType)),
            price=draw(maybe_decimals),
            time_in_force=draw(st.sampled_from(TimeInForce)),
            client_order_id=len(name) * 100 + arming * 10 + n,
        ),
        key=draw(position_keys),
        lifetime=draw(small),
        state=draw(st.sampled_from(AttemptState)),
        signed=draw(st.binary(max_size=40)),
        venue_order_id=draw(names),
        filled=draw(decimals),
        refusal=draw(names),
        is_flagged=draw(st.booleans()),
    )


positions = st.builds(
    PositionRecord,
    key=position_keys,
    quantity=decimals,
    entry_price=maybe_decimals,
    position_id=names,
    ts_venue_ns=instants,
    unreflected=st.lists(
        st.builds(UnreflectedFill, instants, decimals), max_size=2
    ).map(tuple),
    lifetime=small,
    filled_in_lifetime=decimals,
    proven=st.booleans(),
)
fills = st.builds(
    FillRecord,
    account=accounts,
    symbol=symbols,
    trade_id=st.sampled_from(["t1", "t2"]),
    venue_order_id=names,
    client_order_id=st.none() | st.integers(0, 2**32 - 1),
    fire_id=st.sampled_from(["", "sol-core/sl#1", "🛑#2"]),
    side=st.sampled_from(OrderSide),
    quantity=decimals,
    price=decimals,
    fee=decimals,
    fee_asset=names,
    is_maker=st.none() | st.booleans(),
    ts_venue_ns=instants,
)
instruments = st.builds(
    Instrument,
    account=accounts,
    symbol=symbols,
    kind=st.sampled_from(InstrumentKind),
    base=names,
    quote=names,
    price_step=decimals,
    quantity_step=decimals,
    min_quantity=decimals,
    max_quantity=maybe_decimals,
    min_notional=maybe_decimals,
    book_state=st.sampled_from(BookState),
)
records: st.SearchStrategy[Record] = st.one_of(
    triggers,
    fires,
    attempts(),
    positions,
    st.builds(CounterRecord, accounts, st.integers(1, 255), st.integers(0, 2**24 - 1)),
    st.builds(
        IdempotencyRecord,
        names,
        names,
        st.lists(names, max_size=3).map(tuple),
        instants,
    ),
    fills,
    instruments,
    st.builds(TriggerGone, trigger_ids),
)
facts = st.builds(
    Fact,
    kind=st.sampled_from(FactKind),
    ts_ns=instants,
    account=accounts,
    symbol=symbols,
    trigger_id=st.just("") | trigger_ids,
    fire_id=st.sampled_from(["", "sol-core/sl#1"]),
    fields=st.dictionaries(
        names,
        st.none() | names | st.booleans() | st.integers(-(2**63), 2**63 - 1) | decimals,
        max_size=4,
    ),
)
batches = st.builds(
    Batch,
    st.lists(records, max_size=6).map(tuple),
    st.lists(facts, max_size=3).map(tuple),
    st.booleans(),
)
