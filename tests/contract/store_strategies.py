"""Any records and facts, for the property tests of stores."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from exitd.core.attempt import (
    AttemptKey,
    AttemptRecord,
    AttemptState,
    CloseOrder,
    TimeInForce,
)
from exitd.core.backstop import BackstopRecord, BackstopState
from exitd.core.condition import ConditionKind, Direction, FixedLevel, Immediately
from exitd.core.entry import (
    EntryOrder,
    EntryRecord,
    EntryState,
    LegFill,
    SignalRecord,
    SignalState,
)
from exitd.core.events import Fact, FactKind
from exitd.core.market import (
    BookState,
    Instrument,
    InstrumentKind,
    PriceKind,
    PriceSource,
)
from exitd.core.money import Fee
from exitd.core.position import (
    Awaited,
    OrderSide,
    PositionKey,
    PositionRecord,
    Side,
    UnreflectedFill,
)
from exitd.core.records import (
    CounterRecord,
    FillRecord,
    FundingRecord,
    IdempotencyRecord,
    MarketGone,
    Record,
    SeenRecord,
    TriggerGone,
    WatermarksRecord,
)
from exitd.core.ticket import (
    AssetClass,
    AttachedExits,
    PositionIntent,
    Ticket,
    TicketTime,
    TicketType,
)
from exitd.core.trigger import (
    Cancel,
    CancelAndClose,
    CancelScope,
    Close,
    DoneReason,
    FireRecord,
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
    fees=st.lists(st.builds(Fee, names, decimals), max_size=2).map(tuple),
    entry_price=maybe_decimals,
    position_id=names,
    quote=names,
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
    awaited=st.none() | st.builds(Awaited, instants, decimals),
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
funding = st.builds(
    FundingRecord,
    account=accounts,
    symbol=symbols,
    side=st.none() | sides,
    lifetime=small,
    position_id=names,
    amount=decimals,
    asset=names,
    rate=maybe_decimals,
    ts_venue_ns=instants,
)
# Names that the text of a source could be read in two ways for.
watched = st.builds(
    PriceSource,
    st.sampled_from(["a", "a/b", "a%2Fb"]),
    st.sampled_from(["c", "b/c"]),
    st.sampled_from([PriceKind.LAST, PriceKind.LAST_CLOSE]),
    st.sampled_from(["", "closed", "1m", "1m.closed"]),
    st.booleans(),
)
watermarks = st.builds(
    WatermarksRecord,
    source=watched | sources,
    way=st.sampled_from(Direction),
    marks=st.lists(st.tuples(instants, decimals), max_size=4).map(tuple),
    ts_ns=instants,
)
seen = st.builds(SeenRecord, source=watched | sources, ts_ns=instants)
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
tickets = st.builds(
    Ticket,
    symbol=symbols,
    asset_class=st.sampled_from(AssetClass),
    side=st.sampled_from(OrderSide),
    quantity=maybe_decimals,
    notional=maybe_decimals,
    order=st.sampled_from(TicketType),
    limit_price=maybe_decimals,
    stop_price=maybe_decimals,
    time_in_force=st.none() | st.sampled_from(TicketTime),
    extended_hours=st.none() | st.booleans(),
    client_order_id=names,
    intent=st.none() | st.sampled_from(PositionIntent),
    attached=st.none() | st.builds(AttachedExits, stop_price=maybe_decimals),
)
leg_fills = st.builds(
    LegFill,
    leg=names,
    kind=st.sampled_from((None, *ConditionKind)),
    level=maybe_decimals,
    quantity=decimals,
    quote=decimals,
    ended=names,
    ts_venue_ns=instants,
)
entries = st.builds(
    EntryRecord,
    order=st.builds(EntryOrder, id=names, account=accounts, ticket=tickets),
    state=st.sampled_from(EntryState),
    exits=st.lists(definitions, max_size=2).map(tuple),
    legs=st.lists(names, max_size=2).map(tuple),
    legs_filled=st.lists(decimals, max_size=2).map(tuple),
    has_all_legs=st.booleans(),
    leg_fills=st.lists(leg_fills, max_size=2).map(tuple),
    signed=st.binary(max_size=40),
    filled=decimals,
    filled_quote=decimals,
    refusal=names,
    market_price=maybe_decimals,
    ts_wanted_ns=instants,
)
backstops = st.builds(
    BackstopRecord,
    key=position_keys,
    percent=decimals,
    lifetime=st.integers(0, 9),
    level=decimals,
    client_order_id=st.integers(0, 2**32 - 1),
    state=st.sampled_from(BackstopState),
    venue_order_id=names,
    refusals=st.integers(0, 99),
    ts_sent_ns=instants,
    ts_changed_ns=instants,
)
signals = st.builds(
    SignalRecord,
    id=names,
    route=names,
    body=names,
    digest=names,
    client_order_id=names,
    is_paper=st.booleans(),
    state=st.sampled_from(SignalState),
    outcome=names,
    trigger_ids=st.lists(names, max_size=2).map(tuple),
    ts_received_ns=instants,
    ts_done_ns=instants,
)
markets_gone = instruments.flatmap(
    lambda instrument: st.builds(
        MarketGone,
        st.just(instrument.account),
        st.just(instrument.symbol),
        st.none() | st.just(instrument),
        st.lists(sources, max_size=2).map(tuple),
    )
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
    funding,
    watermarks,
    seen,
    instruments,
    entries,
    backstops,
    signals,
    st.builds(TriggerGone, trigger_ids),
    markets_gone,
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
