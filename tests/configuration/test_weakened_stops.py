"""What counts as weakening a stop: it waits for `exitd apply`."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from configuration.plan_desk import Desk
from exitd.configuration.triggers import definitions
from exitd.configuration.weakening import weakening
from exitd.core.condition import Missed
from exitd.core.trigger import TriggerDefinition

TRAIL = "trailing: 2%, after: 150, tighten: {at: 170, to: 1%}, step: 1%"
WAIT = "stop_loss: 131, for: 60s, emergency: 128"
LIMIT = "stop_loss: 131, order: limit, slippage_limit: 0.5%"
ONLY_TELLS = "lets a stop that was crossed unseen only tell"
TIMED = "at_time: 15:55 UTC"


@pytest.fixture
def why(desk: Desk) -> Callable[..., str]:
    def compare(before: str, after: str, *, side: str = "long", more: str = "") -> str:
        made: list[TriggerDefinition] = []
        for exit_ in (before, after):
            loaded = desk.load(
                f"sl: {{{exit_}}}",
                "tp: {take_profit: 200, close: 50%}"
                if side == "long"
                else "tp: {take_profit: 50, close: 50%}",
                side=f"side: {side}\n    {more}",
            )
            assert not loaded.has_errors, [str(f) for f in loaded.findings]
            made.append(definitions(loaded, now_ns=0)[0])
        return weakening(*made)

    return compare


Why = Callable[..., str]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("stop_loss: -3%", "stop_loss: -4%", "loosens a stop"),
        ("stop_loss: -3%", "stop_loss: -2%", ""),
        ("stop_loss: -3%", "stop_loss: -3.0%", ""),
        ("stop_loss: -3%", "stop_loss: -3%, entry: keep", "loosens a stop"),
        ("stop_loss: -3%", "stop_loss: 131", "loosens a stop"),
        ("stop_loss: 131", "stop_loss: -3%", "loosens a stop"),
        ("stop_loss: -3%", "stop_loss: -30 pnl", "loosens a stop"),
        ("stop_loss: -30 pnl", "stop_loss: -40 pnl", "loosens a stop"),
        ("stop_loss: -40 pnl", "stop_loss: -30 pnl", ""),
        (
            "stop_loss: -10% roi, leverage: 5",
            "stop_loss: -10% roi, leverage: 2",
            "loosens a stop",
        ),
        ("stop_loss: -10% roi, leverage: 5", "stop_loss: -10% roi, leverage: 10", ""),
        ("stop_loss: -10% roi, leverage: 5", "stop_loss: -2%", "loosens a stop"),
        ("stop_loss: 131, missed: fire", "stop_loss: 131", ONLY_TELLS),
        ("stop_loss: 131, missed: fire", "stop_loss: 131, missed: alert", ONLY_TELLS),
        ("stop_loss: 131, missed: alert", "stop_loss: 131, missed: fire", ""),
        ("stop_loss: 131, missed: alert", "stop_loss: 131", ""),
        ("trailing: 2%", "trailing: 3%", "lets a stop trail farther behind"),
        ("trailing: 2%", "trailing: 1%", ""),
        ("trailing: 2%", "trailing: 3", "lets a stop trail farther behind"),
        ("trailing: 5", "trailing: 6", "lets a stop trail farther behind"),
        ("trailing: 5", "trailing: 4", ""),
        ("trailing: 2%", "trailing: 2%, after: 150", "lets a stop begin to trail la"),
        (TRAIL, TRAIL.replace("150", "151"), "lets a stop begin to trail later"),
        (TRAIL, TRAIL.replace("150", "149"), ""),
        (TRAIL, TRAIL.replace("after: 150, ", ""), ""),
        (TRAIL, TRAIL.replace("150", "+5%"), "lets a stop begin to trail later"),
        (TRAIL, TRAIL.replace("170", "171"), "tightens a stop less"),
        (TRAIL, TRAIL.replace("170", "169"), ""),
        (TRAIL, TRAIL.replace("to: 1%", "to: 1.5%"), "tightens a stop less"),
        (TRAIL, TRAIL.replace("to: 1%", "to: 0.5%"), ""),
        (TRAIL, "trailing: 2%, after: 150, step: 1%", "tightens a stop less"),
        ("trailing: 2%", "trailing: 2%, tighten: {at: 170, to: 1%}", ""),
        (TRAIL, TRAIL.replace("step: 1%", "step: 2%"), "follow in wider steps"),
        (TRAIL, TRAIL.replace("step: 1%", "step: 0.5%"), ""),
        (TRAIL, TRAIL.replace(", step: 1%", ""), ""),
        ("trailing: 2%", "trailing: 2%, step: 1%", "follow in wider steps"),
        ("stop_loss: 131", "trailing: 2%", "turns a stop into something else"),
        ("trailing: 2%", "max_hold: 8h", "turns a stop into something else"),
    ],
)
def test_given_a_level_or_a_trail_when_changed_then_looser_is_weaker(
    before: str, after: str, reason: str, why: Why
) -> None:
    found = why(before, after)

    assert reason in found
    assert bool(found) is bool(reason)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("stop_loss: 131", WAIT, "lets a stop wait longer"),
        (WAIT, "stop_loss: 131", ""),
        (WAIT, WAIT.replace("60s", "61s"), "lets a stop wait longer"),
        (WAIT, WAIT.replace("60s", "59s"), ""),
        (WAIT, WAIT.replace("for: 60s", "prices: 2"), "lets a stop wait longer"),
        (WAIT, WAIT.replace("128", "127"), "moves an emergency level farther out"),
        (WAIT, WAIT.replace("128", "129"), ""),
        (WAIT, "stop_loss: 131, for: 60s", "removes an emergency level"),
        ("stop_loss: 131, for: 60s", WAIT, ""),
        (
            "stop_loss: 131, prices: 2, emergency: 128",
            "stop_loss: 131, prices: 3, emergency: 128",
            "lets a stop wait longer",
        ),
        (
            "stop_loss: 131, prices: 3, emergency: 128",
            "stop_loss: 131, prices: 2, emergency: 128",
            "",
        ),
        (
            "stop_loss: 131, price: last_close, last_close: closed, emergency: 128",
            "stop_loss: 131, price: last_close, last_close: closed",
            "removes an emergency level",
        ),
        (
            "stop_loss: 131, before_liquidation: 2%",
            "stop_loss: 131, before_liquidation: 1%",
            "nearer to the liquidation price",
        ),
        (
            "stop_loss: 131, before_liquidation: 2%",
            "stop_loss: 131",
            "nearer to the liquidation price",
        ),
        ("stop_loss: 131", "stop_loss: 131, before_liquidation: 2%", ""),
        (
            "stop_loss: 131",
            "stop_loss: 131, watch: backpack/T",
            "changes which price a stop watches",
        ),
    ],
)
def test_given_a_confirmation_when_changed_then_longer_is_weaker(
    before: str, after: str, reason: str, why: Why
) -> None:
    found = why(before, after)

    assert reason in found
    assert bool(found) is bool(reason)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("stop_loss: 131", "stop_loss: 131, close: 50% initial", "shrinks a stop"),
        (
            "stop_loss: 131, close: 50% initial",
            "stop_loss: 131, close: 40% initial",
            "shrinks a stop",
        ),
        (
            "stop_loss: 131, close: 50% initial",
            "stop_loss: 131, close: 60%",
            "shrinks a stop",
        ),
        (
            "stop_loss: 131, close: 500 USDC",
            "stop_loss: 131, close: 499 USDC",
            "shrinks a stop",
        ),
        ("stop_loss: 131, close: 500 USDC", "stop_loss: 131, close: 501 USDC", ""),
        ("stop_loss: 131, close: 500 USDC", "stop_loss: 131, close: rest", ""),
        ("stop_loss: 131, close: 500 USDC", "stop_loss: 132, close: 500 USDC", ""),
        ("stop_loss: 131, close: 262 USDC", "stop_loss: 131, close: 2", ""),
        (
            "stop_loss: 131, close: 263 USDC",
            "stop_loss: 131, close: 2",
            "shrinks a stop",
        ),
        ("stop_loss: 131, close: 2", "stop_loss: 131, close: 262 USDC", ""),
        (
            "stop_loss: 131, close: 2",
            "stop_loss: 131, close: 261 USDC",
            "shrinks a stop",
        ),
        ("stop_loss: 131, close: 2", "stop_loss: 131, close: 50%", "shrinks a stop"),
        ("trailing: 2%, close: 9 USDC", "trailing: 2%, close: 9", "shrinks a stop"),
        (LIMIT, LIMIT + ", hard: true", "makes the limit of a stop hard"),
        (LIMIT + ", hard: true", LIMIT, ""),
        (
            LIMIT + ", hard: true",
            LIMIT.replace("0.5%", "0.4%") + ", hard: true",
            "changes the hard limit of a stop",
        ),
        (LIMIT, LIMIT + ", patience: 5s", "lets the close of a stop rest longer"),
        (
            LIMIT + ", patience: 5s",
            LIMIT + ", patience: [5s, 1s]",
            "lets the close of a stop rest longer",
        ),
        (LIMIT + ", patience: 5s", LIMIT + ", patience: 4s", ""),
        ("max_hold: 8h", "max_hold: 9h", "lets a position be held longer"),
        ("max_hold: 8h", "max_hold: 7h", ""),
        (
            "max_hold: 8h",
            "max_hold: 8h, twap: {slices: 5, every: 30s}",
            "makes a close wait for its slices",
        ),
        (
            "at_time: 2030-01-01T00:00:00Z",
            "at_time: 2030-01-01T00:00:01Z",
            "closes a position later",
        ),
        ("at_time: 2030-01-01T00:00:01Z", "at_time: 2030-01-01T00:00:00Z", ""),
        (TIMED, "at_time: 15:50 UTC", "changes when a position is closed"),
        (TIMED, TIMED + ", calendar: XNYS", "changes when a position is closed"),
        (TIMED, "at_time: 2030-01-01T00:00:00Z", "turns a stop into something else"),
        (TIMED, "take_profit: 190", "turns a stop into something else"),
    ],
)
def test_given_a_close_or_a_time_when_changed_then_less_or_later_is_weaker(
    before: str, after: str, reason: str, why: Why
) -> None:
    found = why(before, after)

    assert reason in found
    assert bool(found) is bool(reason)


def test_given_a_short_when_its_trail_begins_later_then_weaker(why: Why) -> None:
    before = "trailing: 2%, after: 100"

    assert "later" in why(before, "trailing: 2%, after: 99", side="short")
    assert why(before, "trailing: 2%, after: 101", side="short") == ""
    assert "loosens" in why("stop_loss: +3%", "stop_loss: +4%", side="short")
    assert why("stop_loss: +3%", "stop_loss: +2%", side="short") == ""


@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [
        ("{after: tp, set: sl, to: entry}", "", True),
        ("", "{after: tp, set: sl, to: entry}", False),
        (
            "{after: tp, set: sl, to: entry}",
            "{after: tp, set: sl, to: entry, fees: false}",
            True,
        ),
        ("{after: tp, set: sl, to: 140}", "{after: tp, set: sl, to: 139}", True),
        ("{after: tp, set: sl, to: 140}", "{after: tp, set: sl, to: 141}", False),
        ("{after: tp, set: sl, to: 140}", "{at: 150, set: sl, to: 140}", True),
        ("{at: 150, set: sl, to: 140}", "{at: 151, set: sl, to: 140}", True),
        ("{at: 150, set: sl, to: 140}", "{at: 149, set: sl, to: 140}", False),
        ("{at: +9%, set: sl, to: +1%}", "{at: +9%, set: sl, to: +2%}", False),
        ("{at: +9%, set: sl, to: +1%}", "{at: +9%, set: sl, to: 141}", True),
        (
            "{at: 150, set: sl, to: 140}",
            "{at: 150, set: sl, to: 140}, {at: 160, set: sl, to: 150}",
            False,
        ),
    ],
)
def test_b068_given_moves_when_changed_then_fewer_and_later_ones_are_weaker(
    before: str, after: str, is_weaker: bool, desk: Desk
) -> None:
    made: list[TriggerDefinition] = []
    for moves in (before, after):
        loaded = desk.load(
            "sl: {stop_loss: 131}",
            "tp: {take_profit: 200, close: 50%}",
            side=f"side: long\n    moves: [{moves}]",
        )
        assert not loaded.has_errors, [str(f) for f in loaded.findings]
        made.append(definitions(loaded, now_ns=0)[0])

    found = weakening(*made)

    assert (found == "removes a move of a stop, or moves it less") is is_weaker
    assert bool(found) is is_weaker
    assert weakening(made[0], made[0]) == ""


def test_given_a_take_profit_when_changed_then_never_weaker(desk: Desk) -> None:
    running = desk.running("tp: {take_profit: +12%, prices: 2}", "sl: {stop_loss: 9}")

    made = desk.plan(running, "tp: {take_profit: +20%, for: 5s}", "sl: {stop_loss: 9}")

    assert len(made.changes) == 1
    assert not made.waits


def test_b039_given_a_wider_trail_of_an_open_position_when_planned_then_it_waits(
    desk: Desk,
) -> None:
    running = desk.running("sl: {trailing: 2%}")

    made = desk.plan(running, "sl: {trailing: 3%}")

    (change,) = made.changes
    assert change.waits_because == (
        "lets a stop trail farther behind of an open position"
    )


def test_given_a_policy_that_fires_then_a_stop_that_only_tells_is_weaker(desk: Desk):
    (before,) = definitions(desk.load("sl: {stop_loss: 131}"), now_ns=0)
    after = replace(before, missed=Missed.ALERT)

    assert weakening(before, after, Missed.FIRE) == ONLY_TELLS
    assert weakening(after, before, Missed.FIRE) == ""
    assert weakening(before, after) == ""
