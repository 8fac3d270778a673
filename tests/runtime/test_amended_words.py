"""An amend takes a trigger back to its words and changes only what it names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exitd.configuration.levels import read_level, read_offset
from exitd.configuration.times import read_at_time
from exitd.configuration.values import read_duration_ns, read_quantity
from exitd.configuration.watching import read_watch
from exitd.core.condition import ConditionKind, FixedLevel, Tighten
from exitd.core.position import Side
from exitd.core.trigger import OrderType, TriggerDefinition, Twap
from exitd.runtime.control.amending import changed
from exitd.runtime.control.definitions import asked_for
from exitd.runtime.control.requests import (
    Market,
    MoveRequest,
    TriggerChange,
    TriggerRequest,
)
from exitd.runtime.problems import Unusable

NOW_NS = 1_700_000_000_000_000_000
LONG = Market("main", "SOL_USDC_PERP", Side.LONG)
LIMIT = {"order": OrderType.LIMIT, "slippage_limit": Decimal("0.5")}
STOP, TARGET = ConditionKind.STOP_LOSS, ConditionKind.TAKE_PROFIT
D = Decimal


def made(**words: Any) -> TriggerDefinition:
    asked = asked_for(
        TriggerRequest(**words), LONG, id="t", owner="api:me", now_ns=NOW_NS
    )
    return asked.definition


EVERY = [
    made(kind=STOP, level=D(95), before_liquidation=D(1)),
    made(kind=STOP, level=read_level("-3%"), entry="keep"),
    made(
        kind=STOP,
        level=read_level("-20% roi"),
        leverage=D(5),
        moves=(MoveRequest(at=read_level("+10% roi"), to="entry"),),
    ),
    made(kind=STOP, level=D(95), moves=(MoveRequest(after="trg_1", to="trg_2"),)),
    made(kind=STOP, level=D(95), for_=read_duration_ns("2m"), emergency=D(90)),
    made(kind=STOP, level=D(95), prices=3, price="last"),
    made(
        kind=STOP,
        level=D(95),
        price="last_close",
        candle="15m",
        closed_candles=True,
        emergency=D(90),
    ),
    made(kind=STOP, level=D(95), **LIMIT, hard=True, window_ns=5_000_000),
    made(kind=STOP, level=D(95), **LIMIT, patience=(5, 10)),
    made(kind=TARGET, level=read_level("+500 pnl"), close=read_quantity("50% initial")),
    made(kind=TARGET, level=D(120), twap=Twap(5, 30_000_000_000)),
    made(kind=TARGET, level=D(120), deviation=read_offset("1%")),
    made(trailing=read_offset("2.5%"), after=D(105), step=D("0.5")),
    made(
        trailing=read_offset("5"),
        tighten=Tighten(read_level("+20%"), read_offset("1")),
        price="bid_ask",
    ),
    made(max_hold=read_duration_ns("8h"), close=read_quantity("500 USDC")),
    made(at_time=read_at_time("2030-01-01T00:00:00Z")),
    made(at_time=read_at_time("15:55 America/New_York"), calendar="XNYS"),
    made(at_time=read_at_time("5m before close"), calendar="XETR"),
    made(
        kind=ConditionKind.BELOW,
        level=D(6),
        do="close",
        watch=read_watch("binance/BTCUSDT"),
    ),
    made(kind=ConditionKind.ABOVE, level=D(6), do="cancel", orders="4242"),
    made(kind=ConditionKind.BELOW, level=D(6), do="cancel_and_close", orders="limit"),
    made(kind=ConditionKind.ABOVE, level=D(6), do="notify", price="index"),
]


@pytest.mark.parametrize("before", EVERY, ids=lambda d: str(d.condition)[:40])
def test_given_any_kind_when_a_word_is_set_to_what_it_is_then_nothing_changes(
    before: TriggerDefinition,
):
    change = TriggerChange(emergency=None) if _has_none(before) else TriggerChange()
    if before.close is not None:
        change = replace(change, close=before.close.quantity)

    after, asked = changed(before, change, now_ns=NOW_NS)

    assert after == before
    assert (asked is None) is (change == TriggerChange())


def _has_none(definition: TriggerDefinition) -> bool:
    confirmation = definition.confirmation
    return confirmation is None or confirmation.emergency is None


@given(
    before=st.sampled_from([d for d in EVERY if isinstance(d.condition, FixedLevel)]),
    level=st.integers(9_001, 10**9).map(lambda n: Decimal(n) / 100),
)
def test_given_any_level_when_it_moves_then_nothing_else_does(
    before: TriggerDefinition, level: Decimal
):
    after, _ = changed(before, TriggerChange(level=level), now_ns=NOW_NS)

    assert isinstance(before.condition, FixedLevel)
    assert after == replace(before, condition=replace(before.condition, price=level))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (TriggerChange(level=D(5)), "no_level"),
        (TriggerChange(after=read_level("-3%")), "invalid"),
        (TriggerChange(trailing=read_offset("1"), prices=3), "idle_key"),
        (TriggerChange(max_hold=5), "one_condition"),
    ],
)
def test_given_a_trail_when_changed_to_what_cannot_be_then_refused(
    change: TriggerChange, code: str
):
    trail = made(trailing=read_offset("2.5%"))

    with pytest.raises(Unusable) as caught:
        changed(trail, change, now_ns=NOW_NS)

    assert caught.value.code == code


def test_given_a_level_in_percent_when_made_a_price_then_its_words_go_with_it():
    before = made(kind=STOP, level=read_level("-10% roi"), leverage=D(5), entry="keep")

    after, _ = changed(before, TriggerChange(level=D(97)), now_ns=NOW_NS)

    assert after.condition == FixedLevel(STOP, D(97))
