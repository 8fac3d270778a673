"""Every key in words: what a plan shows of each kind of exit."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from configuration.plan_desk import INSTRUMENT, LONG, MARK, OPEN, Desk
from exitd.configuration.differences import differences, summary, words
from exitd.configuration.load import load
from exitd.configuration.markets import markets
from exitd.configuration.plan import Plan, plan
from exitd.configuration.plan_facts import StopOf, no_trails
from exitd.configuration.plan_text import render_plan
from exitd.configuration.triggers import definitions
from exitd.core.condition import Trailing
from exitd.core.position import PositionRecord
from exitd.core.stepping import stepped_stop
from exitd.core.trigger import TriggerDefinition, TriggerRecord, TriggerState

ROOT = Path(__file__).parents[2]
HOUR_NS = 3_600 * 1_000_000_000


@pytest.mark.parametrize(
    ("exit_", "shown"),
    [
        ("{stop_loss: -3%}", "stop_loss -3%, close 100%"),
        ("{stop_loss: -3%, entry: keep}", "stop_loss -3%, entry keep, close 100%"),
        (
            "{take_profit: +25% roi, leverage: 5, close: 50% initial}",
            "take_profit +25% roi, leverage 5, close 50% initial",
        ),
        (
            "{take_profit: +500 pnl, close: 500 USDC}",
            "take_profit +500 pnl, close 500 USDC",
        ),
        (
            "{trailing: 2.5%, after: 150, tighten: {at: +20%, to: 1}, step: 1%}",
            "trailing 2.5%, after 150, tighten to 1 at +20%, step 1%, close 100%",
        ),
        ("{take_profit: 150, deviation: 1%}", "trailing 1%, after 150, close 100%"),
        (
            "{stop_loss: 131, for: 120s, emergency: 128, before_liquidation: 1.5%}",
            "stop_loss 131, for 2m, emergency 128, before_liquidation 1.5%, close 100%",
        ),
        (
            "{below: 131, do: notify, prices: 3, watch: backpack/T}",
            "below 131, prices 3, do notify, watch backpack/T",
        ),
        ("{max_hold: 90m}", "max_hold 90m, close 100%"),
        ("{at_time: 2030-01-01T01:00:00+01:00}", "at_time 2030-01-01T00:00:00Z, clos"),
        (
            "{at_time: 15:55:30 Europe/Berlin, calendar: XETR}",
            "at_time 15:55:30 Europe/Berlin, calendar XETR, close 100%",
        ),
        (
            "{at_time: 5m before close, calendar: XNYS}",
            "at_time 5m before close, calendar XNYS, close 100%",
        ),
        (
            "{stop_loss: 9, order: limit, slippage_limit: 0.5%, patience: [500ms, 1m]}",
            "order limit, slippage_limit 0.5%, patience 500ms then 1m",
        ),
        (
            "{take_profit: 9, order: limit, slippage_limit: 0.5%, hard: true}",
            "order limit, slippage_limit 0.5%, hard true",
        ),
        (
            "{take_profit: 190, twap: {slices: 5, every: 30s}}",
            "take_profit 190, close 100%, twap 5 x 30s",
        ),
    ],
)
def test_given_an_exit_when_summed_up_then_every_key_is_there(
    exit_: str, shown: str, desk: Desk
) -> None:
    loaded = desk.load(f"x: {exit_}")
    assert not loaded.has_errors, [str(f) for f in loaded.findings]
    (trigger,) = definitions(loaded, now_ns=0)

    assert shown in summary(trigger)


def test_b069_given_moves_when_summed_up_then_what_goes_where_and_when(
    desk: Desk,
) -> None:
    loaded = desk.load(
        "sl: {stop_loss: 131}",
        "tp: {take_profit: 190, close: 50%}",
        "tp2: {take_profit: 195, close: 25%}",
        side="side: long\n    moves: [{after: tp, set: sl, to: entry}, "
        "{after: tp2, set: sl, to: tp}, {at: +9%, set: sl, to: +1%}, "
        "{at: +8%, set: sl, to: entry, fees: false}]",
    )

    assert words(definitions(loaded, now_ns=0)[0])["moves"] == (
        "to entry after tp; to level of tp after tp2; to +1% at +9%; "
        "to entry without fees at +8%"
    )


def test_given_two_different_triggers_when_compared_then_something_is_named() -> None:
    """What is applied is shown: no field of a definition changes without a word."""
    loaded = load(ROOT / "config", {})
    made = [
        replace(trigger, id="x", owner="", note="", expires_ns=None)
        for trigger in definitions(loaded, now_ns=0)
    ]

    for one in made:
        for other in made:
            assert bool(differences(one, other)) is (one != other)


def test_given_changes_of_each_kind_when_planned_then_before_and_after(
    desk: Desk,
) -> None:
    running = desk.running(
        "a: {trailing: 2%}", "b: {stop_loss: 99, for: 5s}", "c: {max_hold: 8h}"
    )

    made = desk.plan(
        running,
        "a: {trailing: 1.5%, step: 1%}",
        "b: {stop_loss: 99, prices: 3, emergency: 90}",
        "c: {max_hold: 8h, twap: {slices: 5, every: 30s}}",
    )

    assert [", ".join(map(str, change.differences)) for change in made.changes] == [
        "trailing 2% -> 1.5%, step none -> 1%",
        "for 5s -> none, prices none -> 3, emergency none -> 90",
        "twap none -> 5 x 30s",
    ]


def planned(
    desk: Desk,
    *exits: str,
    position: PositionRecord | None = None,
    running: list[TriggerRecord] | None = None,
    watermark: str | None = None,
    now_ns: int = 0,
) -> Plan:
    positions = {LONG: position or OPEN[LONG]}
    loaded = desk.load(*exits)
    assert not loaded.has_errors, [str(f) for f in loaded.findings]
    return plan(
        loaded,
        running or [],
        now_ns=now_ns,
        known=markets((INSTRUMENT,), {MARK: Decimal("142.49")}, positions),
        positions=positions,
        stop_of=no_trails if watermark is None else stop_behind(Decimal(watermark)),
    )


def stop_behind(watermark: Decimal) -> StopOf:
    """Know of trails that all have seen the same."""

    def stop_of(trigger: TriggerDefinition, price: Decimal | None) -> Decimal:
        assert price == Decimal("142.49")
        assert isinstance(trigger.condition, Trailing)
        return stepped_stop(watermark, trigger.condition.offset, trigger.direction)

    return stop_of


AT_140 = PositionRecord(
    key=LONG, quantity=Decimal(10), entry_price=Decimal(140), ts_opened_ns=HOUR_NS
)


def test_b086_given_an_entry_when_a_relative_level_is_planned_then_its_price(
    desk: Desk,
) -> None:
    made = planned(
        desk,
        "sl: {stop_loss: -3%}",
        "tp: {take_profit: +100 pnl}",
        position=AT_140,
    )

    assert [c.distance for c in made.changes] == [
        "at 135.8, mark 142.49, 4.7% away",
        "at 150, mark 142.49, 5.3% away",
    ]
    assert not made.waits


def test_given_no_entry_when_a_relative_level_is_planned_then_no_price(
    desk: Desk,
) -> None:
    made = planned(desk, "sl: {stop_loss: -3%}", "tp: {take_profit: +100 pnl}")

    assert [c.distance for c in made.changes] == ["", ""]
    assert not made.fires_now


def test_b020_given_a_relative_level_that_is_crossed_when_planned_then_fires_now(
    desk: Desk,
) -> None:
    made = planned(desk, "sl: {stop_loss: +2%}", position=AT_140)

    assert made.fires_now
    assert "! would fire now: at 142.8, mark 142.49, crossed" in render_plan(made)


def test_b051_given_a_watermark_when_a_trail_is_narrowed_then_whether_it_fires(
    desk: Desk,
) -> None:
    running = desk.running("sl: {trailing: 5}")

    tighter = planned(desk, "sl: {trailing: 4.5}", running=running, watermark="146.50")
    crossed = planned(desk, "sl: {trailing: 4}", running=running, watermark="146.50")
    unknown = planned(desk, "sl: {trailing: 4}", running=running)
    percent = planned(desk, "sl: {trailing: 10%}", running=running, watermark="146.50")

    assert [c.distance for c in tighter.changes] == ["at 142, mark 142.49, 0.3% away"]
    assert not tighter.fires_now
    assert crossed.fires_now
    assert not unknown.fires_now
    assert percent.changes[0].distance == "at 131.85, mark 142.49, 7.5% away"


@pytest.mark.parametrize(
    "changed",
    [{"paused": True}, {"state": TriggerState.FIRING}, {"state": TriggerState.DONE}],
)
def test_b051_given_it_does_not_watch_when_narrowed_then_it_does_not_fire_now(
    changed: dict[str, object], desk: Desk
) -> None:
    (record,) = desk.running("sl: {trailing: 5}")
    running = [replace(record, **changed)]

    made = planned(desk, "sl: {trailing: 4}", running=running, watermark="146.50")

    assert len(made.changes) == 1
    assert not made.fires_now


@pytest.mark.parametrize(
    ("hours", "fires"), [("1h", True), ("2h", True), ("3h", False)]
)
def test_b138_given_a_position_open_for_long_when_a_limit_is_planned_then_fires_now(
    hours: str, fires: bool, desk: Desk
) -> None:
    made = planned(
        desk, f"hold: {{max_hold: {hours}}}", position=AT_140, now_ns=3 * HOUR_NS
    )

    assert made.fires_now is fires


def test_b037_given_a_new_exit_at_a_time_that_has_passed_when_planned_then_refused(
    desk: Desk,
) -> None:
    exit_ = "end: {at_time: 2020-01-01T00:00:00Z}"
    now_ns = 1_795_176_000_000_000_000

    new = planned(desk, exit_, now_ns=now_ns)
    done = [replace(record, state=TriggerState.DONE) for record in desk.running(exit_)]
    old = planned(desk, exit_, running=done, now_ns=now_ns)

    assert new.is_refused
    assert "'sol/end' would be new, and 2020-01-01T00:00:00Z has" in (render_plan(new))
    assert not old.is_refused
    assert old.is_empty


def test_given_a_hard_stop_when_planned_then_it_is_warned_of(desk: Desk) -> None:
    made = planned(
        desk, "sl: {stop_loss: 131, order: limit, slippage_limit: 1%, hard: true}"
    )

    assert "warning: a hard stop may never close" in render_plan(made)
    assert not made.is_refused
